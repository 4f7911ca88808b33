"""Writes what the ledger has to say: states to KV, facts to the stream EVENTS; kept while the bus is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from services.ingest.camera_ledger import CameraLedger
from shared.clock import Clock
from shared.errors import PeerError
from shared.messages.base import Fact
from shared.messages.cameras import CameraState
from shared.subjects import CameraRef

GATHER_S = 0.2  # = how much older a state on the bus may be, for one write instead of several


class StateWriter:
    """Supervised: a round begins when `news` is set and writes all that is new. A failed write stays to be written."""

    def __init__(
        self,
        ledger: CameraLedger,
        news: asyncio.Event,
        put_state: Callable[[CameraRef, CameraState], Awaitable[None]],
        publish_fact: Callable[[Fact], Awaitable[None]],
        clock: Clock,
    ):
        self._ledger = ledger
        self._news = news
        self._put_state = put_state
        self._publish_fact = publish_fact
        self._clock = clock

    async def run_once(self) -> None:
        await self._news.wait()
        await self._clock.doze(GATHER_S)
        self._news.clear()
        try:
            await self.flush()
        except PeerError:
            self._news.set()
            raise

    async def flush(self) -> None:
        """Everything that waits, now. Raises PeerError where the bus is away."""
        unwritten = self._ledger.take_unwritten()
        for position, (camera, state) in enumerate(unwritten):
            try:
                await self._put_state(camera, state)
            except PeerError:
                for left, _ in unwritten[position:]:
                    self._ledger.put_back(left)
                raise
        facts = self._ledger.facts
        while facts:
            await self._publish_fact(facts[0])
            facts.popleft()
