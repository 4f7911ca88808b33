"""Following people and things from look to look, so that one person is one number. Pure.

After ByteTrack (Zhang et al., 2022): sure boxes are matched first, unsure ones only continue a track and never begin
one. A kitchen is looked at about once a second, so boxes move far between looks: what lies near counts, not only
what overlaps. A track is kept for a few seconds after it was last seen, then forgotten; numbers are not used again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.detector.geometry import Box

SURE = 0.5
KEPT_S = 5.0
TRACKS_MAX = 64
_OVERLAP_MIN = 0.2
# A person crosses about their own width and a half in a second.
_REACH_PER_S = 1.5
_VELOCITY_SHARE = 0.5


@dataclass(slots=True)
class ObjectTrack:
    """`velocity` is in picture widths and heights a second."""

    number: int
    box: Box
    seen_us: int
    since_us: int
    looks: int = 1
    velocity: tuple[float, float] = (0.0, 0.0)

    def expected(self, at_us: int) -> Box:
        seconds = min((at_us - self.seen_us) / 1e6, 1.0)
        return self.box.moved(self.velocity[0] * seconds, self.velocity[1] * seconds)


@dataclass(slots=True)
class ObjectTracks:
    """The tracks of one kind of thing of one camera."""

    tracks: list[ObjectTrack] = field(default_factory=list)
    _next: int = 1

    def follow(self, found: Sequence[tuple[Box, float]], at_us: int) -> list[ObjectTrack | None]:
        """The track of each box, in the same order; None for an unsure box that continues none."""
        self.tracks = [track for track in self.tracks if at_us - track.seen_us <= KEPT_S * 1e6]
        chosen: list[ObjectTrack | None] = [None] * len(found)
        free = list(self.tracks)
        for is_sure in (True, False):
            places = [at for at, (_, score) in enumerate(found) if (score >= SURE) is is_sure]
            self._match(places, found, free, chosen, at_us)
        for at, (box, score) in enumerate(found):
            if chosen[at] is None and score >= SURE and len(self.tracks) < TRACKS_MAX:
                chosen[at] = self._begin(box, at_us)
        return chosen

    def _match(
        self,
        places: Sequence[int],
        found: Sequence[tuple[Box, float]],
        free: list[ObjectTrack],
        chosen: list[ObjectTrack | None],
        at_us: int,
    ) -> None:
        pairs = sorted(
            ((_likeness(track, found[at][0], at_us), at, track) for at in places for track in free),
            key=lambda pair: -pair[0],
        )
        for likeness, at, track in pairs:
            if likeness <= 0.0:
                break
            if chosen[at] is None and track in free:
                free.remove(track)
                chosen[at] = track
                _continue(track, found[at][0], at_us)

    def _begin(self, box: Box, at_us: int) -> ObjectTrack:
        track = ObjectTrack(self._next, box, at_us, at_us)
        self._next += 1
        self.tracks.append(track)
        return track


def _likeness(track: ObjectTrack, box: Box, at_us: int) -> float:
    """Above 0 where the box may be the track's next; overlap first, nearness after it."""
    expected = track.expected(at_us)
    overlap = max(expected.overlap(box), track.box.overlap(box))
    if overlap >= _OVERLAP_MIN:
        return 1.0 + overlap
    size = (box.height + expected.height) / 2, (box.width + expected.width) / 2
    if not 0.4 <= (box.area / max(expected.area, 1e-9)) <= 2.5 or min(size) <= 0.0:
        return 0.0
    (x, y), (was_x, was_y) = box.centre, expected.centre
    distance = (((x - was_x) / size[1]) ** 2 + ((y - was_y) / size[0]) ** 2) ** 0.5
    reach = 0.5 + _REACH_PER_S * min((at_us - track.seen_us) / 1e6, 2.0)
    return float(max(0.0, 1.0 - distance / reach))


def _continue(track: ObjectTrack, box: Box, at_us: int) -> None:
    seconds = (at_us - track.seen_us) / 1e6
    if seconds > 0.0:
        (x, y), (was_x, was_y) = box.centre, track.box.centre
        track.velocity = (
            (1 - _VELOCITY_SHARE) * track.velocity[0] + _VELOCITY_SHARE * (x - was_x) / seconds,
            (1 - _VELOCITY_SHARE) * track.velocity[1] + _VELOCITY_SHARE * (y - was_y) / seconds,
        )
    track.box = box
    track.seen_us = at_us
    track.looks += 1
