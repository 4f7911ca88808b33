"""Logging in at another door (OpenID Connect): what is asked, what comes back, and what it makes of somebody."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from services.gateway.roles import Role, verbs_of

# = how long somebody may take at the provider
ATTEMPT_LIFETIME_S = 600
_NOT_IN_NAMES = re.compile(r"[^\w.@-]")
_LONGEST_NAME = 57


class GroupGrant(BaseModel):
    """What a group of the provider may do here.

    `sites`, `units`: these schools and those under these units; both None: every school.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: tuple[Role, ...] = Field(min_length=1)
    sites: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None

    @property
    def is_for_all(self) -> bool:
        return self.sites is None and self.units is None

    def reaches(self, other: GroupGrant) -> bool:
        """Whether it is for all schools of the other, as far as their ids tell."""
        if self.is_for_all or other.is_for_all:
            return self.is_for_all
        sites, units = set(other.sites or ()), set(other.units or ())
        return sites.issubset(self.sites or ()) and units.issubset(self.units or ())


GROUP_GRANTS: TypeAdapter[dict[str, GroupGrant]] = TypeAdapter(dict[str, GroupGrant])


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody was sent to the provider; it stays with their browser, sealed."""

    state: str
    nonce: str
    verifier: str
    next: str
    expires_us: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who the provider says somebody is. `subject` never changes; `name` is for people."""

    issuer: str
    subject: str
    name: str
    groups: tuple[str, ...]


class Provider(Protocol):
    """The other door. All raise PeerError where it does not answer, RequestRefused where it does not vouch."""

    async def address(self, attempt: Attempt, challenge: str) -> str:
        """Where the browser is sent."""
        ...

    async def person(self, code: str, attempt: Attempt) -> Person:
        """Exchange the code, and check every word of what comes back."""
        ...

    async def close(self) -> None: ...


def challenge_of(verifier: str) -> str:
    """PKCE with S256 (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def person_of(claims: Mapping[str, Any], name_claim: str, groups_claim: str) -> Person:
    """From the claims of an ID token that was checked."""
    subject, groups = str(claims["sub"]), claims.get(groups_claim) or ()
    name = str(claims.get(name_claim) or subject)
    listed = (groups,) if isinstance(groups, str) else tuple(str(group) for group in groups)
    return Person(str(claims["iss"]), subject, name, listed)


def granted(groups: tuple[str, ...], grants: Mapping[str, GroupGrant]) -> GroupGrant | None:
    """What their groups come to; None where that is nothing.

    An account has its roles in all of its schools, so roles and schools cannot both be added up: who supervises one
    school and looks at all would supervise all. The schools are added up, and a role counts where it allows nothing, in
    none of them, that the groups do not allow there.
    """
    found = [grants[group] for group in groups if group in grants]
    roles = tuple(dict.fromkeys(role for grant in found for role in grant.roles if _holds_everywhere(role, found)))
    if not roles:
        return None
    if any(grant.is_for_all for grant in found):
        return GroupGrant(roles=roles)
    sites = tuple(dict.fromkeys(site for grant in found for site in grant.sites or ()))
    units = tuple(dict.fromkeys(unit for grant in found for unit in grant.units or ()))
    return GroupGrant(roles=roles, sites=sites, units=units or None)


def _holds_everywhere(role: Role, found: Sequence[GroupGrant]) -> bool:
    """Whether wherever one of these is for, they together allow all that the role does."""
    return all(
        verbs_of((role,)) <= verbs_of(role for wide in found if wide.reaches(grant) for role in wide.roles)
        for grant in found
    )


def account_name(person: Person, *, is_taken: bool) -> str:
    """As audit rows call them. Where somebody else has that name already, a part of who they really are is added."""
    name = _NOT_IN_NAMES.sub("-", person.name.strip().casefold())[:_LONGEST_NAME] or "somebody"
    if not is_taken:
        return name
    return f"{name}-{sha256(f'{person.issuer} {person.subject}'.encode()).hexdigest()[:6]}"


def safe_next(next: str | None) -> str:
    """Only our own pages: an address elsewhere is somebody else's idea."""
    is_own = next is not None and re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,500}", next)
    return next if is_own and next is not None else "/"
