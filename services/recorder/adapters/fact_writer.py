"""Writes what the ledger has to say to EVENTS; kept while the bus is away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.recorder.outage_ledger import OutageLedger
from shared.clock import Clock
from shared.messages.base import Fact

ROUND_S = 0.5


class FactWriter:
    """Supervised: a failed write stays to be written."""

    def __init__(self, ledger: OutageLedger, publish_fact: Callable[[Fact], Awaitable[None]], clock: Clock):
        self._ledger = ledger
        self._publish_fact = publish_fact
        self._clock = clock

    async def run_once(self) -> None:
        await self._clock.sleep(ROUND_S)
        await self.flush()

    async def flush(self) -> None:
        """Everything that waits, now. Raises PeerError where the bus is away."""
        facts = self._ledger.facts
        while facts:
            await self._publish_fact(facts[0])
            facts.popleft()
