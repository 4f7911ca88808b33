"""What happened, for whoever listens: the newest facts in memory, each listener with a queue of its own. Pure.

Theory of operation. Facts come from several sources (one a service, plus a few single facts), each in the order of its
own numbers. So a place in the whole is one number for each source: `a12.i7.…`. It is the id of every event, so that a
listener who comes back goes on behind exactly what it has heard: nothing twice, nothing left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# = how much a listener may be behind without asking the bus, and how much one that is slow may cost in memory
RING = 5000
QUEUE = 1000
# By letter: owner and name of the facts of one source ("*": all of that owner).
SOURCES: Mapping[str, tuple[str, str]] = {
    "a": ("alerting", "*"),
    "i": ("ingest", "*"),
    "n": ("intercom", "*"),
    "g": ("gateway", "*"),
    "r": ("recorder", "*"),
    "d": ("detector", "capability_changed"),
}
# Said for every camera every few seconds, and news to nobody who looks at a screen.
UNHEARD = frozenset(("segment_stored",))
# For the console of one person alone.
FOR_ONE = frozenset(("notice_told",))


@dataclass(frozen=True, slots=True)
class Event:
    """One fact. `site` is "-" where it is about none; `data` is the fact as it was said.

    `person`: the only one who may hear it, None for what everybody may who may hear of the site.
    """

    source: str
    seq: int
    name: str
    site: str
    data: bytes
    person: str | None = None


@dataclass(slots=True)
class Listener:
    """Somebody who listens. `is_lost`: it was too slow, and has to begin anew."""

    wants: Callable[[Event], bool]
    wake: Callable[[], None]
    place: dict[str, int]
    is_lost: bool = False
    _queue: deque[Event] = field(default_factory=deque)
    _room: int = QUEUE

    def catch_up(self, events: Iterable[Event]) -> None:
        """What it missed, which counts as no slowness: it could not take it any sooner."""
        self._queue.extend(event for event in events if event.seq > self.place.get(event.source, 0))
        self._room = len(self._queue) + QUEUE

    def offer(self, event: Event) -> None:
        if event.seq <= self.place.get(event.source, 0):
            return
        if not self._queue and not self.wants(event):
            self.place[event.source] = event.seq  # nobody need be woken to find that out
            return
        if len(self._queue) >= self._room:
            self.is_lost = True
        else:
            self._queue.append(event)
        self.wake()

    def take(self) -> tuple[Event, str] | None:
        """The next one that it wants, and its id."""
        while self._queue:
            event = self._queue.popleft()
            self.place[event.source] = event.seq
            if self.wants(event):
                return event, place_id(self.place)
        self._room = QUEUE
        return None


@dataclass(slots=True)
class EventFeed:
    """`began` says behind which number the memory of a source begins; all that came later and fits is there."""

    began: dict[str, int] = field(default_factory=dict)
    _ring: dict[str, deque[Event]] = field(default_factory=dict)
    _by_id: dict[int, Listener] = field(default_factory=dict)

    def begin(self, source: str, seq: int) -> None:
        """From behind that number on everything of the source is heard."""
        self.began[source] = seq
        self._ring[source] = deque()

    def hear(self, event: Event) -> None:
        ring = self._ring[event.source]
        if len(ring) >= RING:
            self.began[event.source] = ring.popleft().seq
        ring.append(event)
        for listener in list(self._by_id.values()):
            listener.offer(event)

    @property
    def newest(self) -> dict[str, int]:
        """The place behind everything that was heard."""
        return {source: ring[-1].seq if ring else self.began[source] for source, ring in self._ring.items()}

    def missing(self, place: Mapping[str, int]) -> dict[str, tuple[int, int]]:
        """Of which sources it takes the bus to go on from there: behind which number, and up to which."""
        return {
            source: (place.get(source, began), began)
            for source, began in self.began.items()
            if place.get(source, began) < began
        }

    def reach_back(self, source: str, behind: int, events: Sequence[Event]) -> bool:
        """Remember what was before, too: all of the source behind a number. False where it does not fit."""
        ring, began = self._ring[source], self.began[source]
        older = [event for event in events if behind < event.seq <= began]
        if len(ring) + len(older) > RING:
            return False
        ring.extendleft(reversed(older))
        self.began[source] = min(behind, began)
        return True

    def join(self, listener: Listener) -> None:
        """It is given what it has not heard yet of what is remembered, then all that comes."""
        for ring in self._ring.values():
            listener.catch_up(ring)
        listener.wake()
        self._by_id[id(listener)] = listener

    def leave(self, listener: Listener) -> None:
        self._by_id.pop(id(listener), None)

    @property
    def listeners(self) -> int:
        return len(self._by_id)


def place_id(place: Mapping[str, int]) -> str:
    return ".".join(f"{source}{seq}" for source, seq in sorted(place.items()))


def place_of(text: str) -> dict[str, int] | None:
    """The place that an id names; None for what is no id of ours."""
    place: dict[str, int] = {}
    for part in text.split("."):
        if part[:1] not in SOURCES or not part[1:].isdigit() or len(part) > 20:
            return None
        place[part[0]] = int(part[1:])
    return place
