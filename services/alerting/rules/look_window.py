"""The last looks at each object of one camera for one rule, and whether they are enough. Pure.

An object is looked at when the picture could be judged and it was seen (an attribute: when it was known). A rule of
objects that come and go (a person, a thing) also counts the pictures in which the object was missing, so that "3 of 5"
means three of the last five pictures; a rule of attributes counts looks at that person alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from services.alerting.rules.sightings import Sighting
from shared.messages.detector import FrameAnalysed
from shared.messages.rules import Condition

_FRAMES_MAX = 20


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one object. `sighting` is None in a picture in which it was missing."""

    at_us: int
    frame: FrameAnalysed
    sighting: Sighting | None

    @property
    def is_broken(self) -> bool:
        return self.sighting is not None and self.sighting.is_broken


@dataclass(frozen=True, slots=True)
class Found:
    """One picture as a rule saw it.

    Attributes:
        broken: what breaks the rule in this picture, whether or not that is enough.
        complete: the looks at the object that completed the condition, oldest first; empty where none did.
    """

    frame: FrameAnalysed
    broken: tuple[Sighting, ...]
    complete: tuple[Look, ...]


@dataclass(slots=True)
class LookWindow:
    """Args: counts_missing: whether a picture without it is a look at an object; forget_us: unseen for so long, it
    is another object."""

    condition: Condition
    counts_missing: bool
    forget_us: int
    _looks: dict[int, deque[Look]] = field(default_factory=dict)
    _seen_us: dict[int, int] = field(default_factory=dict)

    def add(self, frame: FrameAnalysed, sightings: list[Sighting]) -> Found | None:
        """The next picture, in the order in which they were taken; None where it breaks nothing."""
        if not sightings and not self._looks:
            return None  # the usual case: nobody there
        at_us = frame.at_us
        for sighting in sightings:
            looks = self._looks.get(sighting.track)
            if looks is not None and at_us - self._seen_us[sighting.track] > self.forget_us:
                looks = None
                del self._looks[sighting.track], self._seen_us[sighting.track]
            if looks is None:
                if not sighting.is_broken:
                    continue  # nothing to remember until somebody breaks it
                looks = self._looks[sighting.track] = deque(maxlen=self.condition.looked)
            self._seen_us[sighting.track] = at_us
            looks.append(Look(at_us, frame, sighting))
        self._others(frame, {sighting.track for sighting in sightings})
        broken = tuple(sighting for sighting in sightings if sighting.is_broken)
        if not broken:
            return None
        complete: tuple[Look, ...] = ()
        for sighting in broken:
            found = self._complete(self._looks[sighting.track])
            if found and (not complete or found[0].at_us < complete[0].at_us):
                complete = found
        return Found(frame, broken, complete)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is followed: a picture that breaks nothing says nothing then."""
        return not self._looks

    def clear(self) -> None:
        """An incident is over: what belonged to it begins no other."""
        self._looks.clear()
        self._seen_us.clear()

    def _others(self, frame: FrameAnalysed, seen: set[int]) -> None:
        for track in [track for track in self._looks if track not in seen]:
            if frame.at_us - self._seen_us[track] > self.forget_us:
                del self._looks[track], self._seen_us[track]
            elif self.counts_missing:
                self._looks[track].append(Look(frame.at_us, frame, None))

    def _complete(self, looks: deque[Look]) -> tuple[Look, ...]:
        broken = [look for look in looks if look.is_broken]
        if len(broken) < self.condition.broken:
            return ()
        if broken[-1].at_us - broken[0].at_us < self.condition.seconds * 1e6:
            return ()
        return tuple(broken[-_FRAMES_MAX:])
