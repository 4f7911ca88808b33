"""The six services, as their signs of life and their own answers say."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from services.gateway.status import SERVICES, InstanceSeen, ServiceName, ServiceSeen, instance_seen, seen
from shared.bus import Bus
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.status import HealthWanted, ServiceStatus, StatusWanted, WorkerHealth

_LIMIT_S = 1.0
# = how old what is told of single workers may be; however many look at the page, each is asked no more often
_INSTANCES_S = 5.0
_AT_ONCE = 32


class BusServices:
    """Implements `Services`; remembers since when each is as it is."""

    def __init__(self, bus: Bus, clock: Clock):
        self._bus = bus
        self._clock = clock
        self._since: dict[ServiceName, tuple[str, datetime]] = {}
        self._instances: dict[ServiceName, tuple[float, frozenset[str], tuple[InstanceSeen, ...]]] = {}
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    def is_bus_up(self) -> bool:
        return self._bus.is_connected

    async def seen(self) -> Sequence[ServiceSeen]:
        return await asyncio.gather(*(self._see(name) for name in SERVICES))

    async def _see(self, name: ServiceName) -> ServiceSeen:
        workers = await self._workers(name)
        answer, instances = await asyncio.gather(self._answer(name), self._of_each(name, workers))
        state = seen(name, len(workers), answer, None, instances).state
        known, since = self._since.get(name, ("", self._clock.now()))
        if known != state:
            since = self._clock.now()
            self._since[name] = (state, since)
        return seen(name, len(workers), answer, since, instances)

    async def _workers(self, name: ServiceName) -> frozenset[str]:
        try:
            members = await self._bus.kv(f"members_{name}")
            return frozenset(await members.keys())
        except PeerError:
            return frozenset()  # the bus is away: nobody is seen

    async def _answer(self, name: ServiceName) -> ServiceStatus | None:
        try:
            return ServiceStatus.decode(await self._bus.request(name, "status", StatusWanted(), timeout_s=_LIMIT_S))
        except (PeerError, RequestRefused, ValidationError):
            return None  # silence and nonsense are both no answer

    async def _of_each(self, name: ServiceName, workers: frozenset[str]) -> tuple[InstanceSeen, ...]:
        now_s = self._clock.monotonic()
        known = self._instances.get(name)
        if known is not None and known[1] == workers and now_s - known[0] < _INSTANCES_S:
            return known[2]
        found: tuple[InstanceSeen, ...]
        if workers:
            found = tuple(await asyncio.gather(*(self._instance(name, worker) for worker in sorted(workers))))
        else:
            # One that cannot start gives no sign of life yet, and says what it waits for.
            starting = await self._health(name, None)
            found = () if starting is None else (instance_seen(starting),)
        self._instances[name] = (now_s, workers, found)
        return found

    async def _instance(self, name: ServiceName, worker: str) -> InstanceSeen:
        health = await self._health(name, worker)
        return InstanceSeen(worker, "silent") if health is None else instance_seen(health)

    async def _health(self, name: ServiceName, worker: str | None) -> WorkerHealth | None:
        async with self._at_once:
            try:
                answer = await self._bus.request(name, "health", HealthWanted(), timeout_s=_LIMIT_S, instance=worker)
                return WorkerHealth.decode(answer)
            except (PeerError, RequestRefused, ValidationError):
                return None
