"""Facts on their way to the bus: several at once, bounded, the least important dropped first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress

from shared.bus.errors import BusUnreachable
from shared.messages.base import Fact
from shared.telemetry import counter, log

# = what an absent bus may cost in memory: a few minutes of a hundred cameras
FACTS_MAX = 20_000
_AT_ONCE = 64
_WAIT_S = 0.5

_dropped = counter("facts_dropped_total", "facts dropped while the bus was away")


class FactOutbox:
    """Supervised.

    Args:
        is_lesser: facts that are dropped before others while the bus is away.
    """

    def __init__(
        self, publish_fact: Callable[[Fact], Awaitable[None]], is_lesser: Callable[[Fact], bool] = lambda fact: False
    ):
        self._publish_fact = publish_fact
        self._is_lesser = is_lesser
        self._facts: deque[Fact] = deque()
        self._news = asyncio.Event()

    def say(self, fact: Fact) -> None:
        if len(self._facts) >= FACTS_MAX:
            if self._is_lesser(fact):
                _dropped.inc()
                return
            self._facts.popleft()
            _dropped.inc()
        self._facts.append(fact)
        self._news.set()

    async def run_once(self) -> None:
        if not self._facts:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_WAIT_S):
                    await self._news.wait()
        await self.flush()

    async def flush(self) -> None:
        """Everything that waits. Raises BusUnreachable; what was not taken stays."""
        while self._facts:
            some = [self._facts.popleft() for _ in range(min(_AT_ONCE, len(self._facts)))]
            done = await asyncio.gather(*(self._publish_fact(fact) for fact in some), return_exceptions=True)
            failed = [fact for fact, result in zip(some, done, strict=True) if isinstance(result, BaseException)]
            if failed:
                self._facts.extendleft(reversed(failed))
                error = next(result for result in done if isinstance(result, BaseException))
                if not isinstance(error, BusUnreachable):
                    raise error
                log().warning("facts wait", count=len(self._facts), detail=str(error))
                raise error
