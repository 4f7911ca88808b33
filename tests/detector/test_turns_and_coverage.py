"""Shedding is fair and bounded, and every wanted picture is accounted for."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.detector.coverage import CameraCoverage
from services.detector.frame_turns import FrameTurns
from shared.subjects import CameraRef

MINUTE_US = 60_000_000
BEGAN_US = 1_700_000_040 * 1_000_000  # a whole minute


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=200))
def test_one_waits_for_each_camera_and_the_newest_wins(steps: list[tuple[int, bool]]) -> None:
    turns: FrameTurns[int, int] = FrameTurns()
    newest: dict[int, int] = {}
    for number, (camera, takes) in enumerate(steps):
        if takes:
            for who, frame in turns.take(2):
                assert newest.pop(who) == frame
        else:
            dropped = turns.put(camera, number)
            assert dropped == ([newest[camera]] if camera in newest else [])
            newest[camera] = number
        assert len(turns) == len(newest)


def test_who_sends_much_gets_no_more_than_its_share() -> None:
    turns: FrameTurns[int, int] = FrameTurns()
    served: Counter[int] = Counter()
    for number in range(3000):
        turns.put(0, number)  # sends always
        if number % 10 == 0:
            for camera in range(1, 10):
                turns.put(camera, number)
        if number % 2 == 0:
            served.update(camera for camera, _ in turns.take(2))
    assert max(served.values()) <= 5 * min(served.values())
    assert min(served.values()) > 290, "who sends a picture every tenth round has every one looked at"


def test_a_minute_says_what_became_of_what_was_wanted() -> None:
    coverage = CameraCoverage(CameraRef("school", "cook-1"))
    for second in range(61):
        coverage.want(1.0, BEGAN_US + second * 1_000_000)
    for second in range(40):
        coverage.analysed(BEGAN_US + second * 1_000_000, second >= 5, ("head_attributes",))
    coverage.late(BEGAN_US + second * 1_000_000 for second in range(41, 51))
    coverage.undecodable(BEGAN_US + 52_000_000)
    assert not coverage.ended(BEGAN_US + MINUTE_US + 1_000_000), "what was filmed last may be on its way"
    (minute,) = coverage.ended(BEGAN_US + MINUTE_US + 6_000_000)
    assert (minute.minute_us, minute.at_us) == (BEGAN_US, BEGAN_US + MINUTE_US)
    assert (minute.wanted, minute.analysed, minute.late, minute.undecodable) == (60, 40, 10, 1)
    assert (minute.unusable, minute.absent) == (5, 9)
    assert minute.unavailable == ("head_attributes",)
    assert not coverage.ended(BEGAN_US + MINUTE_US + 9_000_000), "each once"
    coverage.analysed(BEGAN_US + 59_000_000, True, ())
    coverage.late([BEGAN_US + 58_000_000])
    assert not coverage.ended(BEGAN_US + MINUTE_US + 9_000_000), "what comes after it was said is of the next minute"
    (minute,) = coverage.ended(BEGAN_US + 2 * MINUTE_US + 6_000_000)
    assert minute.minute_us == BEGAN_US + MINUTE_US
    assert (minute.analysed, minute.late) == (1, 1)


@given(
    st.lists(st.integers(0, 59), max_size=70),
    st.lists(st.integers(0, 59), max_size=70),
    st.lists(st.integers(0, 59), max_size=9),
)
def test_a_minute_always_adds_up(analysed: list[int], late: list[int], undecodable: list[int]) -> None:
    coverage = CameraCoverage(CameraRef("school", "cook-1"))
    for second in range(61):
        coverage.want(1.0, BEGAN_US + second * 1_000_000)
    for second in analysed:
        coverage.analysed(BEGAN_US + second * 1_000_000, True, ())
    coverage.late(BEGAN_US + second * 1_000_000 for second in late)
    for second in undecodable:
        coverage.undecodable(BEGAN_US + second * 1_000_000)
    (minute,) = coverage.ended(BEGAN_US + MINUTE_US + 6_000_000)
    assert minute.analysed + minute.late + minute.undecodable + minute.absent == minute.wanted >= 60
    assert minute.absent >= 0
