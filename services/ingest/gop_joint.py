"""The GOP so far joined to the pictures that come from now on, for who begins in the middle of it.

Theory of operation. Ingest keeps no pictures; the bus holds all fragments. Who begins to look is given each picture
from that moment on, and what is open then is published: so the bus holds, or holds soon, everything up to the picture
before. It is read back and goes first. An IDR that comes meanwhile makes it unnecessary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shared.media.access_unit import AccessUnit
from shared.media.formats import VideoFormat
from shared.media.fragment import Fragment
from shared.media.samples import video_samples


@dataclass(frozen=True, slots=True)
class GopSoFar:
    """Where a GOP stands: its run, the newest picture in decoding order, and when its IDR came."""

    run: str
    video: VideoFormat
    newest_pts_90k: int
    idr_received_us: int

    def units(self, fragments: Iterable[Fragment]) -> list[AccessUnit]:
        """Its pictures out of what the bus holds, oldest first; empty where that is not all of them.

        Raises:
            ProtocolViolation: a fragment is damaged.
        """
        units: list[AccessUnit] = []
        next_seq = -1
        for fragment in fragments:
            header = fragment.header
            if header.run != self.run:
                continue
            if header.is_idr:
                units = []
            elif not units or header.seq != next_seq:
                units = []  # its IDR is not there, or something after it is not: it cannot be decoded
                continue
            next_seq = header.seq + 1
            for unit in _units_of(fragment):
                units.append(unit)
                if unit.pts_90k == self.newest_pts_90k:
                    return units
        return []


class GopJoint:
    """`catch_up` is given the GOP so far once, where it is known in time; `push` each picture after that."""

    def __init__(
        self,
        catch_up: Callable[[Sequence[AccessUnit], VideoFormat], None],
        push: Callable[[AccessUnit, VideoFormat], None],
    ):
        self._catch_up = catch_up
        self._push = push
        self._early: list[tuple[AccessUnit, VideoFormat]] | None = []

    @property
    def is_open(self) -> bool:
        """Whether the past is known or not needed any more."""
        return self._early is None

    def live(self, unit: AccessUnit, video: VideoFormat) -> None:
        """One picture as it comes."""
        if self._early is not None and not unit.is_idr:
            self._early.append((unit, video))
            return
        self._early = None
        self._push(unit, video)

    def past(self, units: Sequence[AccessUnit], video: VideoFormat) -> None:
        """What came before the first of those that came live; empty where it is not to be had."""
        if self._early is None:
            return
        early, self._early = self._early, None
        if units:
            self._catch_up(units, video)
        for each in early:
            self._push(*each)


def _units_of(fragment: Fragment) -> Iterable[AccessUnit]:
    header, payload = fragment.header, fragment.payload
    for sample in video_samples(payload, header.init_bytes):
        data = payload[sample.begin : sample.end]
        yield AccessUnit([data], len(data), sample.pts_90k, sample.is_sync, header.received_us)
