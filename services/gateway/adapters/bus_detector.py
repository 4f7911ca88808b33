"""The detector, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.detector import Capabilities, CapabilitiesWanted

_LIMIT_S = 5.0


class BusDetector:
    """Implements `Detector`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def capabilities(self) -> Capabilities:
        answer = await self._bus.request("detector", "capabilities", CapabilitiesWanted(), timeout_s=_LIMIT_S)
        return Capabilities.decode(answer)
