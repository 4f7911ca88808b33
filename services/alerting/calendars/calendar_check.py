"""Whether a calendar can mean what its maker means, among those that are there. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from services.alerting.calendars.calendar_tree import DEPTH_MAX, zone_of
from shared.errors import RequestRefused
from shared.messages.calendars import DayWindow, KitchenCalendar

LANGUAGES = ("zh-CN", "en")
CALENDARS_MAX = 5000
_SPAN_DAYS_MAX = 400


def check(made: KitchenCalendar, there: Sequence[KitchenCalendar]) -> None:
    """Raises RequestRefused (422) with what to change. Args: there: all in force, an older version of it too."""
    others = {one.calendar: one for one in there if one.calendar != made.calendar}
    missing = [language for language in LANGUAGES if not made.title.get(language, "").strip()]
    if missing:
        raise _wrong(f"title: give it a name in {' and '.join(missing)}.")
    if made.time_zone is not None and zone_of(made.time_zone) is None:
        raise _wrong(f"time_zone: {made.time_zone[:60]!r} is no IANA time zone, such as Asia/Shanghai.")
    if len(others) >= CALENDARS_MAX:
        raise _wrong(f"There are {CALENDARS_MAX} calendars: remove some.")
    _check_place(made, others)
    for number, window in enumerate(made.windows or ()):
        _check_window(f"windows.{number}", window)
    for number, term in enumerate(made.terms or ()):
        if term.to_day < term.from_day:
            raise _wrong(f"terms.{number}: it ends before it begins.")
    for number, day in enumerate(made.days):
        if not 0 <= (day.to_day - day.from_day).days < _SPAN_DAYS_MAX:
            raise _wrong(f"days.{number}: `to_day` is not within {_SPAN_DAYS_MAX} days after `from_day`.")
        if day.windows is not None and not day.is_open:
            raise _wrong(f"days.{number}.windows: a closed day has no hours, leave them out.")
        for place, window in enumerate(day.windows or ()):
            _check_window(f"days.{number}.windows.{place}", window)


def check_removal(name: str, there: Sequence[KitchenCalendar]) -> None:
    """Raises RequestRefused (409) while others inherit from it."""
    below = sorted(one.calendar for one in there if one.parent == name)
    if below:
        some = ", ".join(below[:5])
        raise RequestRefused("calendar_in_use", f"Calendars inherit from it: give {some} another parent.", status=409)


def _check_place(made: KitchenCalendar, others: dict[str, KitchenCalendar]) -> None:
    depth, above = 1, made.parent
    while above is not None:
        if above == made.calendar:
            raise _wrong(f"parent: {made.calendar} would be above itself.")
        if above not in others:
            raise _wrong(f"parent: there is no calendar {above!r}.")
        depth += 1
        if depth > DEPTH_MAX:
            raise _wrong(f"parent: at most {DEPTH_MAX} calendars above each other.")
        above = others[above].parent
    if depth + _height(made.calendar, others) > DEPTH_MAX:
        raise _wrong(f"parent: with what is below it, more than {DEPTH_MAX} calendars would be above each other.")
    if len(set(made.sites)) != len(made.sites):
        raise _wrong("sites: one is named twice.")
    for one in others.values():
        both = sorted(set(one.sites) & set(made.sites))
        if both:
            raise _wrong(f"sites: {both[0]} has the calendar {one.calendar}: take it out there first.")
        if one.is_default and made.is_default:
            raise _wrong(f"is_default: {one.calendar} is the default already.")


def _height(name: str, others: dict[str, KitchenCalendar]) -> int:
    """How many layers are below it."""
    layer, height = {name}, 0
    while height <= DEPTH_MAX:
        layer = {one.calendar for one in others.values() if one.parent in layer}
        if not layer:
            break
        height += 1
    return height


def _check_window(where: str, window: DayWindow) -> None:
    if not window.days or any(day not in range(1, 8) for day in window.days):
        raise _wrong(f"{where}.days: ISO weekdays, 1 (Monday) to 7 (Sunday).")
    if window.from_minute == window.to_minute:
        raise _wrong(f"{where}: it ends when it begins.")


def _wrong(what: str) -> RequestRefused:
    return RequestRefused("calendar_invalid", what, status=422)
