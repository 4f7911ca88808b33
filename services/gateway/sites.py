"""A site: one school, kindergarten or university whose kitchen is watched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SiteKind = Literal["kindergarten", "primary", "secondary", "school", "university", "other"]


@dataclass(frozen=True, slots=True)
class Site:
    """`id` is a subject token and never changes; `revision` counts the changes and is its ETag."""

    id: str
    name: str
    kind: SiteKind
    revision: int = 1
