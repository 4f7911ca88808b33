"""Who a request comes from, once that is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.gateway.guests import GuestScope
from services.gateway.roles import Role, Verb, verbs_of
from shared.errors import RequestRefused

_BEFORE_CHANGING: frozenset[Verb] = frozenset(("stay_logged_in", "manage_self"))


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, through a login or through a media token that a login asked for.

    `login` is the id of the login, None with a media token. `is_cookie` is True where the browser sent the proof
    by itself: then a request that changes something must also come from our own pages. `sites`: the only schools
    this person may see; None: all. `guest`: what somebody without an account may do, in one emergency room.
    `verbs`: with a program's token, the most it may do. `must_change_password`: nothing else may be done before.
    """

    name: str
    roles: tuple[Role, ...]
    login: str | None
    expires_at: datetime
    is_cookie: bool = False
    sites: tuple[str, ...] | None = None
    guest: GuestScope | None = None
    verbs: frozenset[Verb] | None = None
    must_change_password: bool = False

    def may(self, verb: Verb) -> bool:
        if self.guest is not None:
            return self.guest.may(verb)
        if self.must_change_password and verb not in _BEFORE_CHANGING:
            return False
        if verb not in verbs_of(self.roles):
            return False
        # A program that may look at cameras may know which there are.
        return self.verbs is None or verb in self.verbs or (verb == "list" and "view" in self.verbs)

    def sees(self, site: str) -> bool:
        """Whether that school is one of theirs."""
        return self.sites is None or site in self.sites

    def seen_sites(self, wanted: Iterable[str]) -> tuple[str, ...] | None:
        """Of the schools asked for those they may see; nothing asked: all of theirs. None: really all there are."""
        asked = tuple(wanted)
        if self.sites is None:
            return asked or None
        return tuple(site for site in self.sites if not asked or site in asked)


def not_logged_in() -> RequestRefused:
    return RequestRefused(
        "not_logged_in",
        "Log in first: POST /api/v1/sessions, then send the token as 'Authorization: Bearer'.",
        status=401,
    )


def must_change_password() -> RequestRefused:
    return RequestRefused(
        "password_must_change",
        "This password was for the first log-in alone: choose another one (PUT /api/v1/me/password).",
        status=403,
    )


def out_of_scope() -> RequestRefused:
    return RequestRefused(
        "out_of_scope", "Your account is for some schools only, and this is about all of them.", status=403
    )


def not_allowed(verb: Verb) -> RequestRefused:
    words = verb.replace("_", " ")
    return RequestRefused("not_allowed", f"Your roles do not allow: {words}. Ask an administrator.", status=403)
