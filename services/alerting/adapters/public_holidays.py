"""Which days are working days in China: public holidays, and the weekends that are worked in their place.

`chinesecalendar` (MIT) carries what the State Council announces, year by year. A year that is not announced yet is
counted by weekdays, and a warning says so once.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import chinese_calendar

from services.alerting.loop.working_time import weekdays
from shared.telemetry import log


def is_workday(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        _warn(day.year)
        return weekdays(day)


@cache
def _warn(year: int) -> None:
    log().warning("holidays of this year are not known yet: update chinesecalendar", year=year)
