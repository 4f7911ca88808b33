"""iCalendar files: what they say about kitchens, there and back again, and hostile ones refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice

import pytest
from dateutil import rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.adapters.icalendar_file import EVENTS_MAX, merged, read, written
from services.alerting.calendars.recurrence import Frequency, Recurrence
from shared.errors import RequestRefused
from shared.messages.calendars import ICAL_CHARACTERS_MAX, ExceptionalDay
from tests.alerting.calendars import TERMS, WEEK, calendar

TODAY = date(2026, 11, 25)
HOURS = "DTSTART:20261102T060000\nDTEND:20261102T110000\n"


def ical(*events: str) -> str:
    inner = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{inner}END:VCALENDAR\n"


def days(text: str) -> list[tuple[str, str, bool]]:
    found = read(text, TODAY, "closed").days
    return [(f"{one.from_day}", f"{one.to_day}", one.is_open) for one in found]


def test_whole_days_close_a_kitchen_unless_they_say_otherwise() -> None:
    text = ical(
        "DTSTART;VALUE=DATE:20261106\nSUMMARY:运动会",
        "DTSTART;VALUE=DATE:20261107\nDTEND;VALUE=DATE:20261109\nCATEGORIES:补课",
        "DTSTART;VALUE=DATE:20261201\nDURATION:P2D\nCATEGORIES:other,OPEN",
        "DTSTART;VALUE=DATE:20261224\nSTATUS:CANCELLED",
    )
    assert days(text) == [
        ("2026-11-06", "2026-11-06", False),
        ("2026-11-07", "2026-11-08", True),
        ("2026-12-01", "2026-12-02", True),
    ]
    found = read(text, TODAY, "skip")
    assert (len(found.days), found.skipped) == (2, 2)
    assert "it has no category of ours" in found.notes[0]


def test_days_that_come_again_with_exceptions_and_one_that_was_moved() -> None:
    text = ical(
        "UID:u\nDTSTART;VALUE=DATE:20261106\nRRULE:FREQ=WEEKLY;COUNT=5\nEXDATE;VALUE=DATE:20261113",
        "UID:u\nRECURRENCE-ID;VALUE=DATE:20261120\nDTSTART;VALUE=DATE:20261121",
        "DTSTART;VALUE=DATE:20261224\nRDATE;VALUE=DATE:20261230",
    )
    assert [one[0] for one in days(text)] == [
        "2026-11-06",
        "2026-11-21",
        "2026-11-27",
        "2026-12-04",
        "2026-12-24",
        "2026-12-30",
    ]


def test_what_never_ends_is_followed_for_two_years_only() -> None:
    found = days(ical("DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY"))
    assert [one[0] for one in found] == ["2026-01-01", "2027-01-01", "2028-01-01"]
    assert days(ical("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")) == []


def test_a_calendar_there_and_back_is_the_same() -> None:
    before = calendar(
        terms=TERMS,
        windows=(*WEEK, WEEK[0].model_copy(update={"days": (6, 7), "from_minute": 23 * 60, "to_minute": 60})),
        days=(
            ExceptionalDay(from_day=date(2026, 11, 6), to_day=date(2026, 11, 6), is_open=False, reason="运动会; a, b"),
            ExceptionalDay(from_day=date(2026, 11, 7), to_day=date(2026, 11, 8), is_open=True, reason="补课"),
        ),
    )
    text = written(before, "Asia/Shanghai", datetime(2026, 11, 25, tzinfo=UTC))
    found = read(text, TODAY, "skip")
    after = merged(calendar(), found, is_replacing=True)
    assert (after.days, after.terms, found.notes) == (before.days, before.terms, [])
    # A window without a label gets one: a file must call an event something.
    named = [one.model_copy(update={"label": one.label or one.part}) for one in before.windows or ()]
    assert sorted(after.windows or (), key=str) == sorted(named, key=str)


def test_merging_keeps_what_the_file_does_not_speak_of() -> None:
    other = ExceptionalDay(from_day=date(2026, 12, 1), to_day=date(2026, 12, 1), is_open=False)
    before = calendar(terms=TERMS, windows=WEEK, days=(other,))
    found = read(ical("DTSTART;VALUE=DATE:20261106"), TODAY, "closed")
    assert [one.from_day.day for one in merged(before, found, is_replacing=False).days] == [6, 1]
    assert [one.from_day.day for one in merged(before, found, is_replacing=True).days] == [6]
    assert merged(before, found, is_replacing=True).terms == TERMS


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("DTSTART:20261106T080000\nDTEND:20261106T090000", "hours and no category"),
        (f"{HOURS}CATEGORIES:SERVING", "come again every week"),
        (f"{HOURS}CATEGORIES:SERVING\nRRULE:FREQ=WEEKLY;COUNT=3", "without an end"),
        (f"{HOURS}CATEGORIES:SERVING\nRRULE:FREQ=MONTHLY", "come again every week"),
        ("DTSTART;VALUE=DATE:20261106\nRRULE:FREQ=SECONDLY", "more than once a day"),
        ("DTSTART;VALUE=DATE:20261106\nRRULE:FREQ=DAILY;BYSECOND=1,2,3", "BYSECOND"),
        ("DTSTART;VALUE=DATE:19700101\nRRULE:FREQ=DAILY", "20 years"),
        ("DTSTART;VALUE=DATE:20261106\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", "two rules"),
        ("DTSTART;VALUE=DATE:20261106\nDTEND;VALUE=DATE:20291106", "longer than 400 days"),
        ("SUMMARY:nothing", "RFC 5545"),
        ("DTSTART:nonsense", "RFC 5545"),
    ],
)
def test_events_that_say_nothing_are_named(event: str, why: str) -> None:
    found = read(ical(event), TODAY, "closed")
    assert (found.days, found.windows, found.skipped) == ([], [], 1)
    assert why in found.notes[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<html>", "does not begin with"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 20, "deep in each other"),
        ("BEGIN:VCALENDAR\nX:" + "a" * 30_000, "more than 20000 characters"),
        ("BEGIN:VCALENDAR\nX:a" + "\n a" * 20_000, "more than 20000 characters"),
        (ical(*["DTSTART;VALUE=DATE:20261106"] * (EVENTS_MAX + 1)), "more than 2000 events"),
        (ical(*["DTSTART;VALUE=DATE:20261106\nRRULE:FREQ=DAILY"] * 3), "exceptional days"),
        ("BEGIN:VCALENDAR\nnonsense without a colon\nEND:VCALENDAR", "cannot be read"),
    ],
)
def test_hostile_files_are_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(text, TODAY, "closed")
    assert why in str(refused.value)


def test_a_file_of_rules_that_never_hold_is_given_up_by_what_it_costs() -> None:
    never = "DTSTART;VALUE=DATE:20061201\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    assert read(ical(*[never] * 300), TODAY, "closed").days == []
    worst = ical(*[never + ";COUNT=1"] * 400)
    assert len(worst) < ICAL_CHARACTERS_MAX
    with pytest.raises(RequestRefused, match="too many events that come again"):
        read(worst, TODAY, "closed")


_NTH = st.tuples(st.sampled_from((0, 0, 1, 2, -1)), st.integers(0, 6))


@settings(max_examples=200, deadline=None)
@given(
    begins=st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    frequency=st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")),
    interval=st.integers(1, 4),
    count=st.none() | st.integers(1, 40),
    weekdays=st.lists(_NTH, max_size=3, unique=True),
    months=st.lists(st.integers(1, 12), max_size=3, unique=True),
    month_days=st.lists(st.sampled_from((1, 2, 15, 28, 31, -1, -3)), max_size=3, unique=True),
    week_starts=st.sampled_from((0, 6)),
)
def test_days_that_come_again_are_those_of_another_reader_of_rfc_5545(
    begins: date,
    frequency: Frequency,
    interval: int,
    count: int | None,
    weekdays: list[tuple[int, int]],
    months: list[int],
    month_days: list[int],
    week_starts: int,
) -> None:
    if frequency in ("DAILY", "WEEKLY"):
        weekdays = sorted({(0, day) for _, day in weekdays})
    # FR together with 1MO means both to RFC 5545 and neither to the other reader: not compared.
    weekdays = [one for one in weekdays if bool(one[0]) == bool(weekdays[0][0])]
    made = Recurrence(
        begins, frequency, interval, count, tuple(weekdays), tuple(months), tuple(month_days), week_starts
    )
    last = begins + timedelta(days=900)
    named = [rrule.weekday(day, nth or None) for nth, day in weekdays]
    theirs = rrule.rrule(
        getattr(rrule, frequency),
        dtstart=datetime.combine(begins, datetime.min.time()),
        interval=interval,
        count=count,
        byweekday=named or None,
        bymonth=months or None,
        bymonthday=month_days or None,
        wkst=week_starts,
    )
    # Theirs looks for what never comes until the year 9999; what is compared is what ours finds, and no more.
    ours = [day for day, is_one in made.days(begins, last) if is_one]
    if not ours:
        return
    found = []
    for moment in islice(theirs, len(ours)):
        found.append(moment.date())
    assert ours == found


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from('BEGIN:VEVTNDSTAR;=\n ,0129T-RULECOXPZ\\"FQWKY'), max_size=300))
def test_noise_is_refused_or_skipped_and_nothing_else(noise: str) -> None:
    for text in (noise, ical(noise), ical("DTSTART;VALUE=DATE:20261106\nRRULE:" + noise), ical("DTSTART:" + noise)):
        try:
            read(text, TODAY, "closed")
        except RequestRefused:
            continue
