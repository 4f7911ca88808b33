"""Time as a value that is handed in: the core never asks the operating system what time it is."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime
from typing import Protocol

from shared.pulse import pulse

DOZE_S = 0.1  # the time between is that of a fragment: with one camera there is always one to wake with


class Clock(Protocol):
    """Wall time and monotonic time, and the only way to wait."""

    def now(self) -> datetime:
        """Wall time, aware, UTC."""
        ...

    def now_us(self) -> int:
        """Wall time in microseconds since 1970-01-01T00:00:00Z."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    async def doze(self, seconds: float) -> None:
        """Sleep about so long, give or take 0.1 s: until the process is awake anyway. For what nobody waits for."""
        ...


class SystemClock:
    """The operating system's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def now_us(self) -> int:
        return time.time_ns() // 1000

    # Asked dozens of times a second: without a call of ours in between.
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def doze(self, seconds: float) -> None:
        await pulse().sleep(seconds - DOZE_S, seconds + DOZE_S)


class FakeClock:
    """A clock for tests that jumps: `advance` wakes every sleeper whose time has come, in order."""

    def __init__(self, start_us: int = 1_700_000_000_000_000):
        self._us = start_us
        self._start_us = start_us
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._us / 1e6, UTC)

    def now_us(self) -> int:
        return self._us

    def monotonic(self) -> float:
        return (self._us - self._start_us) / 1e6

    async def sleep(self, seconds: float) -> None:
        wakeup: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._us + int(seconds * 1e6), next(self._order), wakeup))
        await wakeup

    async def doze(self, seconds: float) -> None:
        await self.sleep(seconds)

    async def advance(self, seconds: float) -> None:
        """Move on by `seconds`, letting each woken sleeper run before the next is due."""
        until_us = self._us + int(seconds * 1e6)
        await _let_others_run()
        while self._sleepers and self._sleepers[0][0] <= until_us:
            due_us, _, wakeup = heapq.heappop(self._sleepers)
            self._us = max(self._us, due_us)
            if not wakeup.done():
                wakeup.set_result(None)
            await _let_others_run()
        self._us = until_us


async def _let_others_run() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
