"""Does the camera hear us? What its receiver reports say, and what they do not."""

from __future__ import annotations

import pytest

from shared.rtsp.hearing import SURE_S, Hearing
from shared.rtsp.rtcp import ReportBlock

OURS, ANOTHERS = 7, 8


def block(ssrc: int, highest: int) -> ReportBlock:
    return ReportBlock(ssrc, 0, 0, highest)


@pytest.mark.parametrize(
    ("blocks", "after_s", "verdict"),
    [
        ((block(OURS, 110),), 0.1, True),
        ((block(ANOTHERS, 5), block(OURS, 100)), 2.0, True),
        ((block(OURS, 99),), 0.1, None),  # of the press before; sound has only begun
        ((block(OURS, 99),), SURE_S, False),
        ((), 0.5, None),
        ((), SURE_S, False),
        ((block(ANOTHERS, 110),), 5.0, False),
    ],
)
def test_a_report_speaks_of_the_sound_since_the_press(
    blocks: tuple[ReportBlock, ...], after_s: float, verdict: bool | None
) -> None:
    hearing = Hearing(OURS)
    hearing.began(100, 50.0)
    hearing.reported(blocks, 50.0 + after_s)
    assert hearing.verdict is verdict


def test_a_camera_that_never_reports_is_not_judged() -> None:
    hearing = Hearing(OURS)
    hearing.began(100, 50.0)
    assert hearing.verdict is None


def test_numbers_wrap() -> None:
    hearing = Hearing(OURS)
    hearing.began(0xFFF0, 50.0)
    hearing.reported((block(OURS, 0x1_0004),), 50.4)
    assert hearing.verdict is True
    hearing.began(0x0005, 60.0)
    hearing.reported((block(OURS, 0x1_0004),), 62.0)
    assert hearing.verdict is False


def test_reports_between_presses_say_nothing() -> None:
    hearing = Hearing(OURS)
    hearing.reported((), 40.0)
    assert hearing.verdict is None
    hearing.began(100, 50.0)
    hearing.reported((block(OURS, 150),), 51.0)
    hearing.ended()
    hearing.reported((), 60.0)
    assert hearing.verdict is True


def test_a_camera_that_hears_no_more_is_noticed() -> None:
    hearing = Hearing(OURS)
    hearing.began(100, 50.0)
    hearing.reported((block(OURS, 150),), 51.0)
    hearing.reported((), 56.0)
    assert hearing.verdict is False
