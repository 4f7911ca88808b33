"""Who a request comes from, once that is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.gateway.roles import Role, Verb, verbs_of
from shared.errors import RequestRefused


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, through a login or through a media token that a login asked for.

    `login` is the id of the login, None with a media token. `is_cookie` is True where the browser sent the proof
    by itself: then a request that changes something must also come from our own pages.
    """

    name: str
    roles: tuple[Role, ...]
    login: str | None
    expires_at: datetime
    is_cookie: bool = False

    def may(self, verb: Verb) -> bool:
        return verb in verbs_of(self.roles)


def not_logged_in() -> RequestRefused:
    return RequestRefused(
        "not_logged_in",
        "Log in first: POST /api/v1/sessions, then send the token as 'Authorization: Bearer'.",
        status=401,
    )


def not_allowed(verb: Verb) -> RequestRefused:
    words = verb.replace("_", " ")
    return RequestRefused("not_allowed", f"Your roles do not allow: {words}. Ask an administrator.", status=403)
