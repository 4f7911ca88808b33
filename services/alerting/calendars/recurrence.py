"""Days that come again by a rule of RFC 5545, 3.3.10: asked day by day, so that no rule can cost more than its days.

Source: RFC 5545, 3.3.10, the table of what each BYxxx part does to each FREQ. Pure.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")


def weekday_of(name: str) -> tuple[int, int] | None:
    """`-1FR` is (-1, 4): the last Friday; `FR` is (0, 4): every one. None for nonsense."""
    found = _WEEKDAY.fullmatch(name)
    return None if found is None else (int(found[1] or 0), WEEKDAYS.index(found[2]))


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Args: weekdays: (which of them, 0 every one; 0 is Monday); month_days: negative ones from the end."""

    begins: date
    frequency: Frequency
    interval: int = 1
    count: int | None = None
    weekdays: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    week_starts: int = 0

    def days(self, from_day: date, last: date) -> Iterator[tuple[date, bool]]:
        """Every day that had to be looked at and whether it is one of them, up to `last`."""
        # Only a count makes it necessary to look at those before.
        day = self.begins if self.count is not None else max(self.begins, from_day)
        left = self.count
        while day <= last and (left is None or left > 0):
            is_one = self._holds(day)
            if is_one and left is not None:
                left -= 1
            yield day, is_one and day >= from_day
            day += timedelta(days=1)

    def _holds(self, day: date) -> bool:
        if self._periods(day) % self.interval or (self.months and day.month not in self.months):
            return False
        if not self.weekdays and not self.month_days:
            return self._is_as_begun(day)
        if self.month_days:
            length = monthrange(day.year, day.month)[1]
            if day.day not in self.month_days and day.day - length - 1 not in self.month_days:
                return False
        return not self.weekdays or any(self._is_weekday(day, nth, weekday) for nth, weekday in self.weekdays)

    def _periods(self, day: date) -> int:
        """How many days, weeks, months or years lie in between."""
        match self.frequency:
            case "DAILY":
                return (day - self.begins).days
            case "WEEKLY":
                # ordinal 1 is a Monday
                return (day.toordinal() - 1 - self.week_starts) // 7 - (
                    self.begins.toordinal() - 1 - self.week_starts
                ) // 7
            case "MONTHLY":
                return (day.year - self.begins.year) * 12 + day.month - self.begins.month
            case "YEARLY":
                return day.year - self.begins.year

    def _is_as_begun(self, day: date) -> bool:
        match self.frequency:
            case "DAILY":
                return True
            case "WEEKLY":
                return day.weekday() == self.begins.weekday()
            case "MONTHLY":
                return day.day == self.begins.day
            case "YEARLY":
                return day.day == self.begins.day and (bool(self.months) or day.month == self.begins.month)

    def _is_weekday(self, day: date, nth: int, weekday: int) -> bool:
        if day.weekday() != weekday:
            return False
        if nth == 0 or self.frequency in ("DAILY", "WEEKLY"):
            return True
        if self.frequency == "YEARLY" and not self.months:
            first, last = date(day.year, 1, 1), date(day.year, 12, 31)
        else:
            first = day.replace(day=1)
            last = day.replace(day=monthrange(day.year, day.month)[1])
        return nth == (day - first).days // 7 + 1 or nth == -((last - day).days // 7 + 1)
