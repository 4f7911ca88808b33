"""Silences and maintenance, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.base import Message
from shared.messages.silences import SilenceEnd, SilenceList, SilencesWanted, SilenceWanted

_LIMIT_S = 10.0


class BusSilences:
    """Implements `SilenceKeeper`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def silences(self, wanted: SilencesWanted) -> SilenceList:
        return await self._ask("silences", wanted)

    async def add(self, wanted: SilenceWanted) -> SilenceList:
        return await self._ask("silence_add", wanted)

    async def end(self, wanted: SilenceEnd) -> SilenceList:
        return await self._ask("silence_end", wanted)

    async def _ask(self, name: str, wanted: Message) -> SilenceList:
        return SilenceList.decode(await self._bus.request("alerting", name, wanted, timeout_s=_LIMIT_S))
