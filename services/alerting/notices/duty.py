"""Who is on duty, and when somebody's hours begin. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import RequestRefused
from shared.messages.cameras import RecordingWindow
from shared.messages.notices import NoticeRota
from shared.weekly_hours import WeeklyHours

_DAYS = 8  # every window of a week begins once within them, whatever the clocks do


def on_duty(rota: NoticeRota, at_us: int) -> tuple[str, ...]:
    """Whoever the table names at that moment, each once; the newest exception that covers it goes before the table."""
    for exception in reversed(rota.exceptions):
        if exception.from_us <= at_us < exception.to_us:
            return exception.people
    found: dict[str, None] = {}
    for shift in rota.shifts:
        if WeeklyHours((shift.window,), rota.time_zone).holds(at_us):
            found |= dict.fromkeys(shift.people)
    return tuple(found)


def next_open_us(hours: Sequence[RecordingWindow], time_zone: str, at_us: int) -> int:
    """That moment where it lies in the hours or there are none; else when they begin next."""
    if not hours or WeeklyHours(hours, time_zone).holds(at_us):
        return at_us
    zone = ZoneInfo(time_zone)
    today = datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(zone).date()
    begins = [
        _us(datetime.combine(day, time(window.from_minute // 60, window.from_minute % 60), zone))
        for day in (today + timedelta(days=number) for number in range(_DAYS + 1))
        for window in hours
        if day.isoweekday() in window.days
    ]
    return min((each for each in begins if each > at_us), default=at_us)


def require_zone(name: str) -> None:
    """Raises RequestRefused (422) for a clock that is not known."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RequestRefused(
            "no_such_zone", f"{name[:60]!r} is no IANA time zone, such as Asia/Shanghai.", status=422
        ) from error


def require_windows(windows: Sequence[RecordingWindow]) -> None:
    """Raises RequestRefused (422) for a window without days, or on days that no week has."""
    for window in windows:
        if not window.days or not set(window.days) <= set(range(1, 8)):
            raise RequestRefused("bad_window", "Name the days of each window: 1 is Monday, 7 is Sunday.", status=422)
        if window.from_minute == window.to_minute:
            raise RequestRefused("bad_window", "A window ends at another minute than it begins.", status=422)


def _us(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1e6)
