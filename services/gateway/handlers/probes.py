"""Looking at an address before it is registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.handlers.registry import By, RegistryDesk
from shared.clock import Clock
from shared.messages.cameras import Transport


@dataclass(frozen=True, slots=True)
class ProbeOrder:
    """What to look at; the URL holds no credentials."""

    url: str
    username: str | None
    password: str | None
    transport: Transport


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What was found; `reason` is a sentence a person can act on."""

    is_usable: bool
    reason: str
    reason_code: str
    codecs: str | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    audio: str | None = None
    transport: str | None = None
    took_ms: float | None = None


class Prober(Protocol):
    """Ingest, asked over the bus."""

    async def probe(self, order: ProbeOrder) -> ProbeResult: ...


@dataclass(frozen=True, slots=True)
class ProbeDesk:
    """Checks the address like one that is registered, then asks ingest."""

    registry: RegistryDesk
    prober: Prober
    trail: AuditTrail
    clock: Clock

    async def probe(self, by: By, order: ProbeOrder) -> ProbeResult:
        clean = await self.registry.clean("url", order.url)
        deed = Deed("camera_probed", by.identity.name, by.address, self.clock.now(), detail={"url": clean.url})
        await self.trail.add(deed)
        username = order.username if order.username is not None else clean.username
        password = order.password if order.password is not None else clean.password
        return await self.prober.probe(ProbeOrder(clean.url, username, password, order.transport))
