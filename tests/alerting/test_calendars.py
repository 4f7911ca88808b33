"""Kitchens' calendars without I/O: inheritance, holidays, a year across changes of the clocks, versions in force."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from services.alerting.adapters.public_holidays import public_day
from services.alerting.calendars.calendar_check import check, check_removal
from services.alerting.calendars.calendar_clock import CalendarClock
from services.alerting.calendars.calendar_tree import CalendarTree, next_force_us
from services.alerting.rules.camera_watch import CameraWatch
from services.alerting.rules.kitchen_clock import PlanClock
from shared.errors import RequestRefused
from shared.messages.calendars import DayWindow, ExceptionalDay
from tests.alerting.calendars import TERMS, WEEK, calendar, clock, us
from tests.alerting.facts import NIGHT, camera, frame, no_mask, person

DISTRICT = calendar(is_default=True, terms=TERMS, windows=WEEK)
SCHOOL = calendar(
    "school-1",
    parent="district",
    sites=("school-1",),
    days=(
        ExceptionalDay(from_day=date(2026, 11, 6), to_day=date(2026, 11, 6), is_open=False, reason="sports day"),
        ExceptionalDay(from_day=date(2026, 11, 7), to_day=date(2026, 11, 7), is_open=True, reason="instead of it"),
        ExceptionalDay(
            from_day=date(2026, 8, 20),
            to_day=date(2026, 8, 21),
            is_open=True,
            reason="trial cooking",
            windows=(DayWindow(part="serving", from_minute=600, to_minute=660),),
        ),
    ),
)


@pytest.mark.parametrize(
    ("moment", "parts"),
    [
        ("2026-11-25 10:59", {"open", "preparing"}),
        ("2026-11-25 11:00", {"open", "serving"}),
        ("2026-11-25 15:00", {"closed"}),
        ("2026-11-28 11:00", {"closed"}),  # a Saturday
        ("2026-10-01 11:00", {"closed"}),  # the national holiday
        ("2026-10-10 11:00", {"open", "serving"}),  # a Saturday that is worked in its place
        ("2026-07-20 11:00", {"closed"}),  # between terms
        ("2026-11-06 11:00", {"closed"}),  # its own day
        ("2026-11-07 11:00", {"open", "serving"}),  # a Saturday, open even so: hours of a make-up day
        ("2026-08-20 10:30", {"open", "serving"}),  # open between terms, with hours of its own
        ("2026-08-20 11:30", {"closed"}),
    ],
)
def test_what_part_of_the_day_it_is(moment: str, parts: set[str]) -> None:
    assert clock(DISTRICT, SCHOOL).parts(camera(), us(moment)) == parts


@pytest.mark.parametrize(
    ("day", "reason", "by", "detail"),
    [
        (date(2026, 11, 6), "exceptional_day", "school-1", "sports day"),
        (date(2026, 7, 20), "outside_terms", "district", ""),
        (date(2026, 10, 1), "public_holiday", None, "National Day"),
        (date(2026, 10, 10), "make_up_day", "district", "National Day"),
        (date(2026, 11, 28), "no_hours_that_day", "district", ""),
        (date(2026, 11, 25), "weekly_hours", "district", ""),
    ],
)
def test_why(day: date, reason: str, by: str | None, detail: str) -> None:
    found = clock(DISTRICT, SCHOOL).day("school-1", day, 0)
    assert (found.reason, found.decided_by, found.detail) == (reason, by, detail)
    assert found.calendars == ("school-1 at 1", "district at 1")
    assert found.stretches[-1].to_us - found.stretches[0].from_us == 24 * 3_600_000_000


def test_another_kitchen_follows_the_default_and_without_any_the_plan_of_its_cameras() -> None:
    other = camera("cook-9", site="school-9", working=(NIGHT,))
    assert clock(DISTRICT, SCHOOL).parts(other, us("2026-11-06 11:00")) == {"open", "serving"}
    assert clock(SCHOOL.model_copy(update={"parent": None})).parts(other, us("2026-11-06 11:00")) == {"open"}
    assert clock().day("school-9", date(2026, 11, 6), 0).reason == "no_calendar"


def test_days_that_a_calendar_closes_are_closed_and_the_plan_says_the_hours_of_others() -> None:
    only_days = calendar("school-1", sites=("school-1",))
    there = camera(working=(NIGHT,))
    assert clock(only_days).parts(there, us("2026-11-25 07:00")) == {"open"}
    assert clock(only_days).parts(there, us("2026-11-25 05:00")) == {"closed"}
    assert clock(only_days).parts(there, us("2026-10-01 07:00")) == {"closed"}


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin() -> None:
    late = DayWindow(part="cleaning", days=(5,), from_minute=22 * 60, to_minute=2 * 60)
    found = clock(calendar(is_default=True, windows=(late,)))
    assert found.parts(camera(), us("2026-11-28 01:59")) == {"open", "cleaning"}  # Saturday morning
    assert found.parts(camera(), us("2026-11-28 02:00")) == {"closed"}
    assert found.parts(camera(), us("2026-11-27 01:00")) == {"closed"}
    # The Friday is a holiday: neither its evening nor the night after it.
    assert found.parts(camera(), us("2026-10-03 01:00")) == {"closed"}


def test_a_year_that_is_not_announced_goes_by_the_week_and_says_so() -> None:
    assert not public_day(date(2040, 10, 1)).is_known
    found = clock(calendar(is_default=True, windows=WEEK)).day("school-1", date(2040, 10, 1), 0)
    assert (found.is_open, found.reason, found.is_year_known) == (True, "weekly_hours", False)
    none = clock(calendar(is_default=True, windows=WEEK, public_holidays="none"))
    assert none.day("school-1", date(2040, 10, 1), 0).is_year_known


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Asia/Shanghai", "Australia/Lord_Howe"])
def test_every_half_hour_of_a_year_is_as_counted_slowly(zone: str) -> None:
    """With summer time, and a zone that moves by half an hour: the kitchen's own clock and week decide."""
    found = clock(calendar(is_default=True, windows=WEEK, time_zone=zone, public_holidays="none", terms=TERMS))
    there, own = camera(), ZoneInfo(zone)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    opened = 0
    for _ in range(365 * 48):
        local = moment.astimezone(own)
        minute = local.hour * 60 + local.minute
        in_term = any(term.from_day <= local.date() <= term.to_day for term in TERMS)
        slow = {
            part.part
            for part in WEEK
            if in_term and local.isoweekday() in part.days and part.from_minute <= minute < part.to_minute
        }
        assert found.parts(there, round(moment.timestamp() * 1e6)) == ({"open", *slow} if slow else {"closed"}), local
        opened += bool(slow)
        moment += timedelta(minutes=30)
    assert opened > 3000


def test_a_year_in_china_is_as_the_state_council_has_announced_it() -> None:
    """Every quarter of an hour of 2026 in Shanghai, with what is closed and what is worked in its place."""
    found, there = clock(calendar(is_default=True, windows=WEEK)), camera()
    moment = datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    days: dict[str, set[date]] = {"holiday": set(), "made up": set()}
    for _ in range(365 * 96):
        is_worked = chinese_calendar.is_workday(moment.date())
        minute = moment.hour * 60 + moment.minute
        slow = {part.part for part in WEEK if is_worked and part.from_minute <= minute < part.to_minute}
        assert found.parts(there, round(moment.timestamp() * 1e6)) == ({"open", *slow} if slow else {"closed"}), moment
        if is_worked != (moment.isoweekday() < 6):
            days["made up" if is_worked else "holiday"].add(moment.date())
        moment += timedelta(minutes=15)
    assert (len(days["made up"]), len(days["holiday"]) > 15) == (6, True)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_in_which_the_clocks_change_is_shown_whole(day: date, hours: int) -> None:
    night = DayWindow(part="cleaning", days=(7,), from_minute=60, to_minute=240)
    found = clock(calendar(is_default=True, windows=(night,), time_zone="Europe/Berlin", public_holidays="none"))
    shown = found.day("school-1", day, 0).stretches
    assert (shown[-1].to_us - shown[0].from_us) // 3_600_000_000 == hours
    assert all(one.to_us == after.from_us for one, after in pairwise(shown))
    opened = sum(one.to_us - one.from_us for one in shown if "cleaning" in one.parts) // 3_600_000_000
    assert opened == (0 if hours == 24 else hours - 21)


def test_a_fact_is_judged_by_the_version_of_its_own_moment() -> None:
    """Whoever judges it and whenever: a worker that hears of a change later, or reads the past again."""
    changed_us = us("2026-11-25 12:00")
    later = DISTRICT.model_copy(update={"version": 2, "windows": (), "from_us": changed_us})
    gone = later.model_copy(update={"version": 3, "is_removed": True, "from_us": us("2026-11-25 12:30")})
    tree = CalendarTree()
    found = CalendarClock(tree, PlanClock(), public_day)
    tree.changed("district", [DISTRICT])
    before = found.parts(camera(), changed_us - 1)
    tree.changed("district", [gone, later, DISTRICT])
    assert found.parts(camera(), changed_us - 1) == before == {"open", "serving"}
    assert found.parts(camera(), changed_us) == {"closed"}
    assert found.parts(camera(), us("2026-11-25 12:30")) == {"open"}, "removed: by the plans again"
    assert found.parts(camera(), changed_us - 1) == before


def test_what_changes_now_counts_from_a_whole_minute_a_little_ahead() -> None:
    at = next_force_us(us("2026-11-25 12:00:58"))
    assert at == us("2026-11-25 12:02")
    assert next_force_us(us("2026-11-25 12:00:10")) == us("2026-11-25 12:01")


def test_a_rule_follows_the_calendar() -> None:
    rule = no_mask(when=("preparing",))
    watch = CameraWatch(camera(), [rule], clock(DISTRICT, SCHOOL))
    raised = []
    for start in ("2026-11-25 10:50", "2026-11-25 12:00", "2026-11-06 10:50"):
        for second in range(5):
            raised += watch.frame(frame(second, [person(mask=0.02)], start_us=us(start)))
    assert [change.incident.first_us for change in raised if change.happening == "raised"] == [us("2026-11-25 10:50")]


def test_units_are_the_nearest_calendar_of_several_kitchens() -> None:
    tree = CalendarTree()
    for one in (calendar(), SCHOOL, calendar("school-2", parent="district", sites=("school-2", "school-3"))):
        tree.changed(one.calendar, [one])
    assert tree.unit_of("school-1", 0) == "district"
    assert tree.unit_of("school-2", 0) == "school-2"
    assert tree.unit_of("elsewhere", 0) is None
    assert tree.sites_below("district", 0) == {"school-1", "school-2", "school-3"}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"title": {"en": "x"}}, "no name in zh-CN"),
        ({"time_zone": "Mars/Olympus"}, "no IANA time zone"),
        ({"parent": "nowhere"}, "no calendar 'nowhere'"),
        ({"parent": "made"}, "above itself"),
        ({"sites": ("school-1",)}, "has the calendar school-1"),
        ({"is_default": True}, "district is the default"),
        ({"windows": ({"part": "serving", "from_minute": 60, "to_minute": 60},)}, "ends when it begins"),
        ({"windows": ({"part": "serving", "days": (0,), "from_minute": 60, "to_minute": 61},)}, "1 (Monday)"),
        ({"terms": ({"from_day": "2026-09-01", "to_day": "2026-08-01"},)}, "ends before it begins"),
        ({"days": ({"from_day": "2026-09-01", "to_day": "2028-08-01", "is_open": False},)}, "not within"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_refused_in_words(more: dict[str, object], says: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        check(calendar("made", **more), [DISTRICT, SCHOOL])
    assert says in str(refused.value)


def test_calendars_are_not_stacked_without_end_nor_removed_from_under_others() -> None:
    chain = [calendar("c0")] + [calendar(f"c{n}", parent=f"c{n - 1}") for n in range(1, 8)]
    with pytest.raises(RequestRefused, match="More than 8"):
        check(calendar("c8", parent="c7"), chain)
    with pytest.raises(RequestRefused, match="below it"):
        check(calendar("c0", parent="top"), [*chain, calendar("top")])
    with pytest.raises(RequestRefused, match="Calendars inherit from it"):
        check_removal("district", [DISTRICT, SCHOOL])
    check_removal("school-1", [DISTRICT, SCHOOL])
