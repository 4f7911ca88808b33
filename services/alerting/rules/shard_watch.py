"""All cameras of one shard: facts put into the order in which they were filmed, each judged once. Pure.

Theory of operation. Facts of one camera come nearly in order; a detector says several at once, and one that takes over
may say again what was said. So a fact waits until the bus is `hold` later than it: by when facts say that they were
said, and from the newest of them on by the clock, where nothing is left to read. Those that wait are released in the
order of their pictures. A fact of the same kind, camera and moment is the same fact. What comes later than that is
counted and left alone: judging it now would make the outcome depend on how the network felt.

A worker that takes the shard over reads again from `Position.from_seq`: pictures up to `Position.judged` of each camera
build up what the rules have seen and raise nothing; what follows is judged as the last owner would have. So the same
facts give the same alerts, however often a worker dies in between.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from services.alerting.rules.camera_watch import CameraWatch, Change
from shared.messages.base import Fact, Message
from shared.messages.detector import FrameAnalysed, PictureDegraded, PictureRecovered
from shared.messages.ingest import CameraCameOnline, CameraWentOffline

RuledFact = FrameAnalysed | PictureDegraded | PictureRecovered | CameraWentOffline | CameraCameOnline
OFFLINE = "offline"
FRAME = "FrameAnalysed"
# = what of the past a rule may look at; see Condition.seconds
LOOKBACK_US = 15 * 60 * 1_000_000
# = how late a picture may be said and still be judged as if it had been in time, where only time ends an incident
LATE_US = 15_000_000
_MARK_EVERY_US = 1_000_000


class _SaidAt(Message):
    """Of its hops the one that says when it was said."""

    inferred_us: int


class FrameTimes(Message):
    """What of a `FrameAnalysed` must be known before its turn comes."""

    camera: str
    at_us: int
    hops: _SaidAt


@dataclass(frozen=True, slots=True)
class Position:
    """How far a shard was judged."""

    from_seq: int = 0
    judged: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Counts:
    """What became of facts. `late`: came after its turn."""

    judged: int = 0
    late: int = 0
    twice: int = 0


@dataclass(slots=True)
class ShardWatch:
    """Args: watch_of: the camera's rules; None for a camera that is not registered (any more)."""

    watch_of: Callable[[str], CameraWatch | None]
    hold_us: int
    judged: dict[str, int] = field(default_factory=dict)
    from_seq: int = 0
    counts: Counts = field(default_factory=Counts)
    _heap: list[tuple[int, str, str, int, RuledFact | bytes]] = field(default_factory=list)
    _waiting: set[tuple[str, int, str]] = field(default_factory=set)
    _same_moment: dict[str, set[str]] = field(default_factory=dict)
    _before: dict[str, int] = field(default_factory=dict)
    _stream_us: int = 0
    _marks: deque[tuple[int, int]] = field(default_factory=deque)
    _active: set[str] = field(default_factory=set)
    _told_judged: int = 0
    _newest_us: int = 0
    _behind_us: int = 0
    horizon_us: int = 0

    def __post_init__(self) -> None:
        # What another worker has judged is read again to know what it knew.
        self._before = dict(self.judged)

    def hear(self, seq: int, fact: RuledFact) -> None:
        """One fact, as it came. Args: seq: its number on the bus."""
        said_us = fact.hops.inferred_us if isinstance(fact, FrameAnalysed) else fact.at_us
        self._put(seq, said_us, fact.camera, fact.at_us, _kind(fact), fact)

    def hear_frame(self, seq: int, when: FrameTimes, data: bytes) -> None:
        """A `FrameAnalysed` as it came, read whole when its turn comes: ten thousand that wait are bytes, not objects
        that the collector walks through again and again."""
        self._put(seq, when.hops.inferred_us, when.camera, when.at_us, FRAME, data)

    def _put(self, seq: int, said_us: int, camera: str, at_us: int, kind: str, fact: RuledFact | bytes) -> None:
        if said_us > self._stream_us:
            self._stream_us = said_us
            if not self._marks or said_us - self._marks[-1][0] >= _MARK_EVERY_US:
                self._marks.append((said_us, seq))
        if (camera, at_us, kind) in self._waiting or (
            at_us == self.judged.get(camera) and kind in self._same_moment.get(camera, ())
        ):
            self.counts.twice += 1
            return
        self._waiting.add((camera, at_us, kind))
        heapq.heappush(self._heap, (at_us, camera, kind, seq, fact))

    def release(self, now_us: int = 0) -> list[Change]:
        """Judge what has waited long enough. Args: now_us: the clock; 0 while there is more to read."""
        horizon_us = self.horizon_us = max(self.horizon_us, self._time_us(now_us) - self.hold_us)
        changes: list[Change] = []
        while self._heap and self._heap[0][0] <= horizon_us:
            at_us, camera, kind, _, fact = heapq.heappop(self._heap)
            self._waiting.discard((camera, at_us, kind))
            changes += self._judge(at_us, camera, kind, fact if isinstance(fact, Fact) else FrameAnalysed.decode(fact))
        for camera in list(self._active):
            watch = self.watch_of(camera)
            if watch is not None:
                changes += watch.until(horizon_us - LATE_US)
            if watch is None or not watch.is_waiting:
                self._active.discard(camera)
        while len(self._marks) > 1 and self._marks[1][0] <= horizon_us - LOOKBACK_US:
            self._marks.popleft()
        return changes

    def _time_us(self, now_us: int) -> int:
        """How late it is in what is heard: time goes on from the newest fact as it does here."""
        if not now_us:
            return self._stream_us
        if self._stream_us > self._newest_us:
            self._newest_us, self._behind_us = self._stream_us, max(0, now_us - self._stream_us)
        return max(self._stream_us, now_us - self._behind_us)

    def remembers(self, camera: str) -> None:
        """The camera has incidents that go on: time may end them."""
        self._active.add(camera)

    @property
    def has_moved(self) -> bool:
        """Whether anything was judged since the last `position`."""
        return self.counts.judged != self._told_judged

    def position(self) -> Position:
        """What is to be written down so that another can go on."""
        self._told_judged = self.counts.judged
        reached = self._marks and self._marks[0][0] <= self._stream_us - LOOKBACK_US
        return Position(self._marks[0][1] if reached else self.from_seq, dict(self.judged))

    def _judge(self, at_us: int, camera: str, kind: str, fact: RuledFact) -> list[Change]:
        watch = self.watch_of(camera)
        if watch is None:
            return []
        judged_us = self.judged.get(camera, 0)
        if at_us < judged_us or (at_us == judged_us and at_us <= self._before.get(camera, 0)):
            if at_us > self._before.get(camera, 0):
                self.counts.late += 1
            elif isinstance(fact, FrameAnalysed):
                watch.past(fact)
            return []
        if at_us > judged_us:
            self.judged[camera] = at_us
            self._same_moment[camera] = set()
        self._same_moment.setdefault(camera, set()).add(kind)
        self.counts.judged += 1
        changes = _shown(watch, fact)
        if watch.is_waiting:
            self._active.add(camera)
        return changes


def _kind(fact: RuledFact) -> str:
    name = type(fact).__name__
    return f"{name}:{fact.fault}" if isinstance(fact, PictureDegraded | PictureRecovered) else name


def _shown(watch: CameraWatch, fact: RuledFact) -> list[Change]:
    match fact:
        case FrameAnalysed():
            return watch.frame(fact)
        case PictureDegraded():
            return watch.began(fact.fault, fact.since_us, fact.at_us)
        case PictureRecovered():
            return watch.ended(fact.fault, fact.at_us)
        case CameraWentOffline():
            return watch.began(OFFLINE, fact.at_us, fact.at_us, fact.reason)
        case CameraCameOnline():
            return watch.ended(OFFLINE, fact.at_us)
