"""Tells the detector when each kitchen is closed: bucket `kitchen_hours`, by the calendars in force."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress

from services.alerting.calendars.closed_hours import HoursAhead, is_to_be_told
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.clock import Clock
from shared.messages.calendars import KitchenHours
from shared.subjects import site_shard
from shared.telemetry import gauge

# = how late a day that has come is told at most; changes of calendars and cameras wake it at once
_LOOK_S = 600.0
# Kitchens looked at before others have their turn: some milliseconds.
_AT_ONCE = 100

_without = gauge("alerting_kitchens_without_hours", "kitchens with cameras whose calendars say no hours, in our shards")


class HoursTeller:
    """Supervised. `wake` after whatever may change hours: calendars, cameras, shards.

    Each school belongs to one worker, by `site_shard`. Where two take themselves for it, while leases pass on, both
    write the same: what is written follows from calendars and day alone.

    Args: sites: with cameras; held: shards of this worker.
    """

    def __init__(
        self,
        bucket: KvBucket,
        hours: HoursAhead,
        sites: Callable[[], Iterable[str]],
        held: Callable[[], set[int]],
        clock: Clock,
    ):
        self._bucket = bucket
        self._hours = hours
        self._sites = sites
        self._held = held
        self._clock = clock
        self._told: dict[str, KitchenHours] = {}
        self._news = asyncio.Event()

    async def open(self) -> None:
        """Know what was told: what is as it was is not written again."""
        await self._bucket.watch(self._entry)

    def wake(self) -> None:
        self._news.set()

    async def run_once(self) -> None:
        """All that is to be told, then until there is news. Raises PeerError."""
        self._news.clear()
        await self.look()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._news.wait()

    async def look(self) -> None:
        sites = set(self._sites())
        without = 0
        for number, site in enumerate(sorted(sites | self._told.keys())):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
            if site_shard(site) not in self._held():
                continue
            now_us = self._clock.now_us()
            told = self._told.get(site)
            hours = self._hours.of(site, now_us) if site in sites else None
            without += site in sites and (hours is None or not hours.has_hours)
            if not is_to_be_told(told, hours, now_us):
                continue
            if hours is None:
                await self._bucket.delete(site)
                self._told.pop(site, None)
            else:
                await self._bucket.put(site, hours.encode())
                self._told[site] = hours
        _without.set(without)

    def _entry(self, entry: KvEntry) -> None:
        if entry.value is None:
            self._told.pop(entry.key, None)
        else:
            self._told[entry.key] = KitchenHours.decode(entry.value)
