"""What a room admits, by values."""

from __future__ import annotations

import pytest

from services.intercom.room_rules import admitted, open_room, require_camera, require_open
from shared.errors import RequestRefused
from shared.messages.rooms import GuestPass, RoomCamera, RoomGuest, RoomStatus

CAMERAS = (RoomCamera(site="a", camera="cook"), RoomCamera(site="b", camera="store"))


def guest(id: str, until_us: int, revoked_us: int | None = None) -> RoomGuest:
    granted = GuestPass(guest=id, name=id, verbs=("view",), until_us=until_us)
    return RoomGuest(granted=granted, invited_by="li", invited_us=0, revoked_us=revoked_us)


def room(closed_us: int | None = None) -> RoomStatus:
    return RoomStatus(
        room="r",
        title="gas",
        opened_by="li",
        opened_us=1,
        closed_by=None if closed_us is None else "li",
        closed_us=closed_us,
        cameras=CAMERAS,
        guests=(guest("in", 100), guest("late", 50), guest("out", 100, revoked_us=10)),
        entries_total=7,
    )


@pytest.mark.parametrize(
    ("id", "at_us", "is_in"),
    [("in", 60, True), ("in", 99, True), ("in", 100, False), ("late", 60, False), ("out", 60, False), ("x", 60, False)],
)
def test_a_guest_is_in_until_the_end_unless_put_out(id: str, at_us: int, is_in: bool) -> None:
    told = open_room(room(), 60)
    assert told.revision == 7
    assert (admitted(told, id, at_us) is not None) == is_in
    assert admitted(None, id, at_us) is None, "the room is closed"


def test_a_closed_room_takes_nothing_more() -> None:
    require_open(room())
    with pytest.raises(RequestRefused, match="closed by li"):
        require_open(room(closed_us=9))


def test_a_note_is_about_a_camera_of_the_room() -> None:
    assert require_camera(room(), None) is None
    assert require_camera(room(), "store") == "b/store"
    with pytest.raises(RequestRefused, match="not one of this room's"):
        require_camera(room(), "other")
