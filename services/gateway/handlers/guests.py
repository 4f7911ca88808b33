"""Guests of emergency rooms: who holds a link is who the room says, as long as it says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from services.gateway.guests import GuestScope, GuestTokens, OpenRooms, guest_login, guest_of_login, guest_over
from services.gateway.identity import Identity
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class GuestDesk:
    """Implements `Guests`."""

    tokens: GuestTokens
    rooms: OpenRooms
    clock: Clock

    async def identity(self, token: str, *, is_cookie: bool) -> Identity:
        """Who holds this link. Raises RequestRefused 401 where it lets nobody in (any more)."""
        room, guest = self.tokens.read(token)
        return await self._identity(room, guest, is_cookie=is_cookie)

    async def identity_of_login(self, id: str) -> Identity | None:
        """None where it is no guest's. Raises RequestRefused 401 where their time is over."""
        found = guest_of_login(id)
        return None if found is None else await self._identity(*found, is_cookie=False)

    async def _identity(self, room: str, guest: str, *, is_cookie: bool) -> Identity:
        there = await self.rooms.find(room)
        now_us = self.clock.now_us()
        granted = None if there is None else next((each for each in there.guests if each.guest == guest), None)
        if there is None or granted is None or now_us >= granted.until_us:
            raise guest_over()
        return Identity(
            # No account's name has a space in it: nobody can be taken for somebody else.
            name=f"{granted.name} (guest {guest})",
            roles=(),
            login=guest_login(room, guest),
            expires_at=datetime.fromtimestamp(granted.until_us / 1e6, UTC),
            is_cookie=is_cookie,
            sites=tuple(sorted({each.site for each in there.cameras})),
            guest=GuestScope.of(there, granted),
        )
