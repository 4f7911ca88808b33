"""The daily statement of coverage: sums, causes, what is unknown, and windows against a slow and plain count."""

from __future__ import annotations

import base64
from datetime import date
from itertools import pairwise

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from services.recorder.coverage import Watched, Window, common, coverage_statement, joined, without
from services.recorder.evidence.signature import canonical
from services.recorder.segment import Gap, StreamRef
from shared.subjects import CameraRef
from tests.recorder.evidence_cases import KEY

STOVE = StreamRef(CameraRef("school", "stove"), "main")
SINK = StreamRef(CameraRef("school", "sink"), "main")
DAY = date(2026, 11, 23)


def w(*bounds: int) -> list[Window]:
    """Windows of pairs of bounds."""
    return [Window(bounds[at], bounds[at + 1]) for at in range(0, len(bounds), 2)]


# expected, recorded, gaps, recorded_us, missing
DAYS: list[tuple[list[Window], list[Window], list[Gap], int, list[tuple[int, int, str]]]] = [
    (w(0, 100), w(0, 100), [], 100, []),
    (w(0, 100), [], [], 0, [(0, 100, "unknown")]),
    ([], w(0, 100), [], 0, []),
    (w(20, 80), w(0, 100), [], 60, []),
    (w(0, 100), w(0, 40, 60, 100), [Gap(40, 60, "port_closed")], 80, [(40, 60, "port_closed")]),
    # A gap told only for a part of what is missing leaves the rest unknown.
    (w(0, 100), w(0, 40, 60, 100), [Gap(45, 50, "frozen")], 80,
     [(40, 45, "unknown"), (45, 50, "frozen"), (50, 60, "unknown")]),
    # Of two that overlap the first is believed; one that lies in what was recorded says nothing.
    (w(0, 100), w(0, 40), [Gap(50, 100, "b"), Gap(40, 70, "a"), Gap(10, 20, "c")], 40,
     [(40, 70, "a"), (70, 100, "b")]),
    # Two meals a day; between them nothing is expected, nor missing.
    (w(0, 30, 60, 90), w(0, 20), [Gap(20, 200, "not_wanted")], 20, [(20, 30, "not_wanted"), (60, 90, "not_wanted")]),
    # Recorded twice, out of order, counts once.
    (w(0, 100), w(50, 100, 0, 60), [Gap(5, 5, "empty")], 100, []),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "recorded", "gaps", "recorded_us", "missing"), DAYS)
def test_a_day(
    expected: list[Window],
    recorded: list[Window],
    gaps: list[Gap],
    recorded_us: int,
    missing: list[tuple[int, int, str]],
) -> None:
    document = coverage_statement("school", DAY, 7, [Watched(STOVE, expected, recorded, gaps)], KEY)
    camera = document["statement"]["cameras"][0]
    assert camera["recorded_us"] == recorded_us
    assert [(hole["from_us"], hole["to_us"], hole["cause"]) for hole in camera["missing"]] == missing
    assert camera["expected_us"] == recorded_us + sum(end - start for start, end, _ in missing)


def test_what_is_unknown_stays_unknown_and_what_was_not_recorded_was_not_analysed() -> None:
    stove = Watched(STOVE, w(0, 100), w(0, 60), [], usable=w(0, 100), analysed=w(10, 20, 15, 70))
    sink = Watched(SINK, w(0, 100), w(0, 100), [], usable=w(0, 90))
    statement = coverage_statement("school", DAY, 7, [stove, sink], KEY)["statement"]
    assert [camera["stream"] for camera in statement["cameras"]] == ["school/sink/main", "school/stove/main"]
    assert [camera["usable_us"] for camera in statement["cameras"]] == [90, 60]
    assert [camera["analysed_us"] for camera in statement["cameras"]] == [None, 50]
    assert statement["total"] == {"expected_us": 200, "recorded_us": 160, "usable_us": 150, "analysed_us": None}


def test_it_is_signed() -> None:
    document = coverage_statement("school", DAY, 7, [Watched(STOVE, w(0, 9), [], [])], KEY)
    key = load_pem_public_key(KEY.public_pem)
    assert isinstance(key, Ed25519PublicKey)
    signature = base64.b64decode(document["signature"])
    key.verify(signature, canonical(document["statement"]))
    document["statement"]["cameras"][0]["recorded_us"] = 9
    with pytest.raises(InvalidSignature):
        key.verify(signature, canonical(document["statement"]))


def test_a_window_has_a_length() -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        Window(5, 5)


def _windows() -> st.SearchStrategy[list[Window]]:
    pairs = st.tuples(st.integers(0, 40), st.integers(1, 9))
    return st.lists(pairs.map(lambda pair: Window(pair[0], pair[0] + pair[1])), max_size=6)


def _ticks(windows: list[Window]) -> set[int]:
    return {tick for window in windows for tick in range(window.from_us, window.to_us)}


@given(_windows(), _windows())
def test_windows_are_sets_of_time(these: list[Window], those: list[Window]) -> None:
    this, that = joined(these), joined(those)
    assert _ticks(this) == _ticks(these)
    assert all(one.to_us < other.from_us for one, other in pairwise(this))
    assert _ticks(common(this, that)) == _ticks(this) & _ticks(that)
    assert _ticks(without(this, that)) == _ticks(this) - _ticks(that)
