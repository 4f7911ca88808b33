"""Emergency rooms: several kitchens, several people, guests for a limited time, and a timeline of what was done."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.messages.base import Fact, Message
from shared.messages.ingest import AT_US
from shared.messages.intercom import FloorHeld, TalkPriority

GuestVerb = Literal["view", "talk"]
RoomEntryKind = Literal[
    "opened",
    "joined",
    "left",
    "talk_started",
    "talk_ended",
    "view_started",
    "view_ended",
    "note",
    "order",
    "guest_invited",
    "guest_revoked",
    "guest_expired",
    "sealed",
    "closed",
]
_US = "UTC microseconds"


class RoomCamera(Message):
    """A camera of a room."""

    site: str
    camera: str


class GuestPass(Message):
    """Somebody from another department, for a limited time: these verbs, the room's cameras, nothing else."""

    guest: str = Field(description="id, 8 hex digits")
    name: str
    verbs: tuple[GuestVerb, ...]
    priority: TalkPriority = Field("routine", description="with which urgency they may speak at most")
    until_us: int = Field(description=_US)


class OpenRoom(Message):
    """KV bucket `rooms`, key = room; written by the intercom: what an open room admits. Gone when it is closed.

    Gateways judge guests by it, whoever else is away: who is not in it, or whose time is over, is out.
    """

    room: str
    title: str
    opened_us: int
    cameras: tuple[RoomCamera, ...]
    guests: tuple[GuestPass, ...] = ()
    revision: int = Field(0, description="entries of its timeline: a newer state is never overwritten by an older one")


class RoomWanted(Message):
    """Command `room_open`. Answered with the room."""

    title: str = Field(min_length=1, max_length=200)
    cameras: tuple[RoomCamera, ...] = Field(min_length=1, max_length=64)
    case: str | None = Field(None, max_length=100, description="id of the case that it is about")
    opened_by: str


class RoomRef(Message):
    """Commands `room` and `room_close`."""

    room: str
    by: str = Field("", description="who asks: whoever has joined and asks is still there")
    after: int = Field(0, ge=0, description="room: only entries behind this number")
    limit: int = Field(500, ge=1, le=5000)


class RoomsOf(Message):
    """Command `rooms`: newest first, without timelines."""

    is_open: bool | None = Field(None, description="None: open and closed ones")
    limit: int = Field(100, ge=1, le=500)


class RoomPerson(Message):
    """Commands `room_join` and `room_leave`."""

    room: str
    who: str
    is_guest: bool = False


class RoomNote(Message):
    """Command `room_note`: what was typed in."""

    room: str
    who: str
    kind: Literal["note", "order"]
    text: str = Field(min_length=1, max_length=4000)
    camera: str | None = Field(None, description="which of the room's cameras it is about")


class RoomInvitation(Message):
    """Command `room_invite`. Answered with the room, the new guest among its guests."""

    room: str
    name: str = Field(min_length=1, max_length=100)
    verbs: tuple[GuestVerb, ...] = Field(min_length=1)
    priority: TalkPriority = "routine"
    until_us: int = Field(description=_US)
    by: str
    guest: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{8}$",
        description="id of the new guest, made by who asks, so that it is known among others; None: one is made",
    )


class RoomGuestRef(Message):
    """Command `room_revoke`: the guest is out at once."""

    room: str
    guest: str
    by: str


class RoomTold(Message):
    """Command `room_told`: what a gateway put on record about cameras of open rooms, and sealed cases.

    The same `told` again is the same entry.
    """

    told: str = Field(max_length=300)
    room: str | None = Field(None, description="None: every open room that has the camera")
    camera: RoomCamera | None = None
    kind: Literal["view_started", "view_ended", "sealed"]
    who: str
    at_us: int = Field(description=AT_US)
    seconds: float | None = None
    text: str = ""


class RoomsHeard(Message):
    """Answer of `room_told`: to how many timelines it was added."""

    rooms: int


class RoomEntry(Message):
    """One entry of a timeline. Entries are added and never changed."""

    number: int = Field(description="from 1 upward, without holes")
    kind: RoomEntryKind
    at_us: int = Field(description=AT_US)
    who: str = ""
    camera: str | None = Field(None, description="<site>/<camera>")
    text: str = Field("", description="what was typed in; otherwise in words what happened")
    seconds: float | None = Field(None, description="talk_ended, view_ended: how long")


class RoomPresence(Message):
    """Somebody who is, or was, in a room."""

    who: str
    is_guest: bool = False
    joined_us: int
    left_us: int | None = None


class RoomGuest(Message):
    """A guest, as the room's own people see them."""

    granted: GuestPass
    invited_by: str
    invited_us: int
    revoked_us: int | None = None


class RoomFloor(Message):
    """Who speaks to a camera of the room right now; None: nobody."""

    camera: RoomCamera
    held: FloorHeld | None = None


class RoomStatus(Message):
    """A room. Answer of every command about one."""

    room: str
    title: str
    case: str | None = None
    opened_by: str
    opened_us: int
    closed_by: str | None = None
    closed_us: int | None = None
    cameras: tuple[RoomCamera, ...]
    floors: tuple[RoomFloor, ...] = ()
    people: tuple[RoomPresence, ...] = ()
    guests: tuple[RoomGuest, ...] = ()
    entries: tuple[RoomEntry, ...] = ()
    entries_total: int = 0


class RoomList(Message):
    """Answer of `rooms`."""

    items: tuple[RoomStatus, ...] = ()


class RoomFact(Fact):
    """What every fact about a room carries."""

    owner: ClassVar[str] = "intercom"

    room: str
    title: str
    cameras: tuple[RoomCamera, ...]
    case: str | None = None
    by: str
    at_us: int = Field(description=AT_US)


class RoomOpened(RoomFact):
    """Fact `room_opened`."""


class RoomClosed(RoomFact):
    """Fact `room_closed`: its guests are out, its timeline is complete."""

    entries: int
