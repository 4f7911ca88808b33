"""The detector, asked over the bus."""

from __future__ import annotations

import asyncio

from shared.bus import Bus
from shared.errors import PeerError
from shared.messages.detector import Capabilities, CapabilitiesWanted
from shared.messages.uniforms import UniformPhotoJudged, UniformPhotoWanted

_LIMIT_S = 5.0
_AT_ONCE = 32
# A photo waits for the batch that the models are busy with.
_PHOTO_LIMIT_S = 15.0


class BusDetector:
    """Implements `Detector` and `UniformEye`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def capabilities(self) -> tuple[list[Capabilities], list[str]]:
        workers = sorted(await (await self._bus.kv("members_detector")).keys())
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def ask(worker: str) -> Capabilities | None:
            async with at_once:
                return await self._ask(worker)

        answers = await asyncio.gather(*(ask(worker) for worker in workers))
        said = [answer for answer in answers if answer is not None]
        return said, [worker for worker, answer in zip(workers, answers, strict=True) if answer is None]

    async def _ask(self, worker: str) -> Capabilities | None:
        wanted = CapabilitiesWanted()
        try:
            answer = await self._bus.request("detector", "capabilities", wanted, timeout_s=_LIMIT_S, instance=worker)
        except PeerError:
            return None
        return Capabilities.decode(answer)

    async def uniform_photo(self, wanted: UniformPhotoWanted) -> UniformPhotoJudged:
        answer = await self._bus.request("detector", "uniform_photo", wanted, timeout_s=_PHOTO_LIMIT_S)
        return UniformPhotoJudged.decode(answer)
