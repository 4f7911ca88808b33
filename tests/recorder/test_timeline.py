"""Timelines: cut to the time asked for, holes between ranges, nothing invented at the ends."""

from __future__ import annotations

import pytest

from services.recorder.segment import Gap
from services.recorder.timeline import timeline

LOST = Gap(100, 200, "port_closed")
LATER = Gap(500, 600, "frozen")


@pytest.mark.parametrize(
    ("asked", "ends", "gaps", "ranges", "holes"),
    [
        ((0, 1000), (0, 1000), [], [(0, 1000)], []),
        ((0, 1000), (50, 900), [], [(50, 900)], []),
        ((0, 1000), (None, None), [], [], []),
        ((0, 1000), (0, 1000), [LOST, LATER], [(0, 100), (200, 500), (600, 1000)], [(100, 200), (500, 600)]),
        ((150, 550), (0, 700), [LOST, LATER], [(200, 500)], [(150, 200), (500, 550)]),
        ((120, 180), (None, None), [LOST], [], [(120, 180)]),
        ((200, 500), (200, 500), [LOST, LATER], [(200, 500)], []),
        ((0, 150), (0, 100), [LOST], [(0, 100)], [(100, 150)]),
    ],
)
def test_timeline(
    asked: tuple[int, int],
    ends: tuple[int | None, int | None],
    gaps: list[Gap],
    ranges: list[tuple[int, int]],
    holes: list[tuple[int, int]],
) -> None:
    shown = timeline(*asked, *ends, gaps)
    assert [(each.from_us, each.to_us) for each in shown.ranges] == ranges
    assert [(each.from_us, each.to_us) for each in shown.gaps] == holes
    assert shown.recorded_us == sum(to - begins for begins, to in ranges)
