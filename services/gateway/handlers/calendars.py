"""Kitchens' calendars as people see and change them; who changed what is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.handlers.registry import By
from shared.clock import Clock
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


class CalendarKeeper(Protocol):
    """Alerting. All raise RequestRefused as it refused, PeerError where none answers."""

    async def calendars(self, wanted: CalendarsWanted) -> CalendarList: ...

    async def put(self, wanted: CalendarPut) -> CalendarList: ...

    async def remove(self, wanted: CalendarRemove) -> CalendarList: ...

    async def read_file(self, wanted: CalendarImport) -> CalendarImported: ...

    async def file(self, wanted: CalendarRef) -> CalendarFile: ...

    async def kitchen_day(self, wanted: KitchenDayWanted) -> KitchenDay: ...


@dataclass(frozen=True, slots=True)
class CalendarDesk:
    """What people may ask about calendars."""

    keeper: CalendarKeeper
    trail: AuditTrail
    clock: Clock

    async def in_force(self) -> tuple[CalendarVersion, ...]:
        return (await self.keeper.calendars(CalendarsWanted())).items

    async def versions(self, calendar: str) -> tuple[CalendarVersion, ...]:
        return (await self.keeper.calendars(CalendarsWanted(calendar=calendar))).items

    async def put(self, by: By, calendar: KitchenCalendar) -> CalendarVersion:
        await self._record(by, "calendar_changed", calendar.calendar, made_from=str(calendar.version))
        (made,) = (await self.keeper.put(CalendarPut(calendar=calendar, by=by.identity.name))).items
        return made

    async def remove(self, by: By, calendar: str) -> None:
        await self._record(by, "calendar_removed", calendar)
        await self.keeper.remove(CalendarRemove(calendar=calendar, by=by.identity.name))

    async def read_file(self, by: By, wanted: CalendarImport) -> CalendarImported:
        if not wanted.is_trial:
            await self._record(by, "calendar_changed", wanted.calendar, file=f"{len(wanted.text)} characters")
        return await self.keeper.read_file(wanted.model_copy(update={"by": by.identity.name}))

    async def file(self, calendar: str) -> str:
        return (await self.keeper.file(CalendarRef(calendar=calendar))).text

    async def kitchen_day(self, site: str, day: date) -> KitchenDay:
        return await self.keeper.kitchen_day(KitchenDayWanted(site=site, day=day))

    async def _record(self, by: By, action: Action, calendar: str, **more: str) -> None:
        """Before it happens: what could not be recorded does not."""
        detail = {"calendar": calendar, **more}
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))
