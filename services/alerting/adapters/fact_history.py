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

    def __init__(self, bus: Bus):
        self._bus = bus

    async def since(self, from_us: int, cameras: Sequence[CameraRef]) -> AsyncIterator[HeardFact]:
        wanted = {(ref.site, ref.camera): ref for ref in cameras}
        queue: asyncio.Queue[HeardFact | None] = asyncio.Queue(_QUEUE)

        async def hear(subject: str, data: bytes, seq: int) -> None:
            *_, site, camera, name = subject.split(".")
            ref = wanted.get((site, camera))
            if ref is not None and name in RULED:
                await queue.put(HeardFact(ref, name, data, seq))

        def caught_up() -> None:
            if not queue.full():
                queue.put_nowait(None)

        subject = subjects.facts(camera=cameras[0]) if len(cameras) == 1 else subjects.facts()
        loop = asyncio.get_running_loop()
        ends_at_s = loop.time() + _LIMIT_S
        end = await self._bus.subscribe_facts(subject, hear, since_us=from_us, on_caught_up=caught_up)
        count = 0
        try:
            while count < FACTS_MAX and (left_s := ends_at_s - loop.time()) > 0:
                try:
                    fact = await asyncio.wait_for(queue.get(), left_s)
                except TimeoutError:
                    return
                if fact is None:
                    return
                count += 1
                yield fact
        finally:
            await end()
