"""Blobs become runs: what moves from picture to picture, and whether it moves as a rodent does. Pure.

A rodent runs along the floor or a wall: a path of many body lengths, smooth, at a speed between a crawl and what the
camera of a room can see, its size the same from picture to picture. Insects before the lens are bright in infrared
light, turn at every picture or cross the room in an instant; noise stays where it is; light neither moves nor lasts.
What is larger than 60 pixels is a large mover; while there is one, small ones are its hands, its tail or its shadow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from services.detector.geometry import is_inside
from services.detector.small_movers.changes import Blob

# All speeds and distances in widths of the picture.
_GATE = 0.10
_LOST_US = 900_000
_RUNS_MAX = 60
_PATH_MAX = 64
_PICTURES_MIN = 5
_HELD_US = 700_000
_SMALL_SHARE = 0.8
_SURFACE_SHARE = 0.8
_NET_MIN = 0.05
_LENGTHS_MIN = 3.0
_SPEED_MIN, _SPEED_MAX = 0.03, 0.75
_STRAIGHT_MIN = 0.45
_TURN_MAX = 0.9
_SIZES_MAX = 0.9
_BRIGHT = 18.0
_LARGE_HELD_US = 4_000_000
_TOLD_US = 2_000_000


@dataclass(slots=True)
class Run:
    """One thing that moves. `points`: when (us), x, y (widths of the picture), blob."""

    number: int
    picture_width: int
    picture_height: int
    points: list[tuple[int, float, float, Blob]] = field(default_factory=list)
    is_suspected: bool = False
    was_with_large: bool = False

    @property
    def last(self) -> tuple[int, float, float, Blob]:
        return self.points[-1]

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Widths of the picture to 0 to 1 of each side."""
        return x, y * self.picture_width / self.picture_height

    def expected(self, at_us: int) -> tuple[float, float]:
        """Where it is if it goes on as it did, not further than a quarter of a second."""
        at, x, y, _ = self.last
        if len(self.points) < 2:
            return x, y
        before, bx, by, _ = self.points[-2]
        share = min(250_000, at_us - at) / max(1, at - before)
        return x + (x - bx) * share, y + (y - by) * share


class Runs:
    """Of one camera. Args: surfaces: parts of the picture in which a rodent runs; none: anywhere."""

    def __init__(self, surfaces: Sequence[Sequence[tuple[float, float]]] = ()) -> None:
        self._surfaces = tuple(surfaces)
        self._runs: list[Run] = []
        self._next = 1
        self._large_until_us = 0

    def forget(self) -> None:
        self._runs = []

    def follow(self, blobs: Sequence[Blob], width: int, height: int, at_us: int) -> list[Run]:
        """Runs seen in this picture, and suspected ones of the last two seconds."""
        if any(not blob.is_small and blob.side > 60 for blob in blobs):
            self._large_until_us = at_us + _LARGE_HELD_US
        pairs = sorted(
            (distance, run_at, blob_at)
            for run_at, run in enumerate(self._runs)
            for blob_at, blob in enumerate(blobs)
            if (distance := self._apart(run, blob, width, at_us)) is not None
        )
        taken_runs: set[int] = set()
        taken: set[int] = set()
        for _, run_at, blob_at in pairs:
            if run_at not in taken_runs and blob_at not in taken:
                taken_runs.add(run_at)
                taken.add(blob_at)
                self._go_on(self._runs[run_at], blobs[blob_at], width, at_us)
        for blob_at, blob in enumerate(blobs):
            if blob_at not in taken and len(self._runs) < _RUNS_MAX:
                self._runs.append(Run(self._next, width, height, [(at_us, blob.x / width, blob.y / width, blob)]))
                self._next += 1
        for run in self._runs:
            run.was_with_large |= at_us < self._large_until_us
            if run.last[0] == at_us and not run.is_suspected:
                run.is_suspected = not run.was_with_large and looks_like_a_rodent(run) and self._is_on_a_surface(run)
        kept = {True: _TOLD_US, False: _LOST_US}
        self._runs = [run for run in self._runs if at_us - run.last[0] < kept[run.is_suspected]]
        return [run for run in self._runs if run.last[0] == at_us or run.is_suspected]

    @staticmethod
    def _apart(run: Run, blob: Blob, width: int, at_us: int) -> float | None:
        """How badly they fit; None where they cannot be the same."""
        last = run.last[3]
        if max(last.area, blob.area) > 5 * min(last.area, blob.area) + 60:
            return None
        x, y = run.expected(at_us)
        distance = math.hypot(blob.x / width - x, blob.y / width - y)
        seconds = (at_us - run.last[0]) / 1e6
        gate = _GATE * max(0.4, min(1.5, seconds / 0.2)) + 0.5 * blob.side / width
        return distance if distance <= gate else None

    def _is_on_a_surface(self, run: Run) -> bool:
        if not self._surfaces:
            return True
        places = [run.place(x, y) for _, x, y, _ in run.points]
        on = sum(any(is_inside(place, surface) for surface in self._surfaces) for place in places)
        return on >= _SURFACE_SHARE * len(places)

    @staticmethod
    def _go_on(run: Run, blob: Blob, width: int, at_us: int) -> None:
        run.points.append((at_us, blob.x / width, blob.y / width, blob))
        del run.points[:-_PATH_MAX]


def looks_like_a_rodent(run: Run) -> bool:
    """Whether the whole of its path so far is that of a small animal on a surface."""
    points = run.points
    if len(points) < _PICTURES_MIN or points[-1][0] - points[0][0] < _HELD_US:
        return False
    if sum(point[3].is_small for point in points) < _SMALL_SHARE * len(points):
        return False
    steps = [(b[1] - a[1], b[2] - a[2], (b[0] - a[0]) / 1e6) for a, b in pairwise(points)]
    lengths = [math.hypot(x, y) for x, y, _ in steps]
    path, net = sum(lengths), math.hypot(points[-1][1] - points[0][1], points[-1][2] - points[0][2])
    sides = sorted(point[3].side for point in points)
    body = sides[len(sides) // 2]
    width = run.picture_width
    if net < max(_NET_MIN, _LENGTHS_MIN * body / width) or net < _STRAIGHT_MIN * path:
        return False
    speeds = sorted(length / seconds for length, (_, _, seconds) in zip(lengths, steps, strict=True) if seconds > 0)
    usual, fastest = speeds[len(speeds) // 2], speeds[-1 - len(speeds) // 10]
    if not usual >= _SPEED_MIN or fastest > _SPEED_MAX:
        return False
    contrast = sum(point[3].contrast for point in points) / len(points)
    turning = _turning(steps, body / width / 3)
    sizes = _spread([point[3].area for point in points])
    # Bright things near the lamp have to move all the more like an animal on the floor.
    strictness = 0.6 if contrast > _BRIGHT else 1.0
    return turning <= _TURN_MAX * strictness and sizes <= _SIZES_MAX * strictness


def _turning(steps: Sequence[tuple[float, float, float]], least: float) -> float:
    """Mean turn between steps that go somewhere, radians."""
    going = [(x, y) for x, y, _ in steps if math.hypot(x, y) > least]
    turns = [abs(math.remainder(math.atan2(b[1], b[0]) - math.atan2(a[1], a[0]), math.tau)) for a, b in pairwise(going)]
    return sum(turns) / len(turns) if turns else 0.0


def _spread(values: Sequence[float]) -> float:
    """Standard deviation in parts of the mean, the tenth part at both ends left out."""
    ordered = sorted(values)
    cut = len(ordered) // 10
    inner = ordered[cut : len(ordered) - cut]
    mean = sum(inner) / len(inner)
    return math.sqrt(sum((value - mean) ** 2 for value in inner) / len(inner)) / max(1e-6, mean)
