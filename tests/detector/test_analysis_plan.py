"""When the night watch looks: by a camera's own hours, else by its kitchen's, else never."""

from __future__ import annotations

import pytest

from services.detector.analysis_plan import AnalysisPlan
from services.detector.kitchen_nights import KitchenNights
from shared.messages.calendars import ClosedHours, KitchenHours
from shared.messages.cameras import AnalysisPolicy, RecordingWindow

HOUR_US = 3_600_000_000
BEGAN_US = 1_763_942_400_000_000  # 2025-11-24 00:00 UTC, 08:00 in Shanghai
HOURS = KitchenHours(
    site="school-1",
    from_us=BEGAN_US,
    until_us=BEGAN_US + 48 * HOUR_US,
    closed=(
        ClosedHours(from_us=BEGAN_US + 10 * HOUR_US, to_us=BEGAN_US + 22 * HOUR_US),
        ClosedHours(from_us=BEGAN_US + 34 * HOUR_US, to_us=BEGAN_US + 48 * HOUR_US),
    ),
)
OWN = RecordingWindow(days=(1, 2, 3, 4, 5, 6, 7), from_minute=12 * 60, to_minute=13 * 60)


@pytest.mark.parametrize(
    ("hour", "is_night"), [(0, False), (9.9, False), (10, True), (21.9, True), (22, False), (40, True), (48, False)]
)
def test_a_camera_without_hours_of_its_own_is_watched_while_its_kitchen_is_closed(hour: float, is_night: bool) -> None:
    nights = KitchenNights()
    plan = AnalysisPlan(AnalysisPolicy(), nights.of("school-1"))
    at_us = BEGAN_US + round(hour * HOUR_US)
    assert not plan.pace(at_us).is_night_watch, "nobody has told its hours yet"
    nights.changed("school-1", HOURS)
    pace = plan.pace(at_us)
    assert (pace.is_night_watch, pace.decoded_hz, pace.analysed_hz) == (is_night, 5.0 if is_night else 1.0, 1.0)
    assert not AnalysisPlan(AnalysisPolicy(), nights.of("school-2")).pace(at_us).is_night_watch


def test_its_own_hours_go_before_the_kitchens() -> None:
    nights = KitchenNights()
    nights.changed("school-1", HOURS)
    plan = AnalysisPlan(AnalysisPolicy(working=(OWN,)), nights.of("school-1"))
    assert plan.pace(BEGAN_US).is_night_watch
    assert not plan.pace(BEGAN_US + round(4.5 * HOUR_US)).is_night_watch


def test_it_is_said_whether_there_are_nights() -> None:
    nights = KitchenNights()
    kitchen = nights.of("school-1")
    plan, own = AnalysisPlan(AnalysisPolicy(), kitchen), AnalysisPlan(AnalysisPolicy(working=(OWN,)), kitchen)
    assert (plan.has_nights(BEGAN_US), own.has_nights(BEGAN_US)) == (False, True)
    nights.changed("school-1", HOURS)
    assert plan.has_nights(BEGAN_US)
    assert not plan.has_nights(HOURS.until_us), "alerting has been away for two weeks"
    nights.changed("school-1", HOURS.model_copy(update={"has_hours": False}))
    assert not plan.has_nights(BEGAN_US)
    assert plan.pace(BEGAN_US + 12 * HOUR_US).is_night_watch, "a holiday is one even so"
    nights.changed("school-1", None)
    assert not plan.pace(BEGAN_US + 12 * HOUR_US).is_night_watch
