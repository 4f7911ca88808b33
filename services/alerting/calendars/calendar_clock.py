"""The clock of kitchens that have a calendar. Those that have none go by the plans of their cameras. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from services.alerting.calendars.calendar_tree import CalendarTree, SiteCalendar
from services.alerting.calendars.kitchen_day import Day, PublicDayOf, day_of, parts_at
from services.alerting.rules.kitchen_clock import KitchenClock
from shared.messages.calendars import DayStretch, KitchenDay
from shared.messages.cameras import DesiredCamera
from shared.messages.rules import KitchenTime

_MINUTE_US = 60_000_000
_KEPT = 50_000


class CalendarClock:
    """Implements `KitchenClock`. Args: plans: of kitchens, or of days, for which no calendar says hours."""

    def __init__(self, tree: CalendarTree, plans: KitchenClock, public_day: PublicDayOf):
        self._tree = tree
        self._plans = plans
        self._public_day = public_day
        # The newest minute of each kitchen, and days by calendar: asked for every picture of every rule.
        self._minutes: dict[str, tuple[int, SiteCalendar, frozenset[KitchenTime] | None]] = {}
        self._days: dict[tuple[int, date], tuple[SiteCalendar, Day]] = {}

    def parts(self, desired: DesiredCamera, at_us: int) -> frozenset[KitchenTime]:
        calendar = self._tree.of(desired.site, at_us)
        if calendar is None:
            return self._plans.parts(desired, at_us)
        minute = at_us // _MINUTE_US
        last = self._minutes.get(desired.site)
        if last is not None and last[0] == minute and last[1] is calendar:
            found = last[2]
        else:
            moment = datetime.fromtimestamp(minute * 60, UTC).astimezone(calendar.zone)
            found = parts_at(partial(self._day, calendar), moment)
            self._minutes[desired.site] = (minute, calendar, found)
        return self._plans.parts(desired, at_us) if found is None else found

    def day(self, site: str, day: date, now_us: int) -> KitchenDay:
        """What applies there on that date, and why, by the calendars that will then be in force as far as is known."""
        calendar = self._tree.of(site, max(now_us, _noon_us(day)))
        if calendar is None:
            return KitchenDay(site=site, day=day, time_zone="", is_open=True, reason="no_calendar")
        found = self._day(calendar, day)
        return KitchenDay(
            site=site,
            day=day,
            time_zone=calendar.zone.key,
            is_open=found.is_open,
            reason=found.reason,
            detail=found.detail,
            decided_by=found.decided_by,
            calendars=tuple(f"{one.calendar} at {one.version}" for one in calendar.chain),
            is_year_known=found.is_year_known,
            windows=found.windows or (),
            stretches=self._stretches(calendar, day),
        )

    def _stretches(self, calendar: SiteCalendar, day: date) -> tuple[DayStretch, ...]:
        """Minute by minute in UTC: a day in which the clocks change has 23 or 25 hours."""
        begin, end = (_midnight(calendar, one) for one in (day, day + timedelta(days=1)))
        made: list[DayStretch] = []
        moment = begin
        while moment < end:
            parts = parts_at(partial(self._day, calendar), moment.astimezone(calendar.zone))
            at_us, after_us = round(moment.timestamp() * 1e6), round(moment.timestamp() * 1e6) + _MINUTE_US
            names = tuple(sorted(parts)) if parts is not None else ()
            if made and made[-1].parts == names:
                made[-1] = made[-1].model_copy(update={"to_us": after_us})
            else:
                made.append(DayStretch(from_us=at_us, to_us=after_us, parts=names))
            moment += timedelta(minutes=1)
        return tuple(made)

    def _day(self, calendar: SiteCalendar, day: date) -> Day:
        key = (id(calendar), day)
        found = self._days.get(key)
        # The calendar is kept beside its day: its number is never another's.
        if found is None or found[0] is not calendar:
            if len(self._days) > _KEPT:
                self._days.clear()
            found = self._days[key] = (calendar, day_of(calendar, day, self._public_day))
        return found[1]


def _midnight(calendar: SiteCalendar, day: date) -> datetime:
    return datetime.combine(day, time(), calendar.zone).astimezone(UTC)


def _noon_us(day: date) -> int:
    return round(datetime.combine(day, time(12), UTC).timestamp() * 1e6)
