"""Makes deliveries as things happen, takes the next step of chains, and forgets what is old."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from services.alerting.adapters.postgres.notice_plans import NoticePlans
from shared.clock import Clock

# = how late a step of a chain comes at most, and a thing whose writer died before it could wake us
LOOK_S = 2.0
_SWEEP_S = 3600.0


class NoticePlanner:
    """Supervised. `wake` after each transaction that wrote facts. Args: planned: called when something may wait."""

    def __init__(self, plans: NoticePlans, clock: Clock, keep_us: int, planned: Callable[[], None]):
        self._plans = plans
        self._clock = clock
        self._keep_us = keep_us
        self._planned = planned
        self._news = asyncio.Event()
        self._swept = -_SWEEP_S

    def wake(self) -> None:
        self._news.set()

    async def run_once(self) -> None:
        """All that waits; then until there is news. Raises PeerError."""
        self._news.clear()
        await self.look()
        if self._clock.monotonic() - self._swept >= _SWEEP_S:
            while await self._plans.sweep(self._clock.now_us() - self._keep_us):
                pass
            self._swept = self._clock.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._news.wait()

    async def look(self) -> None:
        """Everything that is due now."""
        while await self._plans.plan(self._clock.now_us()):
            pass
        while await self._plans.escalate(self._clock.now_us()):
            pass
        self._planned()
