"""One stream being recorded: fragments from the bus, an object in S3, a row in the index, in that order.

The row is the acknowledgement: it carries the bus's number of its last fragment, and reading goes on behind it. A
worker that dies anywhere before it loses nothing; the next one reads the same fragments, and they give an object of
the same name. What was read and is not yet a whole segment is let go and read again: nothing is held between rounds.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.recorder.index import Head, HeadMoved, SegmentWriter
from services.recorder.recording_plan import Wish
from services.recorder.segment import Gap, Segment, StreamRef
from services.recorder.segmenter import Cut, Segmenter, StoredFragment

# = how long nothing must have come before a segment that is not full is stored as it is
QUIET_S = 30.0
# Between two runs that follow each other so closely nothing was missed that anybody could see.
SMALLEST_GAP_US = 200_000
_SOONEST_S = 1.0


class MediaLog(Protocol):
    """What the bus keeps of a stream."""

    async def after(self, of: StreamRef, media_seq: int) -> tuple[Sequence[StoredFragment], bool]:
        """Behind that number, in order, a bounded batch; whether there is more. Raises PeerError."""
        ...


class SegmentObjects(Protocol):
    """Where the bytes go."""

    async def put(self, segment: Segment, parts: Sequence[bytes]) -> None:
        """The same segment again replaces it. Raises PeerError."""
        ...


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did.

    Attributes:
        stored: segments that are in the index now, oldest first.
        gaps: holes before them.
        due_in_s: when the next segment should be whole.
    """

    stored: tuple[Segment, ...]
    gaps: tuple[Gap, ...]
    due_in_s: float


class Recording:
    """`advance` is one round; it is never called twice at once.

    Args:
        target_s: about how long a segment is = what a crash reads again.
        wish: whether what was filmed at that time (UTC microseconds) is to be kept, as far as is known now.
        cause_of: why there is a hole before a new run: (from_us, to_us) -> stable word.
    """

    def __init__(
        self,
        of: StreamRef,
        media: MediaLog,
        objects: SegmentObjects,
        index: SegmentWriter,
        now_us: Callable[[], int],
        target_s: float,
        wish: Callable[[int], Wish],
        cause_of: Callable[[int, int], str],
    ):
        self.of = of
        self._media = media
        self._objects = objects
        self._index = index
        self._now_us = now_us
        self._target_s = target_s
        self._wish = wish
        self._cause_of = cause_of
        self._head: Head | None = None
        self._is_head_known = False
        self._has_skipped = False
        # behind this there was nothing that is wanted
        self._skipped_to = 0
        # Streams that begin at the same moment do not all end their segments at the same moment.
        self._first_target_s = target_s * (0.5 + zlib.crc32(str(of).encode()) % 100 / 200)

    @property
    def head(self) -> Head | None:
        """Where the chain of the stream ends, as far as this worker knows."""
        return self._head

    async def advance(self) -> Round:
        """Store what is whole by now. Raises PeerError; then nothing is lost and the next round tries again."""
        if not self._is_head_known:
            self._head = await self._index.head(self.of)
            self._is_head_known = True
            if self._head is not None:
                # Cut where a worker before us would have: its object without a row gets the same name.
                self._first_target_s = self._target_s
        stored: list[Segment] = []
        gaps: list[Gap] = []
        try:
            due_in_s = await self._read_on(stored, gaps)
        except HeadMoved as moved:
            # The shard's owner before us was not quite gone, or is back: whoever holds the lease goes on behind it.
            self._head = moved.head
            due_in_s = _SOONEST_S
        return Round(tuple(stored), tuple(gaps), due_in_s)

    async def _read_on(self, stored: list[Segment], gaps: list[Gap]) -> float:
        segmenter = Segmenter(self.of, self._target_s, self._first_target_s)
        position = self._skipped_to
        if self._head is not None:
            segmenter.go_on_after(self._head.run, self._head.last_seq)
            position = max(position, self._head.media_seq)
        last_received_us = 0
        has_more, is_settled = True, True
        while has_more:
            batch, has_more = await self._media.after(self.of, position)
            for one in batch:
                wish = self._wish(one.fragment.header.captured_us)
                if wish is Wish.NOT_YET:
                    # Behind it nothing is known either: the next round reads on from here.
                    has_more, is_settled = False, False
                    break
                position = one.media_seq
                last_received_us = one.fragment.header.received_us
                if wish is Wish.DROP:
                    await self._store(segmenter.close(), stored, gaps)
                    self._has_skipped = True
                    self._skipped_to = position
                    continue
                await self._store(segmenter.take(one), stored, gaps)
            has_more = has_more and bool(batch)
        if is_settled and self._now_us() - last_received_us > QUIET_S * 1e6:
            await self._store(segmenter.close(), stored, gaps)
        return min(self._target_s, max(_SOONEST_S, segmenter.missing_s or self._target_s / 2))

    async def _store(self, cut: Cut | None, stored: list[Segment], gaps: list[Gap]) -> None:
        if cut is None:
            return
        gap = self._gap_before(cut.segment)
        await self._objects.put(cut.segment, cut.parts)
        self._head = await self._index.append(cut.segment, cut.media_seq, gap, self._head)
        self._first_target_s = self._target_s
        self._has_skipped = False
        stored.append(cut.segment)
        if gap is not None:
            gaps.append(gap)

    def _gap_before(self, segment: Segment) -> Gap | None:
        head = self._head
        if head is None:
            return None
        is_same_run = segment.run == head.run
        if is_same_run and segment.first_seq == head.last_seq + 1:
            return None
        if segment.starts_us - head.ends_us < SMALLEST_GAP_US:
            return None
        if self._has_skipped:
            cause = "not_wanted"
        elif is_same_run:
            cause = "missing_on_bus"
        else:
            cause = self._cause_of(head.ends_us, segment.starts_us)
        return Gap(head.ends_us, segment.starts_us, cause)
