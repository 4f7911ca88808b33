"""Which days are working days in China: public holidays, and the weekends that are worked in their place.

`chinesecalendar` (MIT) carries what the State Council announces, year by year. A year that is not announced yet is
counted by weekdays, and a warning says so once.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import chinese_calendar

from services.alerting.calendars.kitchen_day import PublicDay
from services.alerting.loop.working_time import weekdays
from shared.telemetry import log


def is_workday(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        _warn(day.year)
        return weekdays(day)


def public_day(day: date) -> PublicDay:
    """A plain weekend is no public holiday: a kitchen's week says whether it works then."""
    try:
        is_off, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        _warn(day.year)
        return PublicDay(False, False, is_known=False)
    is_weekend = day.isoweekday() > 5
    return PublicDay(is_holiday=is_off and name is not None, is_make_up=is_weekend and not is_off, name=name or "")


@cache
def _warn(year: int) -> None:
    log().warning("holidays of this year are not known yet: update chinesecalendar", year=year)
