"""A guest's link: whom it lets in, to which cameras, until when; a forged one lets nobody in."""

from __future__ import annotations

import pytest

from services.gateway.adapters.http.access import RULES
from services.gateway.guests import GuestTokens, guest_login, guest_of_login, is_guest_token
from services.gateway.handlers.guests import GuestDesk
from shared.clock import FakeClock
from shared.errors import RequestRefused
from shared.messages.rooms import GuestPass, OpenRoom, RoomCamera

ROOM, GUEST = "00112233445566ff", "3fa9c1d2"
TOKENS = GuestTokens(b"secret" * 8)


class Rooms:
    """What the intercom says of open rooms."""

    def __init__(self) -> None:
        self.rooms: dict[str, OpenRoom] = {}

    async def find(self, room: str) -> OpenRoom | None:
        return self.rooms.get(room)


def opened(clock: FakeClock, verbs: tuple[str, ...] = ("view", "talk"), seconds: float = 60) -> tuple[GuestDesk, Rooms]:
    rooms = Rooms()
    granted = GuestPass.model_validate(
        {
            "guest": GUEST,
            "name": "Mr Wang",
            "verbs": verbs,
            "priority": "order",
            "until_us": clock.now_us() + seconds * 1e6,
        }
    )
    cameras = (RoomCamera(site="b", camera="cook"), RoomCamera(site="a", camera="store"))
    rooms.rooms[ROOM] = OpenRoom(room=ROOM, title="gas", opened_us=0, cameras=cameras, guests=(granted,))
    return GuestDesk(TOKENS, rooms, clock), rooms


async def test_a_link_lets_in_until_its_end_and_no_further() -> None:
    clock = FakeClock()
    desk, _ = opened(clock)
    identity = await desk.identity(TOKENS.issue(ROOM, GUEST), is_cookie=True)
    assert identity.name == f"Mr Wang (guest {GUEST})"
    assert (identity.roles, identity.is_cookie, identity.sites) == ((), True, ("a", "b"))
    assert identity.guest is not None
    assert identity.guest.cameras == {"cook", "store"}
    assert {verb: identity.may(verb) for verb in ("view", "talk", "snapshot", "invite", "stay_logged_in")} == {
        "view": True,
        "talk": True,
        "snapshot": False,
        "invite": False,
        "stay_logged_in": True,
    }
    assert identity.login is not None
    assert await desk.identity_of_login(identity.login) is not None
    await clock.advance(60)
    with pytest.raises(RequestRefused, match="over"):
        await desk.identity_of_login(identity.login)


async def test_revoked_or_closed_is_out_at_once() -> None:
    desk, rooms = opened(FakeClock())
    token = TOKENS.issue(ROOM, GUEST)
    rooms.rooms[ROOM] = rooms.rooms[ROOM].model_copy(update={"guests": ()})
    with pytest.raises(RequestRefused, match="over"):
        await desk.identity(token, is_cookie=False)
    rooms.rooms.clear()
    with pytest.raises(RequestRefused, match="over"):
        await desk.identity(token, is_cookie=False)


@pytest.mark.parametrize("spoil", ["g1.", "g1.abc", "g1.abc.def", "g1.%%.%%", "g1." + "é" * 9])
def test_a_forged_link_is_refused(spoil: str) -> None:
    assert is_guest_token(spoil)
    with pytest.raises(RequestRefused) as refusal:
        TOKENS.read(spoil)
    assert refusal.value.status == 401


def test_a_link_of_another_key_or_for_another_guest_is_refused() -> None:
    token = TOKENS.issue(ROOM, GUEST)
    assert TOKENS.read(token) == (ROOM, GUEST)
    with pytest.raises(RequestRefused):
        GuestTokens(b"another" * 8).read(token)
    _, payload, mac = token.split(".")
    _, other, _ = TOKENS.issue(ROOM, "00000000").split(".")
    with pytest.raises(RequestRefused):
        TOKENS.read(f"g1.{other}.{mac}")
    assert payload != other


async def test_nobody_speaks_more_urgently_than_invited() -> None:
    desk, _ = opened(FakeClock())
    scope = (await desk.identity(TOKENS.issue(ROOM, GUEST), is_cookie=False)).guest
    assert scope is not None
    scope.require_priority("routine")
    scope.require_priority("order")
    with pytest.raises(RequestRefused, match="order at most"):
        scope.require_priority("emergency")


async def test_a_login_of_somebody_with_an_account_is_no_guests() -> None:
    desk, _ = opened(FakeClock())
    assert await desk.identity_of_login("0f" * 32) is None
    assert guest_of_login(guest_login(ROOM, GUEST)) == (ROOM, GUEST)


def test_guests_come_to_these_routes_and_to_no_other() -> None:
    let_in = {f"{method} {path.removeprefix('/api/v1')}" for (method, path), needs in RULES.items() if needs.guest}
    assert let_in == {
        "GET /sessions/current",
        "DELETE /sessions/current",
        "WS /cameras/{id}/live",
        "POST /cameras/{id}/whep",
        "GET /views/{view}",
        "PATCH /views/{view}",
        "DELETE /views/{view}",
        "GET /ice-servers",
        "POST /cameras/{id}/talk",
        "GET /talks/{talk}",
        "PATCH /talks/{talk}",
        "DELETE /talks/{talk}",
        "GET /rooms/{id}",
        "POST /rooms/{id}/join",
        "POST /rooms/{id}/leave",
        "POST /rooms/{id}/notes",
    }
