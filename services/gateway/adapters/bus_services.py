"""The six services, as their signs of life and their own answers say."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from services.gateway.status import SERVICES, ServiceName, ServiceSeen, seen
from shared.bus import Bus
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.status import ServiceStatus, StatusWanted

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
        workers, answer = await asyncio.gather(self._workers(name), self._answer(name))
        state = seen(name, workers, answer, None).state
        known, since = self._since.get(name, ("", self._clock.now()))
        if known != state:
            since = self._clock.now()
            self._since[name] = (state, since)
        return seen(name, workers, answer, since)

    async def _workers(self, name: ServiceName) -> int:
        try:
            members = await self._bus.kv(f"members_{name}")
            return len(await members.keys())
        except PeerError:
            return 0  # the bus is away: nobody is seen

    async def _answer(self, name: ServiceName) -> ServiceStatus | None:
        try:
            return ServiceStatus.decode(await self._bus.request(name, "status", StatusWanted(), timeout_s=_LIMIT_S))
        except (PeerError, RequestRefused, ValidationError):
            return None  # silence and nonsense are both no answer
