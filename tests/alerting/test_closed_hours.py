"""When kitchens are closed, as it is told ahead: the same minutes as alerting's own clock judges by."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from services.alerting.adapters.public_holidays import public_day
from services.alerting.calendars.calendar_tree import CalendarTree
from services.alerting.calendars.closed_hours import AHEAD_DAYS, HoursAhead, is_to_be_told
from services.alerting.rules.kitchen_clock import CLOSED
from shared.messages.calendars import DayWindow, ExceptionalDay, KitchenCalendar, KitchenHours
from tests.alerting.calendars import TERMS, WEEK, calendar, clock, us
from tests.alerting.facts import camera

MINUTE_US = 60_000_000
DAY_US = 24 * 60 * MINUTE_US
NOON = "2026-11-25 12:00"


def ahead(*calendars: KitchenCalendar) -> HoursAhead:
    tree = CalendarTree()
    for one in calendars:
        tree.changed(one.calendar, [one])
    return HoursAhead(tree, public_day)


def told(now: str, *calendars: KitchenCalendar, site: str = "school-1") -> KitchenHours:
    found = ahead(*calendars).of(site, us(now))
    assert found is not None
    return found


def closed_at(hours: KitchenHours, at_us: int) -> bool:
    return any(one.from_us <= at_us < one.to_us for one in hours.closed)


LATE = DayWindow(part="cleaning", days=(5, 6), from_minute=22 * 60, to_minute=2 * 60)


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Asia/Shanghai", "2026-09-24 09:00"),  # the national holiday, and Saturdays that are worked in its place
        ("Asia/Shanghai", "2026-06-28 09:00"),  # the term ends
        ("Europe/Berlin", "2026-03-24 09:00"),  # a day of 23 hours
        ("Europe/Berlin", "2026-10-20 09:00"),  # and of 25
        ("Australia/Lord_Howe", "2026-04-01 09:00"),  # by half an hour
        ("America/Sao_Paulo", "2026-12-24 09:00"),
    ],
)
def test_each_minute_is_as_the_clock_of_alerting_has_it(zone: str, begins: str) -> None:
    own = ExceptionalDay(from_day=date(2026, 10, 24), to_day=date(2026, 10, 25), is_open=True, windows=(LATE,))
    made = calendar(is_default=True, terms=TERMS, windows=(*WEEK, LATE), time_zone=zone, days=(own,))
    hours, judged = told(begins, made), clock(made)
    turns = [at_us for one in hours.closed for at_us in (one.from_us, one.to_us)]
    assert turns == sorted(set(turns)), "in order, and none touches the next"
    seen = set()
    for at_us in range(hours.from_us, hours.until_us, MINUTE_US):
        is_closed = judged.parts(camera(), at_us) == CLOSED
        assert closed_at(hours, at_us) == is_closed, datetime.fromtimestamp(at_us / 1e6, UTC)
        seen.add(is_closed)
    assert seen == {True, False}
    assert hours.until_us - us(begins) > AHEAD_DAYS * DAY_US - DAY_US
    assert hours.from_us < us(begins) - DAY_US + MINUTE_US


def test_calendars_without_hours_close_days_and_say_no_nights() -> None:
    holiday = ExceptionalDay(from_day=date(2026, 11, 28), to_day=date(2026, 11, 28), is_open=False)
    hours = told(NOON, calendar(sites=("school-1",), days=(holiday,), public_holidays="none"))
    assert not hours.has_hours
    assert [(one.from_us, one.to_us) for one in hours.closed] == [(us("2026-11-28 00:00"), us("2026-11-29 00:00"))]


def test_no_calendar_no_hours_and_the_newest_version_counts() -> None:
    assert ahead(calendar(sites=("school-2",), windows=WEEK)).of("school-1", us(NOON)) is None
    later = calendar(is_default=True, windows=(), version=2, from_us=us("2026-11-25 12:01"))
    tree = CalendarTree()
    tree.changed("district", [later, calendar(is_default=True, windows=WEEK)])
    found = HoursAhead(tree, public_day).of("school-1", us(NOON))
    assert found is not None
    assert [(one.from_us, one.to_us) for one in found.closed] == [(found.from_us, found.until_us)]
    tree.changed("district", [later.model_copy(update={"version": 3, "is_removed": True})])
    assert HoursAhead(tree, public_day).of("school-1", us(NOON)) is None


def test_it_is_told_again_where_it_says_something_else_or_ends_too_soon() -> None:
    hours = ahead(calendar(is_default=True, windows=WEEK, public_holidays="none"))
    now_us = us(NOON)
    first = hours.of("school-1", now_us)
    assert is_to_be_told(None, first, now_us)
    assert is_to_be_told(first, None, now_us)
    assert not is_to_be_told(None, None, now_us)
    for day in range(AHEAD_DAYS // 2 - 1):
        then_us = now_us + day * DAY_US
        assert not is_to_be_told(first, hours.of("school-1", then_us), then_us), "days go by, nothing else is said"
    late_us = now_us + (AHEAD_DAYS // 2 + 2) * DAY_US
    assert is_to_be_told(first, hours.of("school-1", late_us), late_us)
    other = ahead(calendar(is_default=True, windows=WEEK[1:], public_holidays="none")).of("school-1", now_us)
    assert is_to_be_told(first, other, now_us)
    past = ExceptionalDay(from_day=date(2026, 11, 24), to_day=date(2026, 11, 24), is_open=False)
    before = ahead(calendar(is_default=True, windows=WEEK, public_holidays="none", days=(past,))).of("school-1", now_us)
    assert not is_to_be_told(first, before, now_us), "what is over is of no use to anybody"
