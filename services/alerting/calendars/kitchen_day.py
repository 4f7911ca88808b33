"""One day of one kitchen: whether it is open, why, and which hours it has. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.alerting.calendars.calendar_tree import SiteCalendar
from services.alerting.rules.kitchen_clock import CLOSED, OPEN
from shared.messages.calendars import DayReason, DayWindow
from shared.messages.rules import KitchenTime

_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class PublicDay:
    """What the country says of a day. `is_known` False: its year is not announced yet."""

    is_holiday: bool
    is_make_up: bool
    name: str = ""
    is_known: bool = True


PublicDayOf = Callable[[date], PublicDay]


@dataclass(frozen=True, slots=True)
class Day:
    """What applies on a day and why. `windows` None: no calendar says hours, the plan of each camera does."""

    is_open: bool
    reason: DayReason
    detail: str = ""
    decided_by: str | None = None
    windows: tuple[DayWindow, ...] | None = ()
    is_year_known: bool = True


def day_of(calendar: SiteCalendar, day: date, public_day: PublicDayOf) -> Day:
    """The nearest exceptional day decides, then the terms, then the country, then the week."""
    public = PublicDay(False, False) if calendar.public_holidays == "none" else public_day(day)
    known = public.is_known
    usual_as = calendar.make_up_as if public.is_make_up else day.isoweekday()
    for by, one in calendar.days:
        if one.from_day <= day <= one.to_day:
            if not one.is_open:
                return Day(False, "exceptional_day", one.reason, by, (), known)
            # Open on a day without hours of its own: those of the weekday of a make-up day.
            windows = one.windows if one.windows is not None else _windows(calendar, usual_as)
            if one.windows is None and windows == ():
                windows = _windows(calendar, calendar.make_up_as)
            return Day(True, "exceptional_day", one.reason, by, windows, known)
    if calendar.terms:
        term = next((one for one in calendar.terms if one.from_day <= day <= one.to_day), None)
        if term is None:
            return Day(False, "outside_terms", "", calendar.terms_by, (), known)
    if public.is_holiday:
        return Day(False, "public_holiday", public.name, None, (), known)
    windows = _windows(calendar, usual_as)
    if public.is_make_up:
        return Day(windows != (), "make_up_day", public.name, calendar.windows_by, windows, known)
    if windows == ():
        return Day(False, "no_hours_that_day", "", calendar.windows_by, (), known)
    return Day(True, "weekly_hours", "", calendar.windows_by, windows, known)


def parts_at(days: Callable[[date], Day], moment: datetime) -> frozenset[KitchenTime] | None:
    """Args: moment: on the kitchen's clock. Returns None where the plan of the camera says the hours of that day."""
    today = days(moment.date())
    if today.is_open and today.windows is None:
        return None
    minute = moment.hour * 60 + moment.minute
    yesterday = days(moment.date() - timedelta(days=1))
    found = _holding(today.windows or (), minute) | _holding(yesterday.windows or (), minute + _DAY)
    return OPEN | found if found else CLOSED


def _holding(windows: Sequence[DayWindow], minute: int) -> frozenset[KitchenTime]:
    return frozenset(one.part for one in windows if one.from_minute <= minute < _end(one))


def _end(window: DayWindow) -> int:
    return window.to_minute if window.from_minute < window.to_minute else window.to_minute + _DAY


def _windows(calendar: SiteCalendar, weekday: int) -> tuple[DayWindow, ...] | None:
    if calendar.windows is None:
        return None
    return tuple(one for one in calendar.windows if weekday in one.days)
