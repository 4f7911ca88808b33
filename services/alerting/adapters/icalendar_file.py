"""Calendars as iCalendar files (RFC 5545), read and written. Hostile files are refused in words and within bounds.

What an event means for a kitchen is said by its category: TERM, CLOSED, OPEN for whole days; PREPARING, SERVING,
CLEANING for hours that come again every week. Whole days without one mean what whoever imports says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import icalendar

from services.alerting.calendars.recurrence import WEEKDAYS, Recurrence, weekday_of
from shared.errors import RequestRefused
from shared.messages.calendars import DAYS_MAX, DayPart, DayWindow, ExceptionalDay, KitchenCalendar, Term

EVENTS_MAX = 2000
OCCURRENCES_MAX = 1000
_NESTING_MAX = 8
_LINE_MAX = 20_000
# = how far back an event that comes again may have begun, and how far ahead it is followed
_BEGAN_DAYS = 20 * 366
_AHEAD_DAYS = 2 * 366
_BEHIND_DAYS = 366
# = how many days are looked at for all events of a file that come again: a few seconds of one core
_LOOKED_MAX = 2_500_000
_NOTES = 20
# Parts of a rule that cannot be followed cheaply (BYSECOND, BYYEARDAY, …) are refused.
_RULE_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "WKST"}
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_PARTS: dict[str, DayPart] = {"PREPARING": "preparing", "SERVING": "serving", "CLEANING": "cleaning"}
_OPEN = {"OPEN", "WORKDAY", "上课", "补课", "上班"}
_CLOSED = {"CLOSED", "HOLIDAY", "放假", "休息"}
_TERM = {"TERM", "学期"}


@dataclass(slots=True)
class Read:
    """What a file says about kitchens."""

    days: list[ExceptionalDay] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    windows: list[DayWindow] = field(default_factory=list)
    skipped: int = 0
    notes: list[str] = field(default_factory=list)
    looked: int = 0

    def skip(self, event: Any, why: str) -> None:
        self.skipped += 1
        if len(self.notes) < _NOTES:
            self.notes.append(f"{_text(event, 'SUMMARY')[:60] or 'an event without a name'}: {why}")


class _CannotUse(Exception):
    """Why one event says nothing about a kitchen's day."""


def read(text: str, today: date, unnamed: Literal["closed", "open", "skip"]) -> Read:
    """Raises RequestRefused (422). Args: today: events that come again are followed around it."""
    _check_form(text)
    try:
        calendar = icalendar.Calendar.from_ical(text)
        events = list(calendar.walk("VEVENT"))
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise _refused(f"It cannot be read: {str(error)[:200] or type(error).__name__}.") from error
    if len(events) > EVENTS_MAX:
        raise _refused(f"It holds {len(events)} events; at most {EVENTS_MAX} are read. Split it.")
    made = Read()
    moved = {(_text(each, "UID"), _day(each, "RECURRENCE-ID")) for each in events if each.get("RECURRENCE-ID")}
    for event in events:
        try:
            _read_event(event, made, today, unnamed, moved)
        except _CannotUse as why:
            made.skip(event, str(why))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            made.skip(event, f"it is not as RFC 5545 says ({str(error)[:80] or type(error).__name__})")
        if len(made.days) > DAYS_MAX:
            raise _refused(f"It names more than {DAYS_MAX} exceptional days. Leave old ones out.")
    made.days.sort(key=lambda one: (one.from_day, one.to_day, one.reason))
    made.terms.sort(key=lambda one: (one.from_day, one.to_day))
    return made


def merged(before: KitchenCalendar, found: Read, *, is_replacing: bool) -> KitchenCalendar:
    """The calendar with what the file says. Terms and hours that the file does not speak of stay."""
    new = {(one.from_day, one.to_day) for one in found.days}
    kept = () if is_replacing else tuple(one for one in before.days if (one.from_day, one.to_day) not in new)
    days = tuple(sorted((*kept, *found.days), key=lambda one: (one.from_day, one.to_day)))
    if len(days) > DAYS_MAX or len(found.terms) > 50 or len(found.windows) > 50:
        raise _refused(f"A calendar holds at most {DAYS_MAX} days, 50 terms and 50 hours. Import with `replace`.")
    return before.model_copy(
        update={
            "days": days,
            "terms": tuple(found.terms) or before.terms,
            "windows": tuple(found.windows) or before.windows,
        }
    )


def written(calendar: KitchenCalendar, zone: str, now: datetime) -> str:
    """The calendar's own days, terms and hours; what it inherits is in the files of those above it."""
    made = icalendar.Calendar()
    made.add("prodid", "-//Bright Kitchen//kitchen calendar//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", calendar.title.get("zh-CN") or calendar.calendar)
    for number, term in enumerate(calendar.terms or ()):
        made.add_component(_whole_days(calendar, f"term-{number}", term.from_day, term.to_day, term.label, "TERM", now))
    for number, day in enumerate(calendar.days):
        category = "OPEN" if day.is_open else "CLOSED"
        made.add_component(_whole_days(calendar, f"day-{number}", day.from_day, day.to_day, day.reason, category, now))
    for number, window in enumerate(calendar.windows or ()):
        made.add_component(_weekly(calendar, f"hours-{number}", window, zone, now))
    text: bytes = made.to_ical()
    return text.decode()


def _check_form(text: str) -> None:
    """Before a parser sees it: no line, no nesting and no number of events that costs more than it can mean."""
    if not text.lstrip("\ufeff \r\n").upper().startswith("BEGIN:VCALENDAR"):
        raise _refused("It does not begin with BEGIN:VCALENDAR: export the calendar as iCalendar (.ics).")
    depth, events, length = 0, 0, 0
    for line in text.splitlines():
        # RFC 5545, 3.1: a line that begins with white space goes on with the one before.
        length = length + len(line) if line[:1] in (" ", "\t") else len(line)
        if length > _LINE_MAX:
            raise _refused(f"It holds a line of more than {_LINE_MAX} characters.")
        begun = line[:20].upper()
        if begun.startswith("BEGIN:"):
            depth += 1
            events += begun.startswith("BEGIN:VEVENT")
            if depth > _NESTING_MAX:
                raise _refused(f"Its parts lie more than {_NESTING_MAX} deep in each other.")
        elif begun.startswith("END:"):
            depth -= 1
        if events > EVENTS_MAX:
            raise _refused(f"It holds more than {EVENTS_MAX} events. Split it.")


def _read_event(event: Any, made: Read, today: date, unnamed: str, moved: set[tuple[str, date]]) -> None:
    if _text(event, "STATUS").upper() == "CANCELLED":
        raise _CannotUse("it is cancelled")
    names = _categories(event)
    begins, ends = event.decoded("DTSTART"), _end(event)
    part = next((_PARTS[name] for name in names if name in _PARTS), None)
    if part is not None:
        made.windows.append(_window(event, part, begins, ends))
        return
    if isinstance(begins, datetime):
        raise _CannotUse("it has hours and no category of ours (PREPARING, SERVING, CLEANING)")
    last = ends - timedelta(days=1) if ends > begins else begins
    label = _text(event, "SUMMARY")
    if names & _TERM:
        made.terms.append(Term(label=label[:60], from_day=begins, to_day=last))
        return
    if names & _OPEN:
        is_open = True
    elif names & _CLOSED or unnamed == "closed":
        is_open = False
    elif unnamed == "open":
        is_open = True
    else:
        raise _CannotUse("it has no category of ours (TERM, OPEN, CLOSED)")
    length = last - begins
    if length.days >= 400:
        raise _CannotUse("it lasts longer than 400 days")
    for first in _occurrences(event, made, begins, today, moved):
        made.days.append(ExceptionalDay(from_day=first, to_day=first + length, is_open=is_open, reason=label[:200]))


def _window(event: Any, part: DayPart, begins: Any, ends: Any) -> DayWindow:
    """Hours that come again every week."""
    rule = event.get("RRULE")
    if not isinstance(begins, datetime) or not isinstance(ends, datetime):
        raise _CannotUse("hours need a time at which they begin and end")
    if isinstance(rule, list) or rule is None or _first(rule, "FREQ") not in ("WEEKLY", "DAILY"):
        raise _CannotUse("hours need to come again every week (RRULE:FREQ=WEEKLY)")
    if _first(rule, "INTERVAL") not in (None, 1) or any(_first(rule, name) is not None for name in ("COUNT", "UNTIL")):
        raise _CannotUse("hours come every week without an end: leave INTERVAL, COUNT and UNTIL out")
    if not timedelta(0) < ends - begins < timedelta(days=1):
        raise _CannotUse("hours last less than a day")
    named = [str(one) for one in rule.get("BYDAY", [])]
    if _first(rule, "FREQ") == "DAILY":
        named = named or list(WEEKDAYS)
    if any(one not in WEEKDAYS for one in named):
        raise _CannotUse("BYDAY names weekdays alone (MO, TU, …)")
    days = tuple(WEEKDAYS.index(one) + 1 for one in named) or (begins.isoweekday(),)
    label = _text(event, "SUMMARY")[:60]
    return DayWindow(
        part=part,
        label=label,
        days=tuple(sorted(set(days))),
        from_minute=begins.hour * 60 + begins.minute,
        to_minute=ends.hour * 60 + ends.minute,
    )


def _occurrences(event: Any, made: Read, begins: date, today: date, moved: set[tuple[str, date]]) -> Iterator[date]:
    """On which days it begins; one that comes again from a year ago until two years ahead."""
    left_out = set(_dates(event, "EXDATE"))
    if not event.get("RECURRENCE-ID"):
        uid = _text(event, "UID")
        left_out |= {day for id, day in moved if id == uid}
    days = {begins, *_dates(event, "RDATE")}
    rule = event.get("RRULE")
    if rule is not None:
        if isinstance(rule, list):
            raise _CannotUse("it has two rules by which it comes again")
        days = {*_dates(event, "RDATE"), *_followed(rule, begins, today, made)}
    elif len(days) > OCCURRENCES_MAX:
        raise _CannotUse(f"it names more than {OCCURRENCES_MAX} dates")
    yield from sorted(days - left_out)


def _followed(rule: Any, begins: date, today: date, made: Read) -> list[date]:
    unknown = {name.upper() for name in rule} - _RULE_PARTS
    if unknown:
        raise _CannotUse(f"it comes again by {', '.join(sorted(unknown))[:60]}, which is not followed")
    if begins < today - timedelta(days=_BEGAN_DAYS):
        raise _CannotUse("it comes again and began more than 20 years ago")
    horizon = today + timedelta(days=_AHEAD_DAYS)
    until = _first(rule, "UNTIL")
    last = min(horizon, until.date() if isinstance(until, datetime) else until) if until is not None else horizon
    found: list[date] = []
    for day, is_one in _recurrence(rule, begins).days(today - timedelta(days=_BEHIND_DAYS), last):
        made.looked += 1
        if is_one:
            found.append(day)
        if len(found) > OCCURRENCES_MAX:
            raise _CannotUse(f"it comes more than {OCCURRENCES_MAX} times in three years")
        if made.looked > _LOOKED_MAX:
            raise _refused("It holds too many events that come again. Split it.")
    return found


def _recurrence(rule: Any, begins: date) -> Recurrence:
    frequency = _first(rule, "FREQ")
    if frequency not in _FREQUENCIES:
        raise _CannotUse("it comes again more than once a day")
    weekdays = [weekday_of(str(one)) for one in rule.get("BYDAY", ())]
    starts = weekday_of(str(_first(rule, "WKST") or "MO"))
    interval, count = int(_first(rule, "INTERVAL") or 1), _first(rule, "COUNT")
    if None in weekdays or starts is None or interval < 1:
        raise _CannotUse("the rule by which it comes again is not as RFC 5545 says")
    return Recurrence(
        begins,
        frequency,
        interval,
        None if count is None else int(count),
        tuple(one for one in weekdays if one is not None),
        tuple(int(one) for one in rule.get("BYMONTH", ())),
        tuple(int(one) for one in rule.get("BYMONTHDAY", ())),
        starts[1],
    )


def _end(event: Any) -> Any:
    """RFC 5545, 3.6.1: without DTEND and DURATION a whole day lasts one day, a moment none."""
    begins = event.decoded("DTSTART")
    if event.get("DTEND") is not None:
        ends = event.decoded("DTEND")
        if isinstance(ends, datetime) != isinstance(begins, datetime):
            raise _CannotUse("DTSTART and DTEND are not of one kind")
        return ends
    if event.get("DURATION") is not None:
        return begins + event.decoded("DURATION")
    return begins if isinstance(begins, datetime) else begins + timedelta(days=1)


def _categories(event: Any) -> set[str]:
    found = event.get("CATEGORIES")
    some: Sequence[Any] = found if isinstance(found, list) else [] if found is None else [found]
    return {str(name).strip().upper() for one in some for name in getattr(one, "cats", [one])}


def _dates(event: Any, name: str) -> Iterable[date]:
    found = event.get(name)
    for each in found if isinstance(found, list) else [] if found is None else [found]:
        for one in each.dts:
            if isinstance(one.dt, tuple):
                raise _CannotUse(f"{name} names a period, not a date")
            yield one.dt.date() if isinstance(one.dt, datetime) else one.dt


def _day(event: Any, name: str) -> date:
    try:
        found = event.decoded(name)
    except (ValueError, TypeError, AttributeError):
        return date.min
    return found.date() if isinstance(found, datetime) else found if isinstance(found, date) else date.min


def _first(rule: Any, name: str) -> Any:
    found = rule.get(name)
    return found[0] if isinstance(found, list) and found else found or None


def _text(event: Any, name: str) -> str:
    found = event.get(name)
    return "" if found is None or isinstance(found, list) else str(found)


def _whole_days(
    calendar: KitchenCalendar, name: str, begins: date, last: date, label: str, category: str, now: datetime
) -> icalendar.Event:
    event = _event(calendar, name, label or category.lower(), category, now)
    event.add("dtstart", begins)
    event.add("dtend", last + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    return event


def _weekly(calendar: KitchenCalendar, name: str, window: DayWindow, zone: str, now: datetime) -> icalendar.Event:
    event = _event(calendar, name, window.label or window.part, window.part.upper(), now)
    # The first such day of this year: from then on every week.
    monday = date.fromisocalendar(now.year, 1, 1)
    begins = datetime.combine(monday + timedelta(days=min(window.days) - 1), time()) + timedelta(
        minutes=window.from_minute
    )
    minutes = (window.to_minute - window.from_minute) % (24 * 60)
    # Without a zone, as RFC 5545 calls it floating: on the kitchen's own clock, which X-WR-TIMEZONE names.
    event.add("dtstart", begins)
    event.add("dtend", begins + timedelta(minutes=minutes))
    event.add("rrule", {"freq": "weekly", "byday": [WEEKDAYS[day - 1] for day in sorted(window.days)]})
    event.add("x-bk-time-zone", zone)
    return event


def _event(calendar: KitchenCalendar, name: str, label: str, category: str, now: datetime) -> icalendar.Event:
    event = icalendar.Event()
    event.add("uid", f"{calendar.calendar}-{name}@bright-kitchen")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("summary", label)
    event.add("categories", [category])
    return event


def _refused(what: str) -> RequestRefused:
    return RequestRefused("calendar_file_refused", what, status=422)
