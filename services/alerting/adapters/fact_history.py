"""Facts of the past, out of EVENTS: for trying a rule before it counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from services.alerting.handlers.facts import RULED
from services.alerting.handlers.rules import HeardFact
from shared import subjects
from shared.bus import Bus
from shared.subjects import CameraRef

# = what one question may read, and how long it may take
FACTS_MAX = 400_000
_LIMIT_S = 45.0
# A fact that waits in memory here is on the bus as well: a small queue slows its reading down.
_QUEUE = 2000


class BusFactHistory:
    """Implements `FactHistory`."""

    def __init__(self, bus: Bus, queue_facts: int = _QUEUE):
        self._bus = bus
        self._queue_facts = queue_facts

    async def since(
        self, from_us: int, cameras: Sequence[CameraRef], *, after_seq: int = 0
    ) -> AsyncIterator[HeardFact]:
        wanted = {(ref.site, ref.camera): ref for ref in cameras}
        queue: asyncio.Queue[HeardFact | None] = asyncio.Queue(self._queue_facts)
        is_all_heard = False

        async def hear(subject: str, data: bytes, seq: int) -> None:
            *_, site, camera, name = subject.split(".")
            ref = wanted.get((site, camera))
            if ref is not None and name in RULED:
                await queue.put(HeardFact(ref, name, data, seq))

        def caught_up() -> None:
            nonlocal is_all_heard
            is_all_heard = True
            # For whoever waits at an empty queue; where it is full, what is in it is the end.
            if not queue.full():
                queue.put_nowait(None)

        subject = subjects.facts(camera=cameras[0]) if len(cameras) == 1 else subjects.facts()
        loop = asyncio.get_running_loop()
        ends_at_s = loop.time() + _LIMIT_S
        end = await self._bus.subscribe_facts(
            subject,
            hear,
            since_seq=after_seq + 1 if after_seq else None,
            since_us=None if after_seq else from_us,
            on_caught_up=caught_up,
        )
        count = 0
        try:
            while count < FACTS_MAX and (left_s := ends_at_s - loop.time()) > 0:
                try:
                    async with asyncio.timeout(left_s):
                        fact = await queue.get()
                except TimeoutError:
                    return
                if fact is None:
                    return
                count += 1
                yield fact
                if is_all_heard and queue.empty():
                    return
        finally:
            await end()
