"""Whether a calendar can mean what its maker means, among those that are there. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from services.alerting.calendars.calendar_tree import DEPTH_MAX, zone_of
from services.alerting.faults import refused_field
from shared.errors import RequestRefused
from shared.field_faults import Fact
from shared.messages.calendars import DayWindow, KitchenCalendar

LANGUAGES = ("zh-CN", "en")
CALENDARS_MAX = 5000
_SPAN_DAYS_MAX = 400


def check(made: KitchenCalendar, there: Sequence[KitchenCalendar]) -> None:
    """Raises RequestRefused (422) with what to change. Args: there: all in force, an older version of it too."""
    others = {one.calendar: one for one in there if one.calendar != made.calendar}
    missing = [language for language in LANGUAGES if not made.title.get(language, "").strip()]
    if missing:
        raise _wrong("title", "title_missing_in", languages=", ".join(missing))
    if made.time_zone is not None and zone_of(made.time_zone) is None:
        raise _wrong("time_zone", "no_iana_time_zone", zone=made.time_zone[:60])
    if len(others) >= CALENDARS_MAX:
        raise _wrong("calendar", "calendars_too_many", max=CALENDARS_MAX)
    _check_place(made, others)
    for number, window in enumerate(made.windows or ()):
        _check_window(f"windows.{number}", window)
    for number, term in enumerate(made.terms or ()):
        if term.to_day < term.from_day:
            raise _wrong(f"terms.{number}", "term_ends_first")
    for number, day in enumerate(made.days):
        if not 0 <= (day.to_day - day.from_day).days < _SPAN_DAYS_MAX:
            raise _wrong(f"days.{number}", "day_span_wrong", max=_SPAN_DAYS_MAX)
        if day.windows is not None and not day.is_open:
            raise _wrong(f"days.{number}.windows", "closed_day_has_hours")
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
            raise _wrong("parent", "calendar_above_itself", calendar=made.calendar)
        if above not in others:
            raise _wrong("parent", "no_such_calendar_above", calendar=above)
        depth += 1
        if depth > DEPTH_MAX:
            raise _wrong("parent", "calendars_too_deep", max=DEPTH_MAX)
        above = others[above].parent
    if depth + _height(made.calendar, others) > DEPTH_MAX:
        raise _wrong("parent", "calendars_below_too_deep", max=DEPTH_MAX)
    if len(set(made.sites)) != len(made.sites):
        raise _wrong("sites", "site_named_twice")
    for one in others.values():
        both = sorted(set(one.sites) & set(made.sites))
        if both:
            raise _wrong("sites", "site_has_calendar", site=both[0], calendar=one.calendar)
        if one.is_default and made.is_default:
            raise _wrong("is_default", "default_exists", calendar=one.calendar)


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
        raise _wrong(f"{where}.days", "weekdays_wrong")
    if window.from_minute == window.to_minute:
        raise _wrong(where, "window_empty")


def _wrong(field: str, code: str, /, **facts: Fact) -> RequestRefused:
    return refused_field("calendar_invalid", field, code, facts)
