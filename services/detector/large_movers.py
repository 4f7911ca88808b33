"""What large moves and is nobody that a model found: told as what it is, a large mover. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from services.detector.geometry import Box, seen_box
from services.detector.object_tracks import ObjectTracks
from services.detector.people import Person
from shared.messages.detector import SeenMover

# Of the smaller of both: so much in common, and it is they who move.
_SAME = 0.3
# The night watch numbers its own movers from 1 on.
_FIRST_TRACK = 1_000_000
_SCORE = 0.5


def moves(box: Box, motion: Sequence[Box]) -> bool:
    """Whether something moves where that box is."""
    return any(box.shared(one) >= _SAME * min(box.area, one.area) > 0.0 for one in motion)


class LargeMovers:
    """Of one camera. Args: zones_of: ids of the zones that one of some points lies in."""

    def __init__(self, zones_of: Callable[[Sequence[tuple[float, float]]], tuple[str, ...]]):
        self._zones_of = zones_of
        self._tracks = ObjectTracks()

    def seen(self, motion: Sequence[Box], people: Sequence[Person], at_us: int) -> tuple[SeenMover, ...]:
        strange = [one for one in motion if not any(moves(person.box, [one]) for person in people)]
        tracks = self._tracks.follow([(box, 1.0) for box in strange], at_us)
        return tuple(
            SeenMover(
                track=_FIRST_TRACK + track.number,
                kind="large",
                is_suspected=False,
                box=seen_box(box),
                score=_SCORE,
                since_us=track.since_us,
                zones=self._zones_of((box.centre, box.feet)),
            )
            for box, track in zip(strange, tracks, strict=True)
            if track is not None
        )
