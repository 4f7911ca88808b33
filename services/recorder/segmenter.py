"""Cuts one stream's fragments into segments: pure, told what arrives and what time it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.recorder.segment import Gop, Segment, StreamRef
from shared.media.fragment import Fragment

TICKS_PER_S = 90_000
# A segment is closed at the next IDR once it is so large: an object, and what a crash reads again, stay bounded.
SEGMENT_BYTES_MAX = 48 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredFragment:
    """A fragment and the number that the bus gave it."""

    media_seq: int
    fragment: Fragment


@dataclass(slots=True)
class Cut:
    """A whole segment, ready to be stored.

    `media_seq` is the bus's number of its last fragment; `parts` are its bytes, in order, not copied.
    """

    segment: Segment
    parts: Sequence[bytes]
    media_seq: int
    first_media_seq: int


@dataclass(slots=True)
class _Open:
    """The segment that is being filled."""

    run: str
    codecs: str
    first_seq: int
    last_seq: int
    starts_us: int
    first_media_seq: int
    media_seq: int
    ends_us: int
    parts: list[bytes] = field(default_factory=list)
    gops: list[Gop] = field(default_factory=list)
    size_bytes: int = 0


class Segmenter:
    """Feeds on `take`, fragment by fragment in the bus's order; `take` returns what became whole.

    A segment ends before an IDR once it is `target_s` long, where the run ends or has a hole, or when nothing came
    for a while (`close`). Fragments seen before (sent again after the bus was away) are let fall by run and number.
    """

    def __init__(self, of: StreamRef, target_s: float, first_target_s: float | None = None):
        self._of = of
        self._target_90k = int(target_s * TICKS_PER_S)
        # Streams that begin at the same moment do not all end their segments at the same moment.
        self._next_target_90k = int((target_s if first_target_s is None else first_target_s) * TICKS_PER_S)
        self._open: _Open | None = None
        self._last: tuple[str, int] | None = None

    @property
    def missing_s(self) -> float:
        """How much longer the open segment has to become, and the GOP after it to begin; 0 where none is open."""
        opened = self._open
        if opened is None or not opened.gops:
            return 0.0
        first, last = opened.gops[0], opened.gops[-1]
        end_90k = last.pts_90k + last.duration_90k
        gop_90k = max((gop.duration_90k for gop in opened.gops[:-1]), default=last.duration_90k)
        return max(0.0, (self._next_target_90k + gop_90k - (end_90k - first.pts_90k)) / TICKS_PER_S)

    def go_on_after(self, run: str, last_seq: int) -> None:
        """What is stored already: fragments up to it are let fall."""
        self._last = (run, last_seq)

    def take(self, stored: StoredFragment) -> Cut | None:
        """One more fragment; the segment that ended before it, if one did."""
        header = stored.fragment.header
        if self._last is not None and self._last[0] == header.run and header.seq <= self._last[1]:
            return None
        opened = self._open
        cut = None
        if opened is not None and self._ends_before(opened, stored.fragment):
            cut = self.close()
        if self._open is None:
            self._begin(stored)
        self._add(stored)
        self._last = (header.run, header.seq)
        return cut

    def close(self) -> Cut | None:
        """End the open segment as it is."""
        opened, self._open = self._open, None
        if opened is None:
            return None
        self._next_target_90k = self._target_90k
        digest = hashlib.sha256()
        for part in opened.parts:
            digest.update(part)
        segment = Segment(
            of=self._of,
            run=opened.run,
            first_seq=opened.first_seq,
            last_seq=opened.last_seq,
            starts_us=opened.starts_us,
            ends_us=opened.ends_us,
            size_bytes=opened.size_bytes,
            codecs=opened.codecs,
            gops=tuple(opened.gops),
            sha256=digest.hexdigest(),
        )
        return Cut(segment, opened.parts, opened.media_seq, opened.first_media_seq)

    def _ends_before(self, opened: _Open, fragment: Fragment) -> bool:
        header = fragment.header
        if header.run != opened.run or header.seq != opened.last_seq + 1:
            return True
        if not header.is_idr or not opened.gops:
            return header.is_idr  # what was filled lacks its IDR: it ends where pictures begin
        is_long = header.pts_90k - opened.gops[0].pts_90k >= self._next_target_90k
        return is_long or opened.size_bytes + len(fragment.payload) > SEGMENT_BYTES_MAX

    def _begin(self, stored: StoredFragment) -> None:
        header = stored.fragment.header
        self._open = _Open(
            run=header.run,
            codecs=header.codecs,
            first_seq=header.seq,
            last_seq=header.seq - 1,
            starts_us=header.captured_us,
            first_media_seq=stored.media_seq,
            media_seq=stored.media_seq,
            ends_us=header.captured_us,
        )

    def _add(self, stored: StoredFragment) -> None:
        opened = self._open
        assert opened is not None
        header, payload = stored.fragment.header, stored.fragment.payload
        if header.is_idr:
            opened.gops.append(
                Gop(
                    offset=opened.size_bytes,
                    init_bytes=header.init_bytes,
                    size_bytes=len(payload),
                    pts_90k=header.pts_90k,
                    duration_90k=header.duration_90k,
                    captured_us=header.captured_us,
                )
            )
        elif opened.gops:
            opened.gops[-1] = _longer(opened.gops[-1], stored.fragment)
        opened.parts.append(payload)
        opened.size_bytes += len(payload)
        opened.last_seq = header.seq
        opened.media_seq = stored.media_seq
        # The camera's clock may be set back: a segment never ends before it began.
        opened.ends_us = max(opened.ends_us, header.captured_us + header.duration_90k * 1000 // 90)


def _longer(gop: Gop, fragment: Fragment) -> Gop:
    header = fragment.header
    return Gop(
        offset=gop.offset,
        init_bytes=gop.init_bytes,
        size_bytes=gop.size_bytes + len(fragment.payload),
        pts_90k=gop.pts_90k,
        duration_90k=header.pts_90k + header.duration_90k - gop.pts_90k,
        captured_us=gop.captured_us,
    )
