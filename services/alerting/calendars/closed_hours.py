"""When a kitchen is closed in the days ahead, as others are told who do not know its calendars. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from services.alerting.calendars.calendar_tree import CalendarTree, SiteCalendar
from services.alerting.calendars.kitchen_day import Day, PublicDayOf, day_of, parts_at
from services.alerting.rules.kitchen_clock import CLOSED
from shared.messages.calendars import ClosedHours, KitchenHours

_DAY_US = 86_400 * 1_000_000
# = how long nights are still watched with all of alerting away; what is told is told anew when half of it is over
AHEAD_DAYS = 14
_RENEWED_US = AHEAD_DAYS // 2 * _DAY_US
# What was changed counts within two minutes, by the clock of the worker that changed it.
_IN_FORCE_US = 5 * 60_000_000

DayOf = Callable[[date], Day]
_Chain = tuple[tuple[str, int], ...]


class HoursAhead:
    """Args: public_day: what the country says of a day."""

    def __init__(self, tree: CalendarTree, public_day: PublicDayOf):
        self._tree = tree
        self._public_day = public_day
        # Kitchens of one calendar have the same hours: worked out once a day for all of them.
        self._known: dict[_Chain, tuple[ClosedHours, ...]] = {}
        self._known_from_us = -1

    def of(self, site: str, now_us: int) -> KitchenHours | None:
        """From yesterday on, by the newest calendars. None where none is about it."""
        calendar = self._tree.of(site, now_us + _IN_FORCE_US)
        if calendar is None:
            return None
        # A picture may be some hours old when it is looked at, and a kitchen's day begins at another time than UTC's.
        from_us = (now_us // _DAY_US - 1) * _DAY_US
        if from_us != self._known_from_us:
            self._known.clear()
            self._known_from_us = from_us
        chain = tuple((one.calendar, one.version) for one in calendar.chain)
        closed = self._known.get(chain)
        if closed is None:
            closed = self._known[chain] = tuple(self._closed(calendar, from_us))
        return KitchenHours(
            site=site,
            from_us=from_us,
            until_us=from_us + (AHEAD_DAYS + 1) * _DAY_US,
            closed=closed,
            has_hours=calendar.windows is not None,
        )

    def _closed(self, calendar: SiteCalendar, from_us: int) -> Iterator[ClosedHours]:
        days: dict[date, Day] = {}

        def day(wanted: date) -> Day:
            if wanted not in days:
                days[wanted] = day_of(calendar, wanted, self._public_day)
            return days[wanted]

        until_us = from_us + (AHEAD_DAYS + 1) * _DAY_US
        began_us: int | None = None
        for at_us in _turns(calendar, day, from_us, until_us):
            is_closed = parts_at(day, datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(calendar.zone)) == CLOSED
            if is_closed and began_us is None:
                began_us = at_us
            elif not is_closed and began_us is not None:
                yield ClosedHours(from_us=began_us, to_us=at_us)
                began_us = None
        if began_us is not None:
            yield ClosedHours(from_us=began_us, to_us=until_us)


def is_to_be_told(told: KitchenHours | None, now: KitchenHours | None, now_us: int) -> bool:
    """Whether `now` says anything else of the time to come, or what was told ends too soon."""
    if told is None or now is None:
        return told is not now
    if told.until_us - now_us < _RENEWED_US or told.has_hours != now.has_hours or told.from_us > now_us:
        return True
    until_us = min(told.until_us, now.until_us)
    return _between(told, now_us, until_us) != _between(now, now_us, until_us)


def _between(hours: KitchenHours, from_us: int, until_us: int) -> list[tuple[int, int]]:
    cut = ((max(one.from_us, from_us), min(one.to_us, until_us)) for one in hours.closed)
    return [(begin, end) for begin, end in cut if begin < end]


def _turns(calendar: SiteCalendar, day: DayOf, from_us: int, until_us: int) -> Iterator[int]:
    """Every moment at which it may begin or end to be closed, in order."""
    yield from_us
    local = datetime.fromtimestamp(from_us / 1e6, UTC).astimezone(calendar.zone).date()
    while (begin_us := _us(calendar, local)) < until_us:
        end_us = _us(calendar, local + timedelta(days=1))
        if end_us - begin_us == _DAY_US:
            minutes: Iterable[int] = _edges(day, local)
        else:
            # The clocks change: which minute of the day it is follows no rule that is worth its own code.
            minutes = range((end_us - begin_us) // 60_000_000)
        yield from (at for minute in minutes if from_us < (at := begin_us + minute * 60_000_000) < until_us)
        local += timedelta(days=1)


def _edges(day: DayOf, local: date) -> list[int]:
    """Minutes of the day: its own windows', those of yesterday that reach into it, and midnight."""
    found = {0}
    for one in (local, local - timedelta(days=1)):
        for window in day(one).windows or ():
            found |= {window.from_minute, window.to_minute}
    return sorted(found)


def _us(calendar: SiteCalendar, local: date) -> int:
    return round(datetime.combine(local, time(), calendar.zone).timestamp() * 1e6)
