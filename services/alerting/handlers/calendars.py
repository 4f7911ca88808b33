"""Calendars as people see, change, import and ask them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.alerting.calendars.calendar_check import check, check_removal
from services.alerting.calendars.calendar_clock import CalendarClock
from services.alerting.calendars.calendar_tree import next_force_us
from shared.errors import RequestRefused
from shared.messages.calendars import (
    CalendarFile,
    CalendarImport,
    CalendarImported,
    CalendarList,
    CalendarPut,
    CalendarRef,
    CalendarRemove,
    CalendarsWanted,
    CalendarVersion,
    KitchenCalendar,
    KitchenDay,
    KitchenDayWanted,
)


class Calendars(Protocol):
    """Where calendars are kept. All raise PeerError while it is away."""

    async def newest(self) -> list[CalendarVersion]: ...

    async def versions(self, name: str) -> list[CalendarVersion]: ...

    async def change(
        self, made_of: Callable[[Sequence[KitchenCalendar]], KitchenCalendar], by: str, now_us: int
    ) -> CalendarVersion: ...


class CalendarFiles(Protocol):
    """iCalendar files. `read` raises RequestRefused."""

    async def read(self, before: KitchenCalendar, wanted: CalendarImport) -> CalendarImported:
        """Returns the calendar as it would be."""
        ...

    def written(self, calendar: KitchenCalendar) -> str: ...


@dataclass(frozen=True, slots=True)
class CalendarDesk:
    """One function for each request."""

    calendars: Calendars
    files: CalendarFiles
    clock: CalendarClock
    now_us: Callable[[], int]

    async def list(self, request: bytes) -> CalendarList:
        wanted = CalendarsWanted.decode(request)
        if wanted.calendar is None:
            return CalendarList(
                items=tuple(one for one in await self.calendars.newest() if not one.calendar.is_removed)
            )
        return CalendarList(items=tuple(await self._versions(wanted.calendar)))

    async def put(self, request: bytes) -> CalendarList:
        wanted = CalendarPut.decode(request)
        return CalendarList(items=(await self._put(wanted.calendar, wanted.by),))

    async def remove(self, request: bytes) -> CalendarList:
        wanted = CalendarRemove.decode(request)

        def made_of(there: Sequence[KitchenCalendar]) -> KitchenCalendar:
            before = _find(there, wanted.calendar)
            if before is None or before.is_removed:
                raise _no_such(wanted.calendar)
            check_removal(wanted.calendar, [one for one in there if not one.is_removed])
            gone = {"version": before.version + 1, "from_us": next_force_us(self.now_us()), "is_removed": True}
            return before.model_copy(update=gone)

        return CalendarList(items=(await self.calendars.change(made_of, wanted.by, self.now_us()),))

    async def import_(self, request: bytes) -> CalendarImported:
        wanted = CalendarImport.decode(request)
        before = await self._current(wanted.calendar)
        found = await self.files.read(before, wanted)
        if wanted.is_trial:
            return found
        made = await self._put(found.calendar, wanted.by)
        return found.model_copy(update={"calendar": made.calendar})

    async def export(self, request: bytes) -> CalendarFile:
        return CalendarFile(text=self.files.written(await self._current(CalendarRef.decode(request).calendar)))

    async def kitchen_day(self, request: bytes) -> KitchenDay:
        wanted = KitchenDayWanted.decode(request)
        if not 2000 <= wanted.day.year <= 2100:
            raise RequestRefused("day_out_of_range", "Ask for a day from 2000 to 2100.", status=422)
        return self.clock.day(wanted.site, wanted.day, self.now_us())

    async def _put(self, calendar: KitchenCalendar, by: str) -> CalendarVersion:
        def made_of(there: Sequence[KitchenCalendar]) -> KitchenCalendar:
            before = _find(there, calendar.calendar)
            check(calendar, [one for one in there if not one.is_removed])
            newest = 0 if before is None else before.version
            is_new = before is None or before.is_removed
            if not is_new and calendar.version != newest:
                raise RequestRefused(
                    "changed_meanwhile",
                    f"This calendar is at version {newest} by now. Read it again, then send the change.",
                    status=412,
                )
            changed = {"version": newest + 1, "from_us": next_force_us(self.now_us()), "is_removed": False}
            return calendar.model_copy(update=changed)

        return await self.calendars.change(made_of, by, self.now_us())

    async def _current(self, name: str) -> KitchenCalendar:
        newest = (await self._versions(name))[0].calendar
        if newest.is_removed:
            raise _no_such(name)
        return newest

    async def _versions(self, name: str) -> Sequence[CalendarVersion]:
        found = await self.calendars.versions(name)
        if not found:
            raise _no_such(name)
        return found


def _find(there: Sequence[KitchenCalendar], name: str) -> KitchenCalendar | None:
    return next((one for one in there if one.calendar == name), None)


def _no_such(name: str) -> RequestRefused:
    return RequestRefused("no_such_calendar", f"There is no calendar {name[:80]!r}.", status=404)
