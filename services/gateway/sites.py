"""A site: one school, kindergarten or university whose kitchen is watched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SiteKind = Literal["kindergarten", "primary", "secondary", "school", "university", "other"]


@dataclass(frozen=True, slots=True)
class Site:
    """`id` is a subject token and never changes; `revision` counts the changes and is its ETag.

    `unit` is the part of the organisation it belongs to; None: of none. `recordings_gb` is what all its recordings may
    take together, in 10^9 bytes; None: no bound.
    """

    id: str
    name: str
    kind: SiteKind
    recordings_gb: int | None = None
    unit: str | None = None
    revision: int = 1
