"""Media tokens: given to who is logged in, and taken in place of a login."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from services.gateway.handlers.people import People
from services.gateway.identity import Identity, not_allowed
from services.gateway.media_tokens import LIFETIME_S, MediaGrant, MediaTokens, MediaVerb
from services.gateway.refusals import no_such
from services.gateway.registry import Register
from shared.clock import Clock
from shared.errors import RequestRefused


@dataclass(frozen=True, slots=True)
class IssuedToken:
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class MediaDesk:
    """Media tokens."""

    tokens: MediaTokens
    people: People
    register: Register
    clock: Clock

    async def issue(self, identity: Identity, camera: str, verb: MediaVerb) -> IssuedToken:
        """Never more than the asker may do, and never for longer than the login lasts."""
        if not identity.may(verb):
            raise not_allowed(verb)
        if identity.login is None:
            raise RequestRefused("token_from_token", "A media token cannot ask for another: use the login.", status=403)
        found = await self.register.camera(camera)
        if found is None or not identity.sees(found.site):
            raise no_such("camera", camera)
        login_ends_us = int(identity.expires_at.timestamp() * 1e6)
        expires_us = min(self.clock.now_us() + LIFETIME_S[verb] * 1_000_000, login_ends_us)
        grant = MediaGrant(camera, verb, identity.name, identity.roles, identity.login, expires_us)
        return IssuedToken(self.tokens.issue(grant), _moment(expires_us))

    async def identity(self, token: str, verb: MediaVerb, camera: str) -> Identity:
        """Whoever asked for it, as they are now: a login that ended takes its media tokens with it."""
        grant = self.tokens.read(token, camera, verb, self.clock.now_us())
        now = await self.people.identity_of_login(grant.login)
        return replace(now, expires_at=min(now.expires_at, _moment(grant.expires_us)))


def _moment(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)
