"""Writes broadcasts down when PostgreSQL takes them: a bounded queue, so that nobody who speaks waits for it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Protocol

from shared.errors import PeerError
from shared.messages.broadcasts import BroadcastStatus
from shared.telemetry import counter, log

# = how many broadcasts an absent database may cost in memory, about 100 kB each for 300 cameras
QUEUE_MAX = 200
_WAIT_S = 0.5

_dropped = counter("intercom_receipts_dropped_total", "broadcasts whose receipts were dropped: the database was away")


class _Rows(Protocol):
    async def put(self, status: BroadcastStatus) -> None: ...


class BroadcastWriter:
    """Implements `BroadcastBook`. Supervised. Args: made: set once there are tables."""

    def __init__(self, rows: _Rows, made: asyncio.Event):
        self._rows = rows
        self._made = made
        self._waiting: OrderedDict[str, BroadcastStatus] = OrderedDict()
        self._news = asyncio.Event()

    def keep(self, status: BroadcastStatus) -> None:
        self._waiting.pop(status.broadcast, None)
        self._waiting[status.broadcast] = status
        if len(self._waiting) > QUEUE_MAX:
            self._waiting.popitem(last=False)
            _dropped.inc()
        self._news.set()

    async def run_once(self) -> None:
        """Raises PeerError while the database is away; what was not taken stays."""
        await self._made.wait()
        self._news.clear()
        if not self._waiting:
            try:
                async with asyncio.timeout(_WAIT_S):
                    await self._news.wait()
            except TimeoutError:
                return
        await self._flush()

    async def close(self) -> None:
        """The last receipts, if the database takes them now."""
        if not self._made.is_set():
            return
        try:
            await self._flush()
        except PeerError as error:
            log().warning("receipts not written", count=len(self._waiting), detail=str(error))

    async def _flush(self) -> None:
        while self._waiting:
            id, status = next(iter(self._waiting.items()))
            await self._rows.put(status)
            if self._waiting.get(id) is status:  # a newer one has taken its place meanwhile
                del self._waiting[id]
