"""Times of the week on a kitchen's clock, in moments."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.intercom.announcement_times import due_between, last_due, next_due, require_times
from shared.errors import RequestRefused
from shared.messages.announcements import ScheduleWanted
from shared.messages.broadcasts import Addressed

SHANGHAI = "Asia/Shanghai"


def us(text: str, zone: str = SHANGHAI) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1e6)


# 2026-11-23 is a Monday.
@pytest.mark.parametrize(
    ("after", "until", "found"),
    [
        ("2026-11-23T10:29:59", "2026-11-23T10:30:00", ["2026-11-23T10:30:00"]),
        ("2026-11-23T10:30:00", "2026-11-23T10:30:10", []),
        ("2026-11-20T18:00:00", "2026-11-23T00:00:30", ["2026-11-23T00:00:00"]),
        ("2026-11-23T00:00:00", "2026-11-24T09:00:00", ["2026-11-23T10:30:00", "2026-11-24T00:00:00"]),
    ],
)
def test_times_that_came_due(after: str, until: str, found: list[str]) -> None:
    days, minutes = (1, 2, 3, 4, 5), (0, 10 * 60 + 30)
    assert due_between(days, minutes, SHANGHAI, us(after), us(until)) == [us(one) for one in found]


def test_the_next_and_the_last() -> None:
    friday_noon = us("2026-11-27T12:00:00")
    assert next_due((1,), (600,), SHANGHAI, friday_noon) == us("2026-11-30T10:00:00")
    assert last_due((1,), (600,), SHANGHAI, friday_noon) == us("2026-11-23T10:00:00")


def test_the_kitchens_clock_is_not_ours() -> None:
    midnight_there = us("2026-11-23T00:00:00")
    assert datetime.fromtimestamp(midnight_there / 1e6, UTC).isoweekday() == 7
    assert due_between((1,), (0,), SHANGHAI, midnight_there - 1, midnight_there) == [midnight_there]


def test_a_time_that_the_clock_leaves_out_comes_later_and_one_that_comes_twice_comes_once() -> None:
    berlin = "Europe/Berlin"
    spring = due_between((7,), (150,), berlin, us("2026-03-29T00:00:00", berlin), us("2026-03-29T23:00:00", berlin))
    assert [datetime.fromtimestamp(one / 1e6, UTC).hour for one in spring] == [1]
    autumn = due_between((7,), (150,), berlin, us("2026-10-25T00:00:00", berlin), us("2026-10-25T23:00:00", berlin))
    assert len(autumn) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"days": (0,)}, "bad_days"),
        ({"minutes": (1440,)}, "bad_times"),
        ({"time_zone": "Mars/Olympus"}, "no_such_time_zone"),
        ({"time_zone": "../../etc/passwd"}, "no_such_time_zone"),
    ],
)
def test_what_is_no_time_is_refused(wrong: dict[str, object], code: str) -> None:
    right = {"announcement": "a", "to": Addressed(), "days": (1,), "minutes": (0,), "made_by": "li"}
    require_times(ScheduleWanted.model_validate(right))
    with pytest.raises(RequestRefused) as refused:
        require_times(ScheduleWanted.model_validate(right | wrong))
    assert refused.value.code == code
