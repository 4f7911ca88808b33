"""Emergency rooms over the bus: asked of the intercom; which are open; and what of the trail belongs into them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress

from pydantic import ValidationError

from services.gateway.audit import AuditFilter, AuditTrail, Deed, Watching
from services.gateway.pages import PageRequest
from shared.audit_chain import ChainedRow
from shared.bus import Bus
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.errors import RequestRefused
from shared.messages.base import Message
from shared.messages.rooms import (
    OpenRoom,
    RoomCamera,
    RoomGuestRef,
    RoomInvitation,
    RoomList,
    RoomNote,
    RoomPerson,
    RoomRef,
    RoomsHeard,
    RoomsOf,
    RoomStatus,
    RoomTold,
    RoomWanted,
)
from shared.telemetry import counter, log

_LIMIT_S = 10.0
# = what an intercom that is away may cost in memory
_TOLD_MAX = 5000
_ROUND_S = 5.0

_dropped = counter("gateway_room_entries_dropped_total", "views of rooms' cameras that no intercom took")


class BusRooms:
    """Implements `Rooms`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def open(self, wanted: RoomWanted) -> RoomStatus:
        return await self._status("room_open", wanted)

    async def room(self, wanted: RoomRef) -> RoomStatus:
        return await self._status("room", wanted)

    async def rooms(self, wanted: RoomsOf) -> RoomList:
        return RoomList.decode(await self._bus.request("intercom", "rooms", wanted, timeout_s=_LIMIT_S))

    async def join(self, person: RoomPerson) -> RoomStatus:
        return await self._status("room_join", person)

    async def leave(self, person: RoomPerson) -> RoomStatus:
        return await self._status("room_leave", person)

    async def note(self, note: RoomNote) -> RoomStatus:
        return await self._status("room_note", note)

    async def invite(self, wanted: RoomInvitation) -> RoomStatus:
        return await self._status("room_invite", wanted)

    async def revoke(self, wanted: RoomGuestRef) -> RoomStatus:
        return await self._status("room_revoke", wanted)

    async def close(self, wanted: RoomRef) -> RoomStatus:
        return await self._status("room_close", wanted)

    async def told(self, told: RoomTold) -> RoomsHeard:
        return RoomsHeard.decode(await self._bus.request("intercom", "room_told", told, timeout_s=_LIMIT_S))

    async def _status(self, name: str, message: Message) -> RoomStatus:
        return RoomStatus.decode(await self._bus.request("intercom", name, message, timeout_s=_LIMIT_S))


class BusOpenRooms:
    """Implements `OpenRooms`: follows KV `rooms`, a supervised task."""

    def __init__(self, bucket: KvBucket):
        self._bucket = bucket
        self._rooms: dict[str, OpenRoom] = {}

    async def find(self, room: str) -> OpenRoom | None:
        there = self._rooms.get(room)
        if there is not None:
            return there
        # One that was opened a moment ago, perhaps.
        entry = await self._bucket.get(room) if room.isalnum() else None
        return None if entry is None or entry.value is None else OpenRoom.decode(entry.value)

    def has_camera(self, camera: str) -> RoomCamera | None:
        """The camera, where an open room has it."""
        for room in self._rooms.values():
            for each in room.cameras:
                if each.camera == camera:
                    return each
        return None

    async def run_once(self) -> None:
        """Follow until cancelled."""
        watch = await self._bucket.watch(self._told)
        try:
            await asyncio.Event().wait()
        finally:
            await watch.close()

    def _told(self, entry: KvEntry) -> None:
        if entry.value is None:
            self._rooms.pop(entry.key, None)
            return
        try:
            self._rooms[entry.key] = OpenRoom.decode(entry.value)
        except ValidationError as error:
            log().warning("open room not readable", key=entry.key, detail=str(error))


class RoomTrail:
    """The audit trail; views of cameras that are in an open room go on to its timeline. Supervised.

    Nobody who looks waits for it, and what no intercom takes is dropped: the trail itself has it.
    """

    def __init__(self, trail: AuditTrail, open_rooms: BusOpenRooms, rooms: BusRooms):
        self._trail = trail
        self._open_rooms = open_rooms
        self._rooms = rooms
        self._waiting: deque[RoomTold] = deque()
        self._news = asyncio.Event()

    async def add(self, deed: Deed) -> None:
        await self._trail.add(deed)
        self._note(deed)

    async def newest(self, page: PageRequest, wanted: AuditFilter) -> list[ChainedRow]:
        return await self._trail.newest(page, wanted)

    def chain(self, after: int) -> AsyncIterator[list[ChainedRow]]:
        return self._trail.chain(after)

    async def watchings(self, page: PageRequest, site: str, camera: str | None) -> list[Watching]:
        return await self._trail.watchings(page, site, camera)

    async def run_once(self) -> None:
        """Tell what waits. Raises PeerError; what was not taken stays."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ROUND_S):
                await self._news.wait()
        self._news.clear()
        while self._waiting:
            told = self._waiting[0]
            try:
                await self._rooms.told(told)
            except RequestRefused as refusal:
                if refusal.status >= 500:
                    self._news.set()
                    await asyncio.sleep(_ROUND_S)
                    return
                log().warning("a view did not go on a timeline", detail=str(refusal))
            self._waiting.popleft()

    def _note(self, deed: Deed) -> None:
        if deed.action not in ("live_view", "live_view_ended") or deed.camera is None or deed.who is None:
            return
        camera = self._open_rooms.has_camera(deed.camera)
        if camera is None:
            return
        if len(self._waiting) >= _TOLD_MAX:
            _dropped.inc()
            return
        at_us = int(deed.at.timestamp() * 1e6)
        kind = "view_started" if deed.action == "live_view" else "view_ended"
        self._waiting.append(
            RoomTold(
                told=f"{kind} {deed.who} {deed.camera} {at_us}"[:300],
                camera=camera,
                kind=kind,
                who=deed.who,
                at_us=at_us,
                seconds=deed.seconds,
            )
        )
        self._news.set()
