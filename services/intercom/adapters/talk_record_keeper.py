"""Removes talks whose time is over, an hour's worth at a time: the sound first, then the row that leads to it."""

from __future__ import annotations

from services.intercom.adapters.records import Records
from services.intercom.adapters.talk_record_store import files_of
from services.intercom.adapters.talk_record_table import TalkRecordTable
from services.intercom.settings import Settings
from shared.clock import Clock
from shared.telemetry import log

_ROUND_S = 3600.0
_AT_ONCE = 200
_DAY_US = 86_400 * 1_000_000


class TalkRecordKeeper:
    """Supervised. Any number of workers may do the same: what is gone is gone."""

    def __init__(self, records: Records, table: TalkRecordTable, settings: Settings, clock: Clock):
        self._records = records
        self._table = table
        self._settings = settings
        self._clock = clock

    async def run_once(self) -> None:
        await self._records.made.wait()
        while await self.remove_some():
            pass
        await self._clock.sleep(_ROUND_S)

    async def remove_some(self) -> int:
        """How many were removed. Raises PeerError."""
        now_us = self._clock.now_us()
        before_us = now_us - self._settings.talk_records_days * _DAY_US
        of_cases_us = now_us - self._settings.talk_case_records_days * _DAY_US
        found = await self._table.expired(before_us, of_cases_us, _AT_ONCE)
        if not found:
            return 0
        names = [file for _, name in found if name is not None for file in files_of(name)]
        await self._records.objects.remove_many(names)
        await self._table.remove([record for record, _ in found])
        log().info("talks removed, their time was over", count=len(found))
        return len(found)
