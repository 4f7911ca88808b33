"""Ingest, asked to look at an address."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.ingest import ProbeReply, ProbeRequest

# Ingest tries TCP, then UDP, each with its own limit, and waits for a whole GOP.
_LIMIT_S = 20.0


class BusProber:
    """Implements `Prober`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def probe(self, order: ProbeRequest) -> ProbeReply:
        return ProbeReply.decode(await self._bus.request("ingest", "probe", order, timeout_s=_LIMIT_S))
