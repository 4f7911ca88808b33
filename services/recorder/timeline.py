"""What a stream's recording looks like over time: ranges that play without a hole, and the holes with their causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.recorder.segment import Gap


@dataclass(frozen=True, slots=True)
class Range:
    """Recorded from `from_us` up to `to_us`, UTC microseconds."""

    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Of one stream over a time that was asked for; nothing reaches beyond it."""

    ranges: tuple[Range, ...]
    gaps: tuple[Gap, ...]

    @property
    def recorded_us(self) -> int:
        return sum(each.to_us - each.from_us for each in self.ranges)


def timeline(from_us: int, to_us: int, first_us: int | None, last_us: int | None, gaps: Sequence[Gap]) -> Timeline:
    """From what an index tells without reading every segment.

    Args:
        first_us, last_us: where the first segment that overlaps the time begins and the last one ends; None: there
            is none.
        gaps: holes that overlap the time, in order. Before the first segment and behind the last there is nothing:
            that is no gap, it has no cause.
    """
    holes = tuple(
        Gap(max(from_us, gap.from_us), min(to_us, gap.to_us), gap.cause)
        for gap in gaps
        if gap.from_us < to_us and gap.to_us > from_us
    )
    if first_us is None or last_us is None:
        return Timeline((), holes)
    ranges = []
    begins_us = max(from_us, first_us)
    for hole in holes:
        if hole.from_us > begins_us:
            ranges.append(Range(begins_us, hole.from_us))
        begins_us = max(begins_us, hole.to_us)
    ends_us = min(to_us, last_us)
    if ends_us > begins_us:
        ranges.append(Range(begins_us, ends_us))
    return Timeline(tuple(ranges), holes)
