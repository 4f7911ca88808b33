"""Looking at an address before it is registered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.handlers.registry import By, RegistryDesk
from shared.clock import Clock
from shared.messages.cameras import DesiredStream, TalkWay
from shared.messages.ingest import ProbeReply, ProbeRequest
from shared.messages.speakers import SpeakerFound, SpeakerWanted


class Prober(Protocol):
    """Ingest and the intercom, asked over the bus."""

    async def probe(self, order: ProbeRequest, speaker: SpeakerWanted) -> tuple[ProbeReply, SpeakerFound]:
        """Raises PeerError where no ingest worker answers."""
        ...


@dataclass(frozen=True, slots=True)
class SpeakerOrder:
    """How its speaker would be registered."""

    talk: TalkWay = "auto"
    talk_port: int | None = None
    talk_channel: int = 1


@dataclass(frozen=True, slots=True)
class ProbeDesk:
    """Checks the address like one that is registered, then asks ingest for its picture and the intercom for its
    speaker."""

    registry: RegistryDesk
    prober: Prober
    trail: AuditTrail
    clock: Clock

    async def probe(self, by: By, order: ProbeRequest, speaker: SpeakerOrder) -> tuple[ProbeReply, SpeakerFound]:
        clean = await self.registry.clean("url", order.url)
        await self.registry.clean_talk_port(clean.url, speaker.talk_port)
        deed = Deed("camera_probed", by.identity.name, by.address, self.clock.now(), detail={"url": clean.url})
        await self.trail.add(deed)
        username = order.username if order.username is not None else clean.username
        password = order.password if order.password is not None else clean.password
        cleaned = ProbeRequest(url=clean.url, username=username, password=password, transport=order.transport)
        wanted = SpeakerWanted(
            main=DesiredStream(url=clean.url, transport=order.transport),
            username=username,
            password=password,
            talk=speaker.talk,
            talk_port=speaker.talk_port,
            talk_channel=speaker.talk_channel,
        )
        return await self.prober.probe(cleaned, wanted)
