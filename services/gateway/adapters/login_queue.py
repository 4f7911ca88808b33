"""Who logs in waits here for their turn: a few at once, some more in line, and nobody beyond that."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.gateway.refusals import TryLater
from shared.clock import Clock
from shared.telemetry import counter, gauge

# = as many as hash at once, and one that reads or writes meanwhile: of five connections to the database two are left
# to whoever is logged in, however many come
_AT_ONCE = 3
# = what a turn is taken to last before the first was measured
_FIRST_GUESS_S = 0.2
_LONGEST_S = 60

_LINE = gauge("gateway_logins_waiting", "people who wait for their turn to log in")
_SENT_AWAY = counter("gateway_logins_sent_away_total", "log-ins refused because too many waited")


class LoginQueue:
    """First come, first served. Logging in is slow on purpose: hashing takes 64 MiB and both cores for 0.1 s."""

    def __init__(self, clock: Clock, waiting_max: int):
        self._clock = clock
        self._waiting_max = waiting_max
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._turn_s = _FIRST_GUESS_S

    def require_place(self) -> None:
        """Raises TryLater (503) where too many wait."""
        if self._waiting >= self._waiting_max and self._free.locked():
            _SENT_AWAY.inc()
            raise self._too_many()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises TryLater (503) where too many wait."""
        self.require_place()
        self._waiting += 1
        _LINE.set(self._waiting)
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
            _LINE.set(self._waiting)
        began = self._clock.monotonic()
        try:
            yield
        finally:
            self._free.release()
            self._turn_s += 0.1 * (self._clock.monotonic() - began - self._turn_s)

    def _too_many(self) -> TryLater:
        # When those in line are through; not all at the same moment again.
        line_s = self._waiting * self._turn_s / _AT_ONCE
        wait_s = min(_LONGEST_S, 1 + round(line_s * random.uniform(1.0, 2.0)))
        return TryLater(
            "too_many_logins",
            f"Too many people are logging in at this moment. Try again in {wait_s} s.",
            status=503,
            retry_after_s=wait_s,
        )
