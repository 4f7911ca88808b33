"""The index of what is recorded, as the recorder's core sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.recorder.segment import Gap, Recorded, Segment, StreamRef


@dataclass(frozen=True, slots=True)
class Head:
    """The newest segment of a stream: where its chain ends and recording goes on.

    `media_seq` is the number that the bus gave to its last fragment: the next one to read comes after it.
    """

    run: str
    last_seq: int
    ends_us: int
    media_seq: int
    number: int
    link: str


class SegmentWriter(Protocol):
    """Where segments are entered. One transaction each; raises PeerError where the database is away."""

    async def head(self, of: StreamRef) -> Head | None: ...

    async def append(self, segment: Segment, media_seq: int, gap: Gap | None, after: Head | None) -> Head:
        """Enter it behind `after`. Raises HeadMoved where somebody else entered one meanwhile."""
        ...


class SegmentReader(Protocol):
    """What playback, timeline and evidence ask."""

    async def between(self, of: StreamRef, from_us: int, to_us: int, limit: int = 5000) -> Sequence[Recorded]:
        """Segments that overlap the time, in order of time."""
        ...


class HeadMoved(Exception):
    """Another worker recorded this stream meanwhile: read the head again and go on behind it."""

    def __init__(self, head: Head | None):
        super().__init__("another worker has recorded on")
        self.head = head
