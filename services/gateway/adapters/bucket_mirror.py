"""Keeps a bucket equal to what the database says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from shared.bus import Bus
from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry

COMPARE_S = 60.0


class BucketMirror:
    """A supervised task; `wake` after a change. Args: wanted: every key with its value, as the database has it now.

    The database is right. What the bucket holds is read before the database is asked, and written over that revision
    alone: of two gateways the one with the older answer is refused, and compares again.
    """

    def __init__(self, wanted: Callable[[], Awaitable[Mapping[str, bytes]]], bucket: KvBucket, bus: Bus):
        self._wanted = wanted
        self._bucket = bucket
        self._told: dict[str, KvEntry] = {}
        self._wakeup = asyncio.Event()
        bus.on_connection(lambda: None, self._wakeup.set)

    def wake(self) -> None:
        self._wakeup.set()

    async def open(self) -> None:
        """Follow what the bucket holds. Raises BusUnreachable."""
        await self._bucket.watch(self._changed)

    async def run_once(self) -> None:
        """Compare, then wait for a change or a minute."""
        self._wakeup.clear()
        told = dict(self._told)
        wanted = await self._wanted()
        with suppress(RevisionConflict):  # another gateway was faster: it wakes us
            for key in sorted(wanted.keys() | told.keys()):
                await self._put(key, wanted.get(key), told.get(key))
        with suppress(TimeoutError):
            async with asyncio.timeout(COMPARE_S):
                await self._wakeup.wait()

    async def _put(self, key: str, wanted: bytes | None, told: KvEntry | None) -> None:
        there = None if told is None else told.value
        if wanted == there:
            return
        if wanted is None:
            await self._bucket.delete(key, told.revision if told is not None else None)
        elif told is None or there is None:
            await self._bucket.create(key, wanted)
        else:
            await self._bucket.update(key, wanted, told.revision)

    def _changed(self, entry: KvEntry) -> None:
        self._told[entry.key] = entry
        self._wakeup.set()
