"""Working time: until when something is due that may take so many working hours. Pure.

A working day has `HOURS` on the kitchen's clock. Which days are working days is asked: in China holidays and the
weekends worked in their place are decided year by year.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

IsWorkday = Callable[[date], bool]
HOURS = ((time(8, 30), time(12, 0)), (time(13, 30), time(17, 30)))
HOURS_A_DAY = 7.5
# Nothing here is due in years: a calendar without a working day must not be searched for ever.
_DAYS_MAX = 800


def due_us(from_us: int, working_hours: float, is_workday: IsWorkday, zone: ZoneInfo) -> int:
    """UTC microseconds at which so many working hours have passed."""
    moment = datetime.fromtimestamp(from_us / 1e6, UTC).astimezone(zone)
    left = timedelta(hours=working_hours)
    for day in range(_DAYS_MAX):
        at = moment.date() + timedelta(days=day)
        if not is_workday(at):
            continue
        for begins, ends in HOURS:
            start = max(moment, datetime.combine(at, begins, zone))
            end = datetime.combine(at, ends, zone)
            if start >= end:
                continue
            # Across a change of the clocks an hour is an hour.
            length = end.astimezone(UTC) - start.astimezone(UTC)
            if left <= length:
                return round((start.astimezone(UTC) + left).timestamp() * 1e6)
            left -= length
    raise ValueError(f"{working_hours} working hours do not come to an end within {_DAYS_MAX} days")


def working_days_after(from_us: int, days: float, is_workday: IsWorkday, zone: ZoneInfo) -> int:
    """The same in working days."""
    return due_us(from_us, days * HOURS_A_DAY, is_workday, zone)


def weekdays(day: date) -> bool:
    """Where no calendar of a country is known."""
    return day.weekday() < 5
