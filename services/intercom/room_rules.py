"""What an emergency room admits: who, to which cameras, until when. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import RequestRefused
from shared.messages.rooms import GuestPass, OpenRoom, RoomCamera, RoomEntryKind, RoomStatus
from shared.subjects import CameraRef

_MINUTE_US = 60_000_000
# Who is asked of for so long without a word is gone: a browser that was closed says nothing.
SILENT_US = _MINUTE_US
# What ends because a room was closed is still entered.
LATE_US = _MINUTE_US


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry before it has a number. `told`: the same again is the same entry."""

    kind: RoomEntryKind
    at_us: int
    who: str = ""
    camera: str | None = None
    text: str = ""
    seconds: float | None = None
    told: str = ""


def refs(cameras: Iterable[RoomCamera]) -> frozenset[CameraRef]:
    return frozenset(CameraRef(each.site, each.camera) for each in cameras)


def admitted(room: OpenRoom | None, guest: str, at_us: int) -> GuestPass | None:
    """The guest's pass, while it holds; None: out."""
    if room is None:
        return None
    return next((each for each in room.guests if each.guest == guest and at_us < each.until_us), None)


def open_room(status: RoomStatus, at_us: int) -> OpenRoom:
    """What gateways are told of a room."""
    guests = tuple(each.granted for each in status.guests if each.revoked_us is None and at_us < each.granted.until_us)
    return OpenRoom(
        room=status.room,
        title=status.title,
        opened_us=status.opened_us,
        cameras=status.cameras,
        guests=guests,
        revision=status.entries_total,
    )


def require_open(status: RoomStatus) -> None:
    """Raises RequestRefused where it is closed."""
    if status.closed_us is not None:
        raise RequestRefused("room_closed", f"This room was closed by {status.closed_by}. Open another.", status=409)


def require_camera(status: RoomStatus, camera: str | None) -> str | None:
    """`<site>/<camera>` of one of the room's cameras. Raises RequestRefused."""
    if camera is None:
        return None
    for each in status.cameras:
        if each.camera == camera:
            return f"{each.site}/{each.camera}"
    raise RequestRefused("not_in_this_room", f"Camera {camera!r} is not one of this room's.", status=422)
