"""iCalendar files for the desk: read on a thread of their own, as a large one takes a while."""

from __future__ import annotations

import asyncio

from services.alerting.adapters import icalendar_file
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.calendars import CalendarImport, CalendarImported, KitchenCalendar

_LIMIT_S = 8.0


class CalendarFiles:
    """Implements `CalendarFiles` of the handlers; one file at a time."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._turn = asyncio.Lock()

    async def read(self, before: KitchenCalendar, wanted: CalendarImport) -> CalendarImported:
        today = self._clock.now().date()
        try:
            async with asyncio.timeout(_LIMIT_S), self._turn:
                found = await asyncio.to_thread(icalendar_file.read, wanted.text, today, wanted.unnamed)
        except TimeoutError as error:
            raise RequestRefused(
                "calendar_file_refused", "It takes too long to read: split it into smaller files.", status=422
            ) from error
        return CalendarImported(
            calendar=icalendar_file.merged(before, found, is_replacing=wanted.mode == "replace"),
            days=len(found.days),
            terms=len(found.terms),
            windows=len(found.windows),
            skipped=found.skipped,
            notes=tuple(found.notes),
        )

    def written(self, calendar: KitchenCalendar) -> str:
        return icalendar_file.written(calendar, calendar.time_zone or "Asia/Shanghai", self._clock.now())
