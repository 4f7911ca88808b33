"""When an announcement is due: times of the week on a kitchen's own clock. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import RequestRefused
from shared.messages.announcements import ScheduleWanted

_DAYS_AHEAD = 8


def require_times(wanted: ScheduleWanted) -> None:
    """Raises RequestRefused with what to change."""
    if not all(1 <= day <= 7 for day in wanted.days):
        raise RequestRefused("bad_days", "Days are 1 (Monday) to 7 (Sunday).", status=422)
    if not all(0 <= minute < 24 * 60 for minute in wanted.minutes):
        raise RequestRefused("bad_times", "Times are minutes after midnight, 0 to 1439.", status=422)
    try:
        ZoneInfo(wanted.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RequestRefused(
            "no_such_time_zone", "There is no such time zone: give an IANA name such as Asia/Shanghai.", status=422
        ) from error


def due_between(
    days: tuple[int, ...], minutes: tuple[int, ...], time_zone: str, after_us: int, until_us: int
) -> list[int]:
    """Times in (after, until], UTC microseconds, in order."""
    zone = ZoneInfo(time_zone)
    first = datetime.fromtimestamp(after_us / 1e6, UTC).astimezone(zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(until_us / 1e6, UTC).astimezone(zone).date()
    return sorted(at for at in _all(days, minutes, zone, first, last) if after_us < at <= until_us)


def next_due(days: tuple[int, ...], minutes: tuple[int, ...], time_zone: str, after_us: int) -> int:
    """The first time after that moment."""
    until_us = after_us + _DAYS_AHEAD * 86_400_000_000
    return due_between(days, minutes, time_zone, after_us, until_us)[0]


def last_due(days: tuple[int, ...], minutes: tuple[int, ...], time_zone: str, until_us: int) -> int:
    """The last time up to that moment."""
    return due_between(days, minutes, time_zone, until_us - _DAYS_AHEAD * 86_400_000_000, until_us)[-1]


def _all(days: tuple[int, ...], minutes: tuple[int, ...], zone: ZoneInfo, first: date, last: date) -> Iterator[int]:
    day = first
    while day <= last:
        if day.isoweekday() in days:
            for minute in set(minutes):
                # A time that a change of the clock leaves out is played as much later as the clock was put forward.
                local = datetime.combine(day, time(minute // 60, minute % 60), zone)
                yield round(local.timestamp()) * 1_000_000
        day += timedelta(days=1)
