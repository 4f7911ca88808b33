"""Proof of coverage: what a kitchen's cameras should have filmed on a day, what they did, and why not; signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.recorder.evidence.signature import SigningKey
from services.recorder.segment import Gap, StreamRef

KIND = "bright-kitchen daily coverage 1"
# Missing, and nobody said why: that is said too.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A time from `from_us` up to and without `to_us`; UTC microseconds."""

    from_us: int
    to_us: int

    def __post_init__(self) -> None:
        if self.to_us <= self.from_us:
            raise ValueError(f"a window ends after it begins: {self.from_us} to {self.to_us}")


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of one stream's day. Windows may overlap and lie in any order.

    Attributes:
        expected: when it had to film, by the kitchen's calendar.
        usable, analysed: when its picture could be used, and when it was looked at; None where nobody knows.
        is_settled: False where more of what was filmed may still be stored.
    """

    of: StreamRef
    expected: Sequence[Window]
    recorded: Sequence[Window]
    gaps: Sequence[Gap]
    usable: Sequence[Window] | None = None
    analysed: Sequence[Window] | None = None
    is_settled: bool = True


def coverage_statement(
    site: str, day: date, made_us: int, watched: Iterable[Watched], key: SigningKey
) -> dict[str, Any]:
    """The signed document: `{"statement": ..., "signature": ...}`, times in microseconds, nothing rounded.

    What was not recorded is neither usable nor analysed, whatever was said of it. A sum over cameras of which one is
    unknown is unknown. Of a camera that was not settled, what is missing may have been stored later.
    """
    cameras = [_camera(each) for each in sorted(watched, key=lambda each: str(each.of))]
    statement = {
        "kind": KIND,
        "site": site,
        "day": day.isoformat(),
        "made_us": made_us,
        "key_id": key.key_id,
        "cameras": cameras,
        "total": {
            name: _sum([camera[name] for camera in cameras])
            for name in ("expected_us", "recorded_us", "usable_us", "analysed_us")
        },
    }
    return {"statement": statement, "signature": key.sign(statement)}


def _camera(watched: Watched) -> dict[str, Any]:
    expected = joined(watched.expected)
    recorded = common(expected, joined(watched.recorded))
    return {
        "stream": str(watched.of),
        "expected_us": _length_us(expected),
        "recorded_us": _length_us(recorded),
        "usable_us": _length_within(recorded, watched.usable),
        "analysed_us": _length_within(recorded, watched.analysed),
        "is_settled": watched.is_settled,
        "missing": [
            {"from_us": window.from_us, "to_us": window.to_us, "cause": cause}
            for hole in without(expected, recorded)
            for window, cause in _explained(hole, watched.gaps)
        ],
    }


def joined(windows: Iterable[Window]) -> list[Window]:
    """The same time in order, what touches or overlaps as one."""
    found: list[Window] = []
    for window in sorted(windows):
        if found and window.from_us <= found[-1].to_us:
            found[-1] = Window(found[-1].from_us, max(found[-1].to_us, window.to_us))
        else:
            found.append(window)
    return found


def common(these: Sequence[Window], those: Sequence[Window]) -> list[Window]:
    """The time that is in both; each is joined."""
    found: list[Window] = []
    this, that = 0, 0
    while this < len(these) and that < len(those):
        from_us = max(these[this].from_us, those[that].from_us)
        to_us = min(these[this].to_us, those[that].to_us)
        if from_us < to_us:
            found.append(Window(from_us, to_us))
        if these[this].to_us < those[that].to_us:
            this += 1
        else:
            that += 1
    return found


def without(these: Sequence[Window], those: Sequence[Window]) -> list[Window]:
    """The time of the first that is not in the second; each is joined."""
    found: list[Window] = []
    for window in these:
        at_us = window.from_us
        for taken in common([window], those):
            if at_us < taken.from_us:
                found.append(Window(at_us, taken.from_us))
            at_us = taken.to_us
        if at_us < window.to_us:
            found.append(Window(at_us, window.to_us))
    return found


def _explained(hole: Window, gaps: Sequence[Gap]) -> list[tuple[Window, str]]:
    """A hole in pieces, each with its cause. Of gaps that overlap the one that began first is believed."""
    pieces: list[tuple[Window, str]] = []
    rest = [hole]
    for gap in sorted(gaps, key=lambda gap: (gap.from_us, gap.to_us)):
        if gap.to_us <= gap.from_us:
            continue
        known = [Window(gap.from_us, gap.to_us)]
        pieces += [(window, gap.cause) for window in common(rest, known)]
        rest = without(rest, known)
    return sorted([*pieces, *((window, UNKNOWN) for window in rest)])


def _length_us(windows: Iterable[Window]) -> int:
    return sum(window.to_us - window.from_us for window in windows)


def _length_within(recorded: Sequence[Window], windows: Sequence[Window] | None) -> int | None:
    return None if windows is None else _length_us(common(recorded, joined(windows)))


def _sum(lengths_us: Sequence[int | None]) -> int | None:
    known = [length_us for length_us in lengths_us if length_us is not None]
    return sum(known) if len(known) == len(lengths_us) else None
