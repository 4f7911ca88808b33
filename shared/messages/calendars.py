"""The calendar of kitchens: terms, meals, holidays and exceptional days, and what applies on one day."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shared.messages.base import Message
from shared.messages.rules import KitchenTime, Token

# Parts of an open day that have hours of their own.
DayPart = Literal["preparing", "serving", "cleaning"]
PublicHolidays = Literal["china", "none"]
# = base64 is not needed: iCalendar is text
ICAL_CHARACTERS_MAX = 512_000
DAYS_MAX = 1500
DayReason = Literal[
    "exceptional_day",
    "outside_terms",
    "public_holiday",
    "make_up_day",
    "weekly_hours",
    "no_hours_that_day",
    "no_calendar",
]
Minute = Annotated[int, Field(ge=0, le=1439, description="minutes after midnight, on the kitchen's clock")]
_US = "UTC microseconds"


class DayWindow(Message):
    """One part of an open day. A window that ends before it begins ends on the next day."""

    part: DayPart
    label: str = Field("", max_length=60, description="such as breakfast, 午餐")
    days: tuple[int, ...] = Field(
        (1, 2, 3, 4, 5), max_length=7, description="ISO weekdays on which it begins: 1 is Monday; unread in a day's own"
    )
    from_minute: Minute
    to_minute: Minute


class Term(Message):
    """A time of the year in which the kitchen works, both days included."""

    label: str = Field("", max_length=60)
    from_day: date
    to_day: date


class ExceptionalDay(Message):
    """Some days on which it is otherwise: closed, or open even so, both days included."""

    from_day: date
    to_day: date
    is_open: bool
    reason: str = Field("", max_length=200)
    windows: tuple[DayWindow, ...] | None = Field(
        None, max_length=20, description="open: its own hours; None: as usual"
    )


class KitchenCalendar(Message):
    """One calendar: of the kitchens it names and of every calendar below it. None: as the calendar above says."""

    calendar: Token
    version: int = Field(1, ge=1)
    title: dict[str, str] = Field(description="by language: zh-CN, en")
    parent: Token | None = Field(None, description="the calendar above; days there hold here unless they are here too")
    sites: tuple[Token, ...] = Field((), max_length=5000, description="kitchens it is the calendar of")
    is_default: bool = Field(False, description="also of all kitchens that no calendar names")
    time_zone: str | None = Field(None, description="IANA name of the kitchens' clock")
    public_holidays: PublicHolidays | None = Field(
        None, description="china: closed on public holidays, open on the days worked in their place"
    )
    make_up_as: int | None = Field(None, ge=1, le=7, description="weekday whose hours a make-up day has; 1 at first")
    terms: tuple[Term, ...] | None = Field(None, max_length=50, description="empty: it works all year")
    windows: tuple[DayWindow, ...] | None = Field(
        None, max_length=50, description="of a usual week; none anywhere: the working hours of its cameras' plans"
    )
    days: tuple[ExceptionalDay, ...] = Field((), max_length=DAYS_MAX)
    from_us: int = Field(0, description=f"in force since; a whole minute, {_US}")
    is_removed: bool = False


class CalendarVersions(Message):
    """KV bucket `calendars`, key = calendar: the versions that facts still there may be judged by, newest first."""

    items: tuple[KitchenCalendar, ...]


class ClosedHours(Message):
    """From when until when a kitchen is closed."""

    from_us: int
    to_us: int


class KitchenHours(Message):
    """KV bucket `kitchen_hours`, key = site: when its kitchen is closed, as its calendars say; no calendar: no key.

    Written by the alerting worker that holds `site_shard`, anew long before `until_us`; the detector keeps its night
    watch by it where a camera's plan has no working hours.
    """

    site: str
    from_us: int = Field(description=f"what it speaks of begins, {_US}")
    until_us: int = Field(description="and ends: who still reads it then has no word of alerting any more")
    closed: tuple[ClosedHours, ...] = Field((), description="in order, none touches the next")
    has_hours: bool = Field(
        True, description="false: calendars close some days and say no hours of the others: no word of their nights"
    )


class CalendarsWanted(Message):
    """Command `calendars`: every calendar in force; with an id every version of that one, newest first."""

    calendar: str | None = None


class CalendarVersion(Message):
    """One version of a calendar, and who made it."""

    calendar: KitchenCalendar
    changed_by: str
    changed_us: int


class CalendarList(Message):
    """Answer of `calendars`, `calendar_put` and `calendar_remove`."""

    items: tuple[CalendarVersion, ...] = ()


class CalendarPut(Message):
    """Command `calendar_put`: in force within two minutes. Its `version` is the one it was made from."""

    calendar: KitchenCalendar
    by: str


class CalendarRemove(Message):
    """Command `calendar_remove`: its kitchens follow the default again. Its versions stay."""

    calendar: str
    by: str


class CalendarImport(Message):
    """Command `calendar_import`: an iCalendar file (RFC 5545) into a calendar that is there."""

    calendar: str
    text: str = Field(max_length=ICAL_CHARACTERS_MAX)
    mode: Literal["merge", "replace"] = Field("merge", description="replace: days that the file does not name go")
    unnamed: Literal["closed", "open", "skip"] = Field(
        "closed", description="what an all-day event without a category of ours means"
    )
    is_trial: bool = Field(False, description="only tell what would be")
    by: str


class CalendarImported(Message):
    """Answer of `calendar_import`."""

    calendar: KitchenCalendar = Field(description="as it is now, or would be")
    days: int = Field(description="exceptional days found")
    terms: int
    windows: int
    skipped: int = Field(description="events that say nothing about a kitchen's day")
    notes: tuple[str, ...] = Field((), description="why, of the first 20")


class CalendarRef(Message):
    """Command `calendar_export`: as an iCalendar file."""

    calendar: str


class CalendarFile(Message):
    """Answer of `calendar_export`."""

    text: str


class KitchenDayWanted(Message):
    """Command `kitchen_day`: what applies at this kitchen on this date."""

    site: str
    day: date


class DayStretch(Message):
    """From when until when which parts of the day it is."""

    from_us: int
    to_us: int
    parts: tuple[KitchenTime, ...]


class KitchenDay(Message):
    """Answer of `kitchen_day`: what applies and why."""

    site: str
    day: date
    time_zone: str
    is_open: bool
    reason: DayReason
    detail: str = Field("", description="the name of the holiday, the term, the reason of the exceptional day")
    decided_by: str | None = Field(None, description="the calendar that says so")
    calendars: tuple[str, ...] = Field((), description="`id` at its version, from the kitchen's own upwards")
    is_year_known: bool = Field(True, description="false: the holidays of this year are not announced to us yet")
    windows: tuple[DayWindow, ...] = ()
    stretches: tuple[DayStretch, ...] = Field((), description="the whole day, midnight to midnight")
