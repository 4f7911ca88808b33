"""Inviting into an emergency room: whose link it is that one is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from services.gateway.audit import Deed
from services.gateway.guests import GuestTokens
from services.gateway.handlers.registry import By
from services.gateway.handlers.rooms import RoomDesk, Rooms
from services.gateway.identity import Identity
from shared.clock import FakeClock
from shared.errors import PeerError
from shared.messages.rooms import GuestPass, RoomCamera, RoomGuest, RoomInvitation, RoomRef, RoomStatus

ROOM = "0011223344556677"


def guest(id: str, name: str, invited_us: int) -> RoomGuest:
    granted = GuestPass(guest=id, name=name, verbs=("view",), until_us=2_000_000_000_000_000)
    return RoomGuest(granted=granted, invited_by="li", invited_us=invited_us)


@dataclass
class Intercom:
    """Workers whose clocks differ: `others` were invited by one that is ahead. `is_old`: it makes ids itself."""

    others: tuple[RoomGuest, ...]
    is_old: bool = False
    room_: RoomStatus = field(init=False)

    def __post_init__(self) -> None:
        cameras = (RoomCamera(site="a", camera="a-1"),)
        self.room_ = RoomStatus(room=ROOM, title="gas", opened_by="li", opened_us=1, cameras=cameras)

    async def room(self, wanted: RoomRef) -> RoomStatus:
        return self.room_

    async def invite(self, wanted: RoomInvitation) -> RoomStatus:
        id = "99999999" if self.is_old or wanted.guest is None else wanted.guest
        found = (*self.others, guest(id, wanted.name, 1000))
        return self.room_.model_copy(update={"guests": tuple(sorted(found, key=lambda each: each.invited_us))})


@dataclass
class Trail:
    deeds: list[Deed] = field(default_factory=list)

    async def add(self, deed: Deed) -> None:
        self.deeds.append(deed)


def desk_of(intercom: Intercom, tokens: GuestTokens) -> RoomDesk:
    rooms, trail = cast(Rooms, intercom), cast(Any, Trail())
    return RoomDesk(cast(Any, None), rooms, cast(Any, None), tokens, trail, FakeClock())


async def test_the_link_is_of_who_was_invited() -> None:
    tokens, li = GuestTokens(b"0" * 32), By(Identity("li", ("supervisor",), "login", FakeClock().now()), "192.0.2.1")
    intercom = Intercom((guest("11111111", "Press", 2000), guest("22222222", "Police", 500)))
    ids = set()
    for _ in range(2):
        invited, token = await desk_of(intercom, tokens).invite(li, ROOM, "Fire brigade", ("view",), "routine", 10**15)
        assert invited.granted.name == "Fire brigade"
        assert tokens.read(token) == (ROOM, invited.granted.guest)
        ids.add(invited.granted.guest)
    assert len(ids) == 2, "each invitation is a guest of its own"
    intercom.is_old = True
    with pytest.raises(PeerError):
        await desk_of(intercom, tokens).invite(li, ROOM, "Fire brigade", ("view",), "routine", 10**15)
