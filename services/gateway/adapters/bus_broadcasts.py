"""Broadcasts and announcements, asked of the intercom over the bus."""

from __future__ import annotations

from collections.abc import Sequence

from shared.bus import Bus
from shared.bus.errors import NobodyAnswers
from shared.errors import RequestRefused
from shared.messages.announcements import (
    AnnouncementList,
    AnnouncementRef,
    AnnouncementsOf,
    AnnouncementStatus,
    AnnouncementWanted,
    ScheduleList,
    ScheduleRef,
    SchedulesOf,
    ScheduleStatus,
    ScheduleWanted,
    SpeechMade,
    SpeechWanted,
)
from shared.messages.base import Message
from shared.messages.broadcasts import (
    BroadcastChange,
    BroadcastList,
    BroadcastOpened,
    BroadcastRef,
    BroadcastsOf,
    BroadcastStatus,
    BroadcastWanted,
)
from shared.messages.playback import ObjectPlace

_LIMIT_S = 10.0
# A text is spoken, or a file decoded, in a process of its own, and others may be before it.
_MAKING_LIMIT_S = 40.0


class BusBroadcasts:
    """Implements `BroadcastIntercom`: any worker for a new one, the worker that holds it for the rest."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def open(self, wanted: BroadcastWanted) -> BroadcastOpened:
        limit_s = _LIMIT_S if wanted.text is None else _MAKING_LIMIT_S
        return BroadcastOpened.decode(await self._bus.request("intercom", "broadcast_open", wanted, timeout_s=limit_s))

    async def status(self, broadcast: BroadcastRef) -> BroadcastStatus:
        try:
            return await self._pinned("broadcast", broadcast.broadcast, broadcast)
        except RequestRefused as refusal:
            if refusal.code != "no_such_broadcast":
                raise
        past = await self._bus.request("intercom", "broadcast_past", broadcast, timeout_s=_LIMIT_S)
        return BroadcastStatus.decode(past)

    async def change(self, change: BroadcastChange) -> BroadcastStatus:
        return await self._pinned("broadcast_change", change.broadcast, change)

    async def end(self, broadcast: BroadcastRef) -> BroadcastStatus:
        return await self._pinned("broadcast_end", broadcast.broadcast, broadcast)

    async def newest(self, wanted: BroadcastsOf) -> Sequence[BroadcastStatus]:
        return BroadcastList.decode(await self._bus.request("intercom", "broadcasts", wanted, timeout_s=_LIMIT_S)).items

    async def _pinned(self, name: str, broadcast: str, message: Message) -> BroadcastStatus:
        worker = broadcast.rpartition(".")[0]
        try:
            answer = await self._bus.request("intercom", name, message, timeout_s=_LIMIT_S, instance=worker)
        except NobodyAnswers as error:
            raise RequestRefused(
                "no_such_broadcast", "What held this broadcast is gone. Open a new one.", status=404
            ) from error
        return BroadcastStatus.decode(answer)


class BusAnnouncements:
    """Implements `AnnouncementLibrary`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def add(self, wanted: AnnouncementWanted) -> AnnouncementStatus:
        return AnnouncementStatus.decode(await self._ask("announcement_add", wanted, _MAKING_LIMIT_S))

    async def one(self, wanted: AnnouncementRef) -> AnnouncementStatus:
        return AnnouncementStatus.decode(await self._ask("announcement", wanted))

    async def newest(self) -> Sequence[AnnouncementStatus]:
        return AnnouncementList.decode(await self._ask("announcements", AnnouncementsOf(limit=1000))).items

    async def remove(self, wanted: AnnouncementRef) -> AnnouncementStatus:
        return AnnouncementStatus.decode(await self._ask("announcement_remove", wanted))

    async def sound(self, wanted: AnnouncementRef) -> ObjectPlace:
        return ObjectPlace.decode(await self._ask("announcement_sound", wanted))

    async def preview(self, wanted: SpeechWanted) -> SpeechMade:
        return SpeechMade.decode(await self._ask("announcement_preview", wanted, _MAKING_LIMIT_S))

    async def add_schedule(self, wanted: ScheduleWanted) -> ScheduleStatus:
        return ScheduleStatus.decode(await self._ask("schedule_add", wanted))

    async def schedules(self) -> Sequence[ScheduleStatus]:
        return ScheduleList.decode(await self._ask("schedules", SchedulesOf())).items

    async def remove_schedule(self, wanted: ScheduleRef) -> ScheduleStatus:
        return ScheduleStatus.decode(await self._ask("schedule_remove", wanted))

    async def _ask(self, name: str, wanted: Message, limit_s: float = _LIMIT_S) -> bytes:
        return await self._bus.request("intercom", name, wanted, timeout_s=limit_s)
