"""Talks and broadcasts opened here, each with its login: who is logged out, or may not go there, speaks no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.handlers.registry import By
from services.gateway.identity import Identity
from services.gateway.roles import Verb
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.telemetry import log

# More than people could speak in at once; the oldest is forgotten first.
_KEPT_MAX = 10_000


class Logins(Protocol):
    """Who is logged in."""

    async def identity_of_login(self, id: str, *, is_cookie: bool = False) -> Identity:
        """Raises RequestRefused 401, PeerError where nobody can say."""
        ...


@dataclass(frozen=True, slots=True)
class _Standing:
    by: By
    sites: frozenset[str]
    end: Callable[[], Awaitable[Any]]
    verbs: tuple[Verb, ...]

    def why_not(self, now: Identity | None) -> str | None:
        """Why it must end; None where it may go on. Args: now: who began it, None where they are logged out."""
        if now is None:
            return "logged out"
        if not all(map(now.may, self.verbs)):
            return "not allowed any more"
        return None if all(map(now.sees, self.sites)) else "not their school any more"


@dataclass(slots=True)
class StandingTalks:
    """`keep_round` is supervised; ids are those of the intercom.

    A press and a release are requests that ask who it is; the sound between them is not, and goes past the gateway.
    """

    people: Logins
    trail: AuditTrail
    clock: Clock
    _open: dict[str, _Standing] = field(default_factory=dict)

    def opened(
        self,
        by: By,
        id: str,
        sites: Iterable[str],
        end: Callable[[], Awaitable[Any]],
        verbs: tuple[Verb, ...] = ("talk",),
    ) -> None:
        """It stands until `ended`. Args: sites: whose kitchens hear it; end: ends it at the intercom; verbs: that it
        takes."""
        while len(self._open) >= _KEPT_MAX:
            del self._open[next(iter(self._open))]
        self._open[id] = _Standing(by, frozenset(sites), end, verbs)

    def ended(self, id: str) -> None:
        """It is over, or nobody knows it any more."""
        self._open.pop(id, None)

    async def keep_round(self) -> None:
        """Every talk ends whose login is out or may not talk any more, or to a school that is out of its reach."""
        logins = {login for each in self._open.values() if (login := each.by.identity.login) is not None}
        now: dict[str, Identity | None] = {}
        for login in logins:
            try:
                now[login] = await self.people.identity_of_login(login)
            except RequestRefused:
                now[login] = None
            except PeerError:
                continue  # the database is away: everybody stays who they were
        for id, standing in list(self._open.items()):
            identity = standing.by.identity
            why = standing.why_not(now.get(identity.login or "", identity))
            if why is not None:
                await self._end(id, standing, why)

    async def _end(self, id: str, standing: _Standing, why: str) -> None:
        try:
            await standing.end()
        except PeerError as error:
            log().warning("a talk whose login is out was not ended, tried again", talk=id, detail=str(error))
            return
        except RequestRefused:
            self.ended(id)  # it was over
            return
        self.ended(id)
        by = standing.by
        detail = {"talk": id, "why": why}
        await self.trail.add(Deed("talk_ended", by.identity.name, by.address, self.clock.now(), detail=detail))
