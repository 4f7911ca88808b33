"""What the gateway asks of the recorder, as its core sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from shared.errors import PeerError
from shared.messages.clips import (
    ClipList,
    ClipRef,
    ClipsOf,
    ClipStatus,
    ClipWanted,
    StillReply,
    StillWanted,
    ThumbnailsReply,
    ThumbnailsWanted,
)
from shared.messages.playback import (
    GopPlace,
    GopWanted,
    ObjectPlace,
    ObjectWanted,
    PlaylistReply,
    PlaylistWanted,
    TimelineReply,
    TimelineWanted,
)


class RecordingsUnreachable(PeerError):
    """What keeps the recordings does not give them."""


class Recorder(Protocol):
    """The recorder over the bus. Raises RequestRefused where it refuses, PeerError where nobody answers."""

    async def timeline(self, wanted: TimelineWanted) -> TimelineReply: ...

    async def playlist(self, wanted: PlaylistWanted) -> PlaylistReply: ...

    async def object(self, wanted: ObjectWanted) -> ObjectPlace: ...

    async def gop(self, wanted: GopWanted) -> GopPlace: ...

    async def still(self, wanted: StillWanted) -> StillReply: ...

    async def thumbnails(self, wanted: ThumbnailsWanted) -> ThumbnailsReply: ...

    async def make_clip(self, wanted: ClipWanted) -> ClipStatus: ...

    async def clip(self, wanted: ClipRef) -> ClipStatus: ...

    async def clips(self, wanted: ClipsOf) -> ClipList: ...

    async def remove_clip(self, wanted: ClipRef) -> ClipStatus: ...


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Of a file (RFC 9110, 14.1.2): `first` to `last`, both included; without `first` the last `last` bytes."""

    first: int | None
    last: int | None

    def within(self, size_bytes: int) -> tuple[int, int] | None:
        """First byte and how many, None where there are none of them."""
        if self.first is None:
            length = min(self.last or 0, size_bytes)
            return (size_bytes - length, length) if length else None
        if self.first >= size_bytes:
            return None
        last = size_bytes - 1 if self.last is None else min(self.last, size_bytes - 1)
        return (self.first, last - self.first + 1) if last >= self.first else None


def byte_range(header: str | None) -> ByteRange | None:
    """The one range that a `Range` header asks for; None: all of it, also where several are asked for."""
    unit, _, wanted = (header or "").partition("=")
    first, dash, last = wanted.strip().partition("-")
    if unit.strip() != "bytes" or not dash or not (first or last):
        return None
    if not all(part.isdecimal() and len(part) < 19 for part in (first, last) if part):
        return None
    return ByteRange(int(first) if first else None, int(last) if last else None)


@dataclass(frozen=True, slots=True)
class Passage:
    """Bytes on their way: what to answer, and the bytes."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]
