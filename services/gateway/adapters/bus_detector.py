"""The detector, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.detector import Capabilities, CapabilitiesWanted
from shared.messages.uniforms import UniformPhotoJudged, UniformPhotoWanted

_LIMIT_S = 5.0
# A photo waits for the batch that the models are busy with.
_PHOTO_LIMIT_S = 15.0


class BusDetector:
    """Implements `Detector` and `UniformEye`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def capabilities(self) -> Capabilities:
        answer = await self._bus.request("detector", "capabilities", CapabilitiesWanted(), timeout_s=_LIMIT_S)
        return Capabilities.decode(answer)

    async def uniform_photo(self, wanted: UniformPhotoWanted) -> UniformPhotoJudged:
        answer = await self._bus.request("detector", "uniform_photo", wanted, timeout_s=_PHOTO_LIMIT_S)
        return UniformPhotoJudged.decode(answer)
