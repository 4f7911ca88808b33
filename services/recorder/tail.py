"""The newest seconds of a stream: GOPs that are on the bus and in no segment yet, so that playback reaches to now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from services.recorder.segment import Gop, StreamRef
from services.recorder.segmenter import StoredFragment

# = how far behind now the tail begins at most, where nothing could be stored for longer
REACH_S = 120.0
# A round of reading ends here; what is behind it waits for the next request.
READS_MAX = 8
STREAMS_MAX = 512


@dataclass(frozen=True, slots=True)
class TailGop:
    """A GOP on the bus; `gop.offset` is 0: it is an object of its own.

    Attributes:
        first_media_seq, last_media_seq: the bus's numbers of its first and its newest fragment.
        is_whole: the next one has begun.
    """

    run: str
    gop: Gop
    last_seq: int
    first_media_seq: int
    last_media_seq: int
    is_whole: bool = False


class TailLog(Protocol):
    """What the bus keeps of a stream. Raises PeerError."""

    async def after(
        self, of: StreamRef, media_seq: int, since_us: int | None = None
    ) -> tuple[Sequence[StoredFragment], bool]:
        """Behind that number, or received since then, in order, a bounded batch; whether there is more."""
        ...


@dataclass(slots=True)
class _Tail:
    """What was read of one stream; only headers are kept."""

    position: int = 0
    gops: list[TailGop] = field(default_factory=list)


class Tails:
    """Reads on where the last request ended: who follows a camera costs the bus each fragment once."""

    def __init__(self, log: TailLog, now_us: Callable[[], int]):
        self._log = log
        self._now_us = now_us
        self._tails: OrderedDict[StreamRef, _Tail] = OrderedDict()

    async def gops(self, of: StreamRef, stored_seq: int, stored_until_us: int) -> list[TailGop]:
        """The GOPs behind the fragment with the bus's number `stored_seq`, in order; the last may still grow.

        `stored_until_us` is when what is stored ends: where that is long ago, the tail begins later than there.
        """
        tail = self._tails.setdefault(of, _Tail())
        self._tails.move_to_end(of)
        if len(self._tails) > STREAMS_MAX:
            self._tails.popitem(last=False)
        oldest_us = self._now_us() - int(REACH_S * 1e6)
        tail.gops = [gop for gop in tail.gops if gop.first_media_seq > stored_seq and _ends_us(gop) > oldest_us]
        if tail.position < stored_seq:
            tail.position, tail.gops = stored_seq, []
        is_far_behind = tail.position == stored_seq and stored_until_us < oldest_us
        for place in range(READS_MAX):
            since_us = oldest_us if is_far_behind and place == 0 else None
            batch, has_more = await self._log.after(of, tail.position, since_us)
            for one in batch:
                if one.media_seq > tail.position:
                    tail.position = one.media_seq
                    _add(tail.gops, one)
            if not has_more or not batch:
                break
        return list(tail.gops)


def _ends_us(tail: TailGop) -> int:
    return tail.gop.captured_us + tail.gop.duration_90k * 100 // 9


def _add(gops: list[TailGop], stored: StoredFragment) -> None:
    header, size = stored.fragment.header, len(stored.fragment.payload)
    last = gops[-1] if gops else None
    is_next = last is not None and last.run == header.run and not last.is_whole
    if header.is_idr:
        if last is not None and is_next and header.seq <= last.last_seq:
            return  # sent twice
        if last is not None:
            gops[-1] = replace(last, is_whole=True)
        gop = Gop(0, header.init_bytes, size, header.pts_90k, header.duration_90k, header.captured_us)
        gops.append(TailGop(header.run, gop, header.seq, stored.media_seq, stored.media_seq))
        return
    # What lacks its IDR, was sent twice, or comes after a hole cannot be shown: the GOP ends before it.
    if last is None or not is_next or header.seq <= last.last_seq:
        return
    if header.seq != last.last_seq + 1:
        gops[-1] = replace(last, is_whole=True)
        return
    longer = replace(
        last.gop,
        size_bytes=last.gop.size_bytes + size,
        duration_90k=header.pts_90k + header.duration_90k - last.gop.pts_90k,
    )
    gops[-1] = replace(last, gop=longer, last_seq=header.seq, last_media_seq=stored.media_seq)
