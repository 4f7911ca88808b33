"""What is to be kept: tables of policies and moments."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.recorder.recording_plan import RecordingPlan, Wish
from shared.messages.cameras import RecordingPolicy, RecordingWindow

KEEP, DROP, NOT_YET = Wish.KEEP, Wish.DROP, Wish.NOT_YET
SCHOOL = RecordingWindow(days=(1, 2, 3, 4, 5), from_minute=6 * 60, to_minute=18 * 60)
NIGHT = RecordingWindow(days=(5,), from_minute=22 * 60, to_minute=4 * 60)


def us(moment: str) -> int:
    return round(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1e6)


NOW = us("2026-11-24T00:00:00")


def plan(
    mode: str, *windows: RecordingWindow, zone: str = "Asia/Shanghai", alerts: tuple[int, ...] = ()
) -> RecordingPlan:
    policy = RecordingPolicy.model_validate({"mode": mode, "windows": windows, "time_zone": zone})
    return RecordingPlan(policy, lambda: alerts)


@pytest.mark.parametrize(("mode", "wish"), [("continuous", KEEP), ("off", DROP), ("calendar", DROP)])
def test_always_never_and_a_calendar_without_windows(mode: str, wish: Wish) -> None:
    assert plan(mode).wish(NOW, NOW) is wish


@pytest.mark.parametrize(
    ("moment", "wish"),
    [
        ("2026-11-22T21:59:59", DROP),  # Monday 05:59:59 in Shanghai
        ("2026-11-22T22:00:00", KEEP),  # 06:00
        ("2026-11-23T09:59:59", KEEP),  # 17:59:59
        ("2026-11-23T10:00:00", DROP),  # 18:00
        ("2026-11-28T02:00:00", DROP),  # Saturday 10:00
        ("2026-11-27T14:00:00", KEEP),  # Friday 22:00
        ("2026-11-27T19:59:00", KEEP),  # Saturday 03:59, the night that began on Friday
        ("2026-11-27T20:00:00", DROP),  # Saturday 04:00
        ("2026-11-26T14:30:00", DROP),  # Thursday 22:30
    ],
)
def test_a_calendar_is_on_the_kitchens_clock(moment: str, wish: Wish) -> None:
    calendar = plan("calendar", SCHOOL, NIGHT)
    assert calendar.wish(us(moment), NOW) is wish
    assert calendar.wish(us(moment), NOW) is wish


def test_a_zone_nobody_knows_is_taken_for_utc() -> None:
    assert plan("calendar", SCHOOL, zone="Mars/Olympus").wish(us("2026-11-23T06:00:00"), NOW) is KEEP


@pytest.mark.parametrize(
    ("captured_s", "wish"),
    [(-11, DROP), (-10, KEEP), (0, KEEP), (30, KEEP), (31, DROP), (70, NOT_YET), (69, DROP)],
)
def test_around_an_alert_and_not_before_it_is_known(captured_s: int, wish: Wish) -> None:
    """Pre-roll 10 s, post-roll 30 s; 100 s after the alert; one may still be told that is 20 s late."""
    alert = NOW
    assert plan("alerts", alerts=(alert,)).wish(alert + captured_s * 1_000_000, alert + 100_000_000) is wish
