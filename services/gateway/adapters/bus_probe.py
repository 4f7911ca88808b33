"""Ingest and the intercom, asked to look at an address."""

from __future__ import annotations

import asyncio

from services.gateway.speakers import SpeakerProber
from shared.bus import Bus
from shared.clock import Clock
from shared.errors import PeerError
from shared.messages.ingest import ProbeReply, ProbeRequest
from shared.messages.speakers import SpeakerFound, SpeakerWanted

# Ingest tries TCP, then UDP, each with its own limit, and waits for a whole GOP.
_LIMIT_S = 20.0


class BusProber:
    """Implements `Prober`: both at the same time, and without the intercom the picture alone."""

    def __init__(self, bus: Bus, intercom: SpeakerProber, clock: Clock):
        self._bus = bus
        self._intercom = intercom
        self._clock = clock

    async def probe(self, order: ProbeRequest, speaker: SpeakerWanted) -> tuple[ProbeReply, SpeakerFound]:
        return await asyncio.gather(self._picture(order), self._speaker(speaker))

    async def _picture(self, order: ProbeRequest) -> ProbeReply:
        return ProbeReply.decode(await self._bus.request("ingest", "probe", order, timeout_s=_LIMIT_S))

    async def _speaker(self, wanted: SpeakerWanted) -> SpeakerFound:
        try:
            return await self._intercom.probe_speaker(wanted)
        except PeerError:
            return SpeakerFound(
                way=None,
                reason_code="intercom_away",
                reason="The intercom does not answer: whether one can speak through this camera is not known.",
                at_us=self._clock.now_us(),
            )
