"""What was filmed, has reached the bus and is not stored yet: as long as a day has some of it, its holes may close."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from services.recorder.coverage import Window, joined
from services.recorder.index import Head
from services.recorder.segment import StreamRef
from services.recorder.segmenter import StoredFragment


class MediaSince(Protocol):
    """What the bus keeps of a stream."""

    async def after(
        self, of: StreamRef, media_seq: int, since_us: int | None = None
    ) -> tuple[Sequence[StoredFragment], bool]:
        """Behind that number, or stored since then, in order, a bounded batch; whether there is more.

        Raises PeerError.
        """
        ...


class Backlog:
    """Asked about one stream at a time."""

    def __init__(self, media: MediaSince):
        self._media = media

    async def holds(self, of: StreamRef, head: Head | None, wanted: Sequence[Window]) -> bool:
        """Whether the bus has something of these times behind the newest segment. Raises PeerError."""
        stored_until_us = 0 if head is None else head.ends_us
        for window in joined(wanted):
            if window.to_us > stored_until_us and await self._holds_of(of, head, window, stored_until_us):
                return True
        return False

    async def _holds_of(self, of: StreamRef, head: Head | None, window: Window, stored_until_us: int) -> bool:
        position = 0 if head is None else head.media_seq
        # Hours of what nobody wants may lie before it: they are not read.
        since_us = window.from_us if window.from_us > stored_until_us else None
        has_more = True
        while has_more:
            batch, has_more = await self._media.after(of, position, since_us)
            for one in batch:
                captured_us = one.fragment.header.captured_us
                if captured_us >= window.to_us:
                    return False
                if captured_us >= window.from_us and not _is_stored(one, head):
                    return True
            has_more = has_more and bool(batch)
            position, since_us = batch[-1].media_seq if batch else position, None
        return False


def _is_stored(one: StoredFragment, head: Head | None) -> bool:
    if head is None:
        return False
    header = one.fragment.header
    # What ingest sent twice is stored twice by the bus, and once by us.
    return one.media_seq <= head.media_seq or (header.run == head.run and header.seq <= head.last_seq)
