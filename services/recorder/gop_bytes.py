"""The bytes of one GOP, as everything that decodes or copies recordings is given them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.recorder.segment import Gop, Segment


@dataclass(frozen=True, slots=True)
class GopBytes:
    """`data` is a whole file: the init segment, then the GOP's fragments."""

    run: str
    gop: Gop
    data: bytes


class GopSource(Protocol):
    """Where recorded bytes are read. Raises PeerError, and RequestRefused where they are gone."""

    async def read(self, segment: Segment, gop: Gop) -> bytes: ...
