"""Who is there while something small runs: where people are about, it is their hands and no rodent. Pure.

What moves and is large hides small things already (runs.py). Here is who the models find: a person far away is as small
as an animal near by, and one who stands still does not move at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.detector.geometry import Box
from services.detector.people import Person
from shared.messages.detector import SeenMover

# Surer than where a track begins: at night models take coats and pots for people.
_SURE = 0.6
_HELD_US = 10_000_000
# A person who was in the same place all the time is a coat; seen for so long without moving.
_STANDS_US = 60_000_000
_MOVED = 0.3


class Company:
    """Of one camera."""

    def __init__(self) -> None:
        self._until_us = 0
        # Where somebody was found, since when, and when last.
        self._places: list[tuple[Box, int, int]] = []

    def judged(self, movers: Sequence[SeenMover], people: Iterable[Person], at_us: int) -> tuple[SeenMover, ...]:
        """The movers of a picture, none of them suspected while somebody is there, and for ten seconds after."""
        boxes = [person.box for person in people if person.score >= _SURE]
        if any(self._is_somebody(box, at_us) for box in boxes):
            self._until_us = at_us + _HELD_US
        self._places = [place for place in self._places if at_us - place[2] <= _STANDS_US]
        if at_us >= self._until_us:
            return tuple(movers)
        return tuple(
            mover.model_copy(update={"is_suspected": False, "pictures": (), "clip": None})
            if mover.is_suspected
            else mover
            for mover in movers
        )

    def _is_somebody(self, box: Box, at_us: int) -> bool:
        for number, (place, since_us, _) in enumerate(self._places):
            if place.overlap(box) >= 1 - _MOVED:
                self._places[number] = place, since_us, at_us
                return at_us - since_us < _STANDS_US
        self._places.append((box, at_us, at_us))
        return True
