"""Looking at an address before it is registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.handlers.registry import By, RegistryDesk
from shared.clock import Clock
from shared.messages.ingest import ProbeReply, ProbeRequest


class Prober(Protocol):
    """Ingest, asked over the bus."""

    async def probe(self, order: ProbeRequest) -> ProbeReply:
        """Raises PeerError where no ingest worker answers."""
        ...


@dataclass(frozen=True, slots=True)
class ProbeDesk:
    """Checks the address like one that is registered, then asks ingest."""

    registry: RegistryDesk
    prober: Prober
    trail: AuditTrail
    clock: Clock

    async def probe(self, by: By, order: ProbeRequest) -> ProbeReply:
        clean = await self.registry.clean("url", order.url)
        deed = Deed("camera_probed", by.identity.name, by.address, self.clock.now(), detail={"url": clean.url})
        await self.trail.add(deed)
        username = order.username if order.username is not None else clean.username
        password = order.password if order.password is not None else clean.password
        cleaned = ProbeRequest(url=clean.url, username=username, password=password, transport=order.transport)
        return await self.prober.probe(cleaned)
