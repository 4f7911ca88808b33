"""Emergency rooms: opened, entered, noted in, closed and sealed, each on record; guests let in and out."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.guests import GuestTokens
from services.gateway.handlers.evidence import EvidenceDesk
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.identity import Identity
from services.gateway.refusals import no_such
from shared.clock import Clock
from shared.errors import ProtocolViolation, RequestRefused
from shared.messages.evidence import EvidenceRecord, EvidenceStatus
from shared.messages.intercom import TalkPriority
from shared.messages.rooms import (
    GuestVerb,
    RoomCamera,
    RoomEntry,
    RoomGuest,
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

_ROOM = re.compile(r"[0-9a-f]{16}")
_ENTRIES_AT_ONCE = 5000


class Rooms(Protocol):
    """The intercom. All raise RequestRefused as it refused, PeerError where none answers."""

    async def open(self, wanted: RoomWanted) -> RoomStatus: ...

    async def room(self, wanted: RoomRef) -> RoomStatus: ...

    async def rooms(self, wanted: RoomsOf) -> RoomList: ...

    async def join(self, person: RoomPerson) -> RoomStatus: ...

    async def leave(self, person: RoomPerson) -> RoomStatus: ...

    async def note(self, note: RoomNote) -> RoomStatus: ...

    async def invite(self, wanted: RoomInvitation) -> RoomStatus: ...

    async def revoke(self, wanted: RoomGuestRef) -> RoomStatus: ...

    async def close(self, wanted: RoomRef) -> RoomStatus: ...

    async def told(self, told: RoomTold) -> RoomsHeard: ...


@dataclass(frozen=True, slots=True)
class RoomDesk:
    """What people may ask about emergency rooms. A room with a kitchen that one may not see is not there."""

    registry: RegistryDesk
    rooms: Rooms
    evidence: EvidenceDesk
    tokens: GuestTokens
    trail: AuditTrail
    clock: Clock

    async def open(self, by: By, title: str, cameras: Sequence[str], case: str | None) -> RoomStatus:
        found = [await self.registry.camera_for(by.identity, id) for id in dict.fromkeys(cameras)]
        await self._record(by, "room_opened", title=title, cameras=",".join(camera.id for camera in found))
        wanted = tuple(RoomCamera(site=camera.site, camera=camera.id) for camera in found)
        return await self.rooms.open(RoomWanted(title=title, cameras=wanted, case=case, opened_by=by.identity.name))

    async def list(self, identity: Identity, is_open: bool | None, limit: int) -> list[RoomStatus]:
        found = await self.rooms.rooms(RoomsOf(is_open=is_open, limit=limit))
        return [room for room in found.items if _is_seen(identity, room)]

    async def room(self, by: By, id: str, after: int = 0) -> RoomStatus:
        """With the entries behind a number. Whoever has joined and asks is still there."""
        return await self._found(by.identity, RoomRef(room=_checked(id), by=by.identity.name, after=after))

    async def join(self, by: By, id: str) -> RoomStatus:
        await self._found(by.identity, RoomRef(room=_checked(id), limit=1))
        await self._record(by, "room_joined", room=id)
        return await self.rooms.join(_person(by, id))

    async def leave(self, by: By, id: str) -> RoomStatus:
        await self._found(by.identity, RoomRef(room=_checked(id), limit=1))
        await self._record(by, "room_left", room=id)
        return await self.rooms.leave(_person(by, id))

    async def note(self, by: By, id: str, kind: Literal["note", "order"], text: str, camera: str | None) -> RoomStatus:
        await self._found(by.identity, RoomRef(room=_checked(id), limit=1))
        await self._record(by, "room_noted", room=id, kind=kind, text=text[:500])
        return await self.rooms.note(RoomNote(room=id, who=by.identity.name, kind=kind, text=text, camera=camera))

    async def invite(
        self, by: By, id: str, name: str, verbs: Sequence[GuestVerb], priority: TalkPriority, until_us: int
    ) -> tuple[RoomGuest, str]:
        """The guest, and the token of their link: shown once, kept by nobody."""
        await self._found(by.identity, RoomRef(room=_checked(id), limit=1))
        named = {"room": id, "guest": name, "verbs": ",".join(verbs), "until_us": str(until_us)}
        await self._record(by, "guest_invited", **named)
        made = await self.rooms.invite(
            RoomInvitation(
                room=id,
                name=name,
                verbs=tuple(verbs),
                priority=priority,
                until_us=until_us,
                by=by.identity.name,
                guest=(new := secrets.token_hex(4)),
            )
        )
        # By its id: guests are in the order of clocks of several workers, and others are being invited meanwhile.
        guest = next((each for each in made.guests if each.granted.guest == new), None)
        if guest is None:
            raise ProtocolViolation("the intercom let in somebody else: is it of an older version than the gateway?")
        return guest, self.tokens.issue(id, new)

    async def revoke(self, by: By, id: str, guest: str) -> None:
        await self._found(by.identity, RoomRef(room=_checked(id), limit=1))
        await self._record(by, "guest_revoked", room=id, guest=guest[:40])
        await self.rooms.revoke(RoomGuestRef(room=id, guest=guest, by=by.identity.name))

    async def entered(self, by: By) -> None:
        """A guest came in by a link."""
        assert by.identity.guest is not None
        await self._record(by, "guest_entered", room=by.identity.guest.room)

    async def close(self, by: By, id: str) -> RoomStatus:
        await self._found(by.identity, RoomRef(room=_checked(id), limit=1))
        await self._record(by, "room_closed", room=id)
        return await self.rooms.close(RoomRef(room=id, by=by.identity.name))

    async def seal(self, by: By, id: str, reason: str, locked_until_us: int, before_s: int) -> EvidenceStatus:
        """A case file: the room's cameras, from before it was opened until it was closed or now, and its timeline."""
        room = await self._whole(by, id)
        known = [await self.registry.register.camera(each.camera) for each in room.cameras]
        cameras = [camera for camera in known if camera is not None]
        if not cameras:
            raise RequestRefused("no_cameras", "None of this room's cameras is registered any more.", status=409)
        sealed = await self.evidence.seal(
            by.identity,
            by.address,
            cameras,
            room.opened_us - before_s * 1_000_000,
            room.closed_us or self.clock.now_us(),
            locked_until_us,
            reason,
            (),
            (EvidenceRecord(name=f"room-{id}", body=timeline_document(room)),),
        )
        await self.rooms.told(
            RoomTold(
                told=f"sealed {sealed.case}",
                room=id,
                kind="sealed",
                who=by.identity.name,
                at_us=self.clock.now_us(),
                text=sealed.case,
            )
        )
        return sealed

    async def _whole(self, by: By, id: str) -> RoomStatus:
        """With every entry."""
        wanted = RoomRef(room=_checked(id), limit=_ENTRIES_AT_ONCE)
        room = await self._found(by.identity, wanted)
        entries = list(room.entries)
        while len(entries) < room.entries_total:
            more = await self._found(by.identity, wanted.model_copy(update={"after": entries[-1].number}))
            if not more.entries:
                break
            entries += more.entries
        return room.model_copy(update={"entries": tuple(entries)})

    async def _found(self, identity: Identity, wanted: RoomRef) -> RoomStatus:
        room = await self.rooms.room(wanted)
        if not _is_seen(identity, room):
            raise no_such("room", wanted.room)
        return room

    async def _record(self, by: By, action: Action, **detail: str) -> None:
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))


def timeline_document(room: RoomStatus) -> dict[str, Any]:
    """What is put into a case file: the room, who was in it, and its timeline, as it was kept."""
    return {
        "kind": "bright-kitchen room timeline 1",
        **room.model_dump(mode="json", include={"room", "title", "case", "opened_by", "opened_us"}),
        **room.model_dump(mode="json", include={"closed_by", "closed_us", "cameras", "people", "guests"}),
        "entries": [_entry(each) for each in room.entries],
    }


def _entry(entry: RoomEntry) -> dict[str, Any]:
    return entry.model_dump(mode="json", exclude_none=True)


def _person(by: By, room: str) -> RoomPerson:
    return RoomPerson(room=room, who=by.identity.name, is_guest=by.identity.guest is not None)


def _is_seen(identity: Identity, room: RoomStatus) -> bool:
    if identity.guest is not None:
        return identity.guest.room == room.room
    return all(identity.sees(each.site) for each in room.cameras)


def _checked(id: str) -> str:
    if not _ROOM.fullmatch(id):
        raise no_such("room", id[:80])
    return id
