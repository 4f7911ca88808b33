"""A worker's sign of life in `members_<service>`, for services that lease no shards (those have it in their leases)."""

from __future__ import annotations

from shared.bus import Bus
from shared.bus.errors import BusUnreachable
from shared.bus.kv import KvBucket
from shared.clock import Clock
from shared.shard_plan import HEARTBEAT_S
from shared.telemetry import log


class Presence:
    """Supervised: one heartbeat a round. While the bus is away it is silent, which is what the others should see."""

    def __init__(self, bus: Bus, service: str, worker: str, clock: Clock):
        self._bus = bus
        self._service = service
        self._worker = worker
        self._clock = clock
        self._members: KvBucket | None = None
        self._beat = 0

    async def run_once(self) -> None:
        self._beat += 1
        try:
            if self._members is None:
                self._members = await self._bus.kv(f"members_{self._service}")
            await self._members.put(self._worker, str(self._beat).encode())
        except BusUnreachable as error:
            log().warning("no sign of life given", detail=str(error))
        await self._clock.sleep(HEARTBEAT_S)

    async def leave(self) -> None:
        """Gone at once, instead of after the seconds that a silent worker is waited for."""
        if self._members is None:
            return
        try:
            await self._members.delete(self._worker)
        except BusUnreachable:
            log().warning("left without a word, the others find out in a moment")
