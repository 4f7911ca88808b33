"""Who may speak to a kitchen: one at a time, an emergency before an order before routine; and who waits. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.errors import RequestRefused
from shared.messages.intercom import FloorHeld, FloorWanted, TalkPriority

# = how long a floor, and a place in its queue, outlive the worker that holds them (the age of the buckets' entries)
LIFE_S = 3.5

_RANK: dict[TalkPriority, int] = {"routine": 0, "order": 1, "emergency": 2}
_WORDS: dict[TalkPriority, str] = {"routine": "", "order": " (an order)", "emergency": " (an emergency)"}


class FloorTaken(RequestRefused):
    """Somebody else speaks, and not less urgently."""

    def __init__(self, held: FloorHeld):
        super().__init__(
            "floor_taken",
            f"{held.talker} is speaking to this kitchen{_WORDS[held.priority]}. Wait, or speak with a higher priority.",
            status=409,
        )
        self.held = held


def may_take(wanted: FloorHeld, held: FloorHeld | None) -> bool:
    """Whether the floor is the wanter's now: it is free, its own, or held less urgently."""
    return held is None or held.talk == wanted.talk or _RANK[wanted.priority] > _RANK[held.priority]


@dataclass(slots=True)
class FloorQueue:
    """Those who wait for one camera's floor: the more urgent first, then who came first.

    Entries that run out of their bucket are not told: one that was not renewed for `LIFE_S` is gone. Times are seconds
    of our own monotonic clock, for those of other workers cannot be compared with it.
    """

    _waiting: dict[str, tuple[FloorWanted, float]] = field(default_factory=dict)

    def put(self, wanted: FloorWanted, now_s: float) -> None:
        """One who waits, or still does."""
        self._waiting[wanted.talk] = wanted, now_s

    def remove(self, talk: str) -> None:
        self._waiting.pop(talk, None)

    def position(self, talk: str, now_s: float) -> int | None:
        """From 1; None for a talk that does not wait."""
        there = [wanted for wanted, seen_s in self._waiting.values() if now_s - seen_s < LIFE_S]
        there.sort(key=lambda wanted: (-_RANK[wanted.priority], wanted.since_us, wanted.talk))
        return next((place for place, wanted in enumerate(there, 1) if wanted.talk == talk), None)

    def forget(self, now_s: float) -> bool:
        """Drop those that are gone; whether nobody is left."""
        self._waiting = {talk: one for talk, one in self._waiting.items() if now_s - one[1] < LIFE_S}
        return not self._waiting
