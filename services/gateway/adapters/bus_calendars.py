"""Kitchens' calendars, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.base import Message
from shared.messages.calendars import (
    CalendarFile,
    CalendarImport,
    CalendarImported,
    CalendarList,
    CalendarPut,
    CalendarRef,
    CalendarRemove,
    CalendarsWanted,
    KitchenDay,
    KitchenDayWanted,
)

_LIMIT_S = 10.0


class BusCalendars:
    """Implements `CalendarKeeper`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def calendars(self, wanted: CalendarsWanted) -> CalendarList:
        return CalendarList.decode(await self._ask("calendars", wanted))

    async def put(self, wanted: CalendarPut) -> CalendarList:
        return CalendarList.decode(await self._ask("calendar_put", wanted))

    async def remove(self, wanted: CalendarRemove) -> CalendarList:
        return CalendarList.decode(await self._ask("calendar_remove", wanted))

    async def read_file(self, wanted: CalendarImport) -> CalendarImported:
        return CalendarImported.decode(await self._ask("calendar_import", wanted))

    async def file(self, wanted: CalendarRef) -> CalendarFile:
        return CalendarFile.decode(await self._ask("calendar_export", wanted))

    async def kitchen_day(self, wanted: KitchenDayWanted) -> KitchenDay:
        return KitchenDay.decode(await self._ask("kitchen_day", wanted))

    async def _ask(self, name: str, wanted: Message) -> bytes:
        return await self._bus.request("alerting", name, wanted, timeout_s=_LIMIT_S)
