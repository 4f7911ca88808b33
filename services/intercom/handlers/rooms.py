"""What the intercom is asked about emergency rooms, and what it hears that belongs into their timelines."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from services.intercom.room_rules import NewEntry, admitted, open_room, refs, require_camera, require_open
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.messages.intercom import FloorHeld, TalkEnded, TalkStarted
from shared.messages.rooms import (
    GuestPass,
    OpenRoom,
    RoomCamera,
    RoomClosed,
    RoomFloor,
    RoomGuest,
    RoomGuestRef,
    RoomInvitation,
    RoomList,
    RoomNote,
    RoomOpened,
    RoomPerson,
    RoomRef,
    RoomsHeard,
    RoomsOf,
    RoomStatus,
    RoomTold,
    RoomWanted,
)
from shared.subjects import CameraRef

# = how long a floor counts as held that nobody renewed (floors end after 3.5 s)
FLOOR_FRESH_S = 5.0
ROOMS_MAX = 200


class RoomRecords(Protocol):
    """What is kept of rooms. All raise PeerError, or RequestRefused, while the database is away.

    Those that change a room take the entry that goes on its timeline with the change, and return it as it is then.
    """

    async def open(self, room: RoomStatus, entry: NewEntry) -> RoomStatus: ...

    async def room(self, id: str, after: int, limit: int) -> RoomStatus | None:
        """With the entries behind a number."""
        ...

    async def rooms(self, is_open: bool | None, limit: int) -> list[RoomStatus]: ...

    async def seen(self, room: str, who: str, now_us: int) -> None: ...

    async def join(self, room: str, who: str, is_guest: bool, entry: NewEntry) -> RoomStatus: ...

    async def leave(self, room: str, who: str, entry: NewEntry) -> RoomStatus: ...

    async def add(self, room: str, entry: NewEntry) -> RoomStatus: ...

    async def invite(self, room: str, guest: RoomGuest, entry: NewEntry) -> RoomStatus: ...

    async def revoke(self, room: str, guest: str, now_us: int, entry: NewEntry) -> RoomStatus:
        """Raises RequestRefused where there is no such guest."""
        ...

    async def close(self, room: str, by: str, now_us: int, entry: NewEntry) -> RoomStatus: ...

    async def with_camera(self, camera: CameraRef, now_us: int) -> list[str]:
        """Rooms that are open, or were a minute ago."""
        ...


class RoomPasses(Protocol):
    """KV `rooms`, by which gateways judge."""

    async def put(self, room: OpenRoom) -> None: ...

    async def remove(self, room: str) -> None: ...


@dataclass(slots=True)
class RoomHandlers:
    """One function for each request and each news.

    Args:
        tell: takes an entry for every open room with that camera, to be written soon.
    """

    clock: Clock
    records: RoomRecords
    passes: RoomPasses
    cameras: Mapping[CameraRef, DesiredCamera]
    say: Callable[[Fact], None]
    tell: Callable[[CameraRef, NewEntry], None]
    guest_max_h: float
    open_rooms: dict[str, OpenRoom] = field(default_factory=dict)
    _floors: dict[CameraRef, tuple[FloorHeld, float]] = field(default_factory=dict)

    async def room_open(self, request: bytes) -> RoomStatus:
        wanted = RoomWanted.decode(request)
        if len(self.open_rooms) >= ROOMS_MAX:
            raise RequestRefused(
                "too_many_rooms", f"{ROOMS_MAX} rooms are open: close those that are over.", status=409
            )
        for camera in refs(wanted.cameras):
            if camera not in self.cameras:
                raise RequestRefused("no_such_camera", f"There is no camera {camera.camera!r}.", status=404)
        now_us = self.clock.now_us()
        room = RoomStatus(
            room=secrets.token_hex(8),
            title=wanted.title,
            case=wanted.case,
            opened_by=wanted.opened_by,
            opened_us=now_us,
            cameras=tuple({(each.site, each.camera): each for each in wanted.cameras}.values()),
        )
        made = await self.records.open(room, NewEntry("opened", now_us, wanted.opened_by, text=wanted.title))
        await self._told(made)
        about = {"room": made.room, "title": made.title, "case": made.case, "by": wanted.opened_by}
        self.say(RoomOpened.model_validate({**about, "cameras": made.cameras, "at_us": now_us}))
        return self._with_floors(made)

    async def room(self, request: bytes) -> RoomStatus:
        wanted = RoomRef.decode(request)
        if wanted.by:
            await self.records.seen(wanted.room, wanted.by, self.clock.now_us())
        return self._with_floors(await self._room(wanted.room, wanted.after, wanted.limit))

    async def rooms(self, request: bytes) -> RoomList:
        wanted = RoomsOf.decode(request)
        return RoomList(items=tuple(await self.records.rooms(wanted.is_open, wanted.limit)))

    async def room_join(self, request: bytes) -> RoomStatus:
        person = RoomPerson.decode(request)
        require_open(await self._room(person.room))
        entry = NewEntry("joined", self.clock.now_us(), person.who)
        return self._with_floors(await self.records.join(person.room, person.who, person.is_guest, entry))

    async def room_leave(self, request: bytes) -> RoomStatus:
        person = RoomPerson.decode(request)
        await self._room(person.room)
        entry = NewEntry("left", self.clock.now_us(), person.who)
        return self._with_floors(await self.records.leave(person.room, person.who, entry))

    async def room_note(self, request: bytes) -> RoomStatus:
        note = RoomNote.decode(request)
        status = await self._room(note.room)
        require_open(status)
        camera = require_camera(status, note.camera)
        entry = NewEntry(note.kind, self.clock.now_us(), note.who, camera, note.text)
        return self._with_floors(await self.records.add(note.room, entry))

    async def room_invite(self, request: bytes) -> RoomStatus:
        wanted = RoomInvitation.decode(request)
        require_open(await self._room(wanted.room))
        now_us = self.clock.now_us()
        if not now_us < wanted.until_us <= now_us + self.guest_max_h * 3.6e9:
            raise RequestRefused(
                "bad_end", f"A guest's time ends in the future, and within {self.guest_max_h:g} h.", status=422
            )
        granted = GuestPass(
            guest=wanted.guest or secrets.token_hex(4),
            name=wanted.name,
            verbs=wanted.verbs,
            priority=wanted.priority,
            until_us=wanted.until_us,
        )
        words = f"{wanted.name} may {' and '.join(wanted.verbs)}"
        made = await self.records.invite(
            wanted.room,
            RoomGuest(granted=granted, invited_by=wanted.by, invited_us=now_us),
            NewEntry("guest_invited", now_us, wanted.by, text=words),
        )
        await self._told(made)
        return self._with_floors(made)

    async def room_revoke(self, request: bytes) -> RoomStatus:
        wanted = RoomGuestRef.decode(request)
        status = await self._room(wanted.room)
        name = next((each.granted.name for each in status.guests if each.granted.guest == wanted.guest), "")
        now_us = self.clock.now_us()
        entry = NewEntry("guest_revoked", now_us, wanted.by, text=name)
        made = await self.records.revoke(wanted.room, wanted.guest, now_us, entry)
        await self._told(made)
        return self._with_floors(made)

    async def room_close(self, request: bytes) -> RoomStatus:
        wanted = RoomRef.decode(request)
        require_open(await self._room(wanted.room))
        now_us = self.clock.now_us()
        made = await self.records.close(wanted.room, wanted.by, now_us, NewEntry("closed", now_us, wanted.by))
        await self.passes.remove(made.room)
        about = {"room": made.room, "title": made.title, "case": made.case, "by": wanted.by}
        closed = {**about, "cameras": made.cameras, "at_us": now_us, "entries": made.entries_total}
        self.say(RoomClosed.model_validate(closed))
        return self._with_floors(made)

    async def room_told(self, request: bytes) -> RoomsHeard:
        told = RoomTold.decode(request)
        camera = None if told.camera is None else CameraRef(told.camera.site, told.camera.camera)
        entry = NewEntry(
            told.kind, told.at_us, told.who, None if camera is None else str(camera), told.text, told.seconds, told.told
        )
        rooms = [told.room] if told.room is not None else []
        if told.room is None and camera is not None:
            rooms = await self.records.with_camera(camera, self.clock.now_us())
        for room in rooms:
            await self.records.add(room, entry)
        return RoomsHeard(rooms=len(rooms))

    def fact_said(self, fact: Fact) -> None:
        """A fact of this worker: who spoke goes on the timelines of the rooms that have the camera."""
        if isinstance(fact, TalkStarted):
            entry = NewEntry(
                "talk_started", fact.at_us, fact.talker, str(fact.about()), told=f"{fact.talk} {fact.at_us}"
            )
            self._tell(fact.about(), entry)
        elif isinstance(fact, TalkEnded):
            words = "" if fact.ending == "released" else fact.ending.replace("_", " ")
            camera, told = str(fact.about()), f"{fact.talk} {fact.at_us} ended"
            entry = NewEntry("talk_ended", fact.at_us, fact.talker, camera, words, fact.seconds, told)
            self._tell(fact.about(), entry)

    def room_changed(self, id: str, room: OpenRoom | None) -> None:
        """KV `rooms`."""
        if room is None:
            self.open_rooms.pop(id, None)
        else:
            self.open_rooms[id] = room

    def floor_changed(self, camera: CameraRef, held: FloorHeld | None) -> None:
        """KV `floors`: renewed every second or so while somebody speaks."""
        if held is None:
            self._floors.pop(camera, None)
        else:
            self._floors[camera] = held, self.clock.monotonic()

    def is_out(self, guest: str) -> bool:
        """Whether somebody's time is over. Args: guest: `<room>.<guest>`, as in TalkWanted."""
        room, _, id = guest.partition(".")
        return admitted(self.open_rooms.get(room), id, self.clock.now_us()) is None

    def _tell(self, camera: CameraRef, entry: NewEntry) -> None:
        if any(camera in refs(room.cameras) for room in self.open_rooms.values()):
            self.tell(camera, entry)

    async def _room(self, id: str, after: int = 0, limit: int = 1) -> RoomStatus:
        status = await self.records.room(id, after, limit)
        if status is None:
            raise RequestRefused("no_such_room", f"There is no room {id[:80]!r}.", status=404)
        return status

    async def _told(self, status: RoomStatus) -> None:
        if status.closed_us is None:
            await self.passes.put(open_room(status, self.clock.now_us()))

    def _with_floors(self, status: RoomStatus) -> RoomStatus:
        floors = tuple(RoomFloor(camera=each, held=self._held(each)) for each in status.cameras)
        return status.model_copy(update={"floors": floors})

    def _held(self, camera: RoomCamera) -> FloorHeld | None:
        held, since_s = self._floors.get(CameraRef(camera.site, camera.camera), (None, 0.0))
        return held if self.clock.monotonic() - since_s < FLOOR_FRESH_S else None
