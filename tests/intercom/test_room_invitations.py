"""Guests of a room: who invites says who they are."""

from __future__ import annotations

from typing import Any, cast

import pytest
from pydantic import ValidationError

from services.intercom.handlers.rooms import RoomHandlers
from services.intercom.room_rules import NewEntry
from shared.clock import FakeClock
from shared.messages.rooms import OpenRoom, RoomCamera, RoomGuest, RoomInvitation, RoomStatus


class Records:
    """One room in memory."""

    def __init__(self) -> None:
        cameras = (RoomCamera(site="a", camera="a-1"),)
        self.room_ = RoomStatus(room="r", title="gas", opened_by="li", opened_us=1, cameras=cameras)

    async def room(self, id: str, after: int, limit: int) -> RoomStatus | None:
        return self.room_

    async def invite(self, room: str, guest: RoomGuest, entry: NewEntry) -> RoomStatus:
        self.room_ = self.room_.model_copy(update={"guests": (*self.room_.guests, guest)})
        return self.room_


class Passes:
    def __init__(self) -> None:
        self.room: OpenRoom | None = None

    async def put(self, room: OpenRoom) -> None:
        self.room = room


async def test_a_guest_has_the_id_that_who_invites_gave_them() -> None:
    clock, passes, nothing = FakeClock(), Passes(), cast(Any, None)
    rooms = RoomHandlers(clock, cast(Any, Records()), cast(Any, passes), {}, nothing, nothing, 24.0)
    until_us = clock.now_us() + 3_600_000_000
    asked = RoomInvitation(room="r", name="Fire brigade", verbs=("view",), until_us=until_us, by="li", guest="0a1b2c3d")
    answer = await rooms.room_invite(asked.encode())
    assert [each.granted.guest for each in answer.guests] == ["0a1b2c3d"]
    assert passes.room is not None
    assert [each.guest for each in passes.room.guests] == ["0a1b2c3d"]
    older = await rooms.room_invite(asked.model_copy(update={"guest": None}).encode())
    made = older.guests[-1].granted.guest
    assert (len(made), made != "0a1b2c3d") == (8, True), "a gateway that gives none"


@pytest.mark.parametrize("id", ["", "0A1B2C3D", "0a1b2c3", "0a1b2c3d4", "*", "0a1b.c3d"])
def test_an_id_that_is_none_is_refused(id: str) -> None:
    with pytest.raises(ValidationError):
        RoomInvitation(room="r", name="x", verbs=("view",), until_us=1, by="li", guest=id)
