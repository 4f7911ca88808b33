"""The recorder, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.base import Message
from shared.messages.playback import (
    GopPlace,
    GopWanted,
    ObjectPlace,
    ObjectWanted,
    PlaylistReply,
    PlaylistWanted,
    TimelineReply,
    TimelineWanted,
)

_LIMIT_S = 10.0


class BusRecorder:
    """Implements `Recorder`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def timeline(self, wanted: TimelineWanted) -> TimelineReply:
        return TimelineReply.decode(await self._ask("timeline", wanted))

    async def playlist(self, wanted: PlaylistWanted) -> PlaylistReply:
        return PlaylistReply.decode(await self._ask("playlist", wanted))

    async def object(self, wanted: ObjectWanted) -> ObjectPlace:
        return ObjectPlace.decode(await self._ask("object", wanted))

    async def gop(self, wanted: GopWanted) -> GopPlace:
        return GopPlace.decode(await self._ask("gop", wanted))

    async def _ask(self, name: str, wanted: Message) -> bytes:
        return await self._bus.request("recorder", name, wanted, timeout_s=_LIMIT_S)
