"""A token for a program: less than its account may do, until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.gateway.roles import Role, Verb, verbs_of

# So that a token is seen to be one, by people and by scanners for secrets.
PREFIX = "bk_"
# What only somebody who is there may do; a program may not give itself more.
NEVER: frozenset[Verb] = frozenset(("manage_self", "be_told"))
# In the place of a login's id, where something must know whether it still counts.
LOGIN_PREFIX = "api:"
HANDLE_LENGTH = 16


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`id` is the hash of the token. `sites`: None: all those of its account. `verbs` never grow with the account."""

    id: str
    account: str
    name: str
    verbs: tuple[Verb, ...]
    sites: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None

    @property
    def handle(self) -> str:
        """What it is called in addresses: enough of its hash to be the only one, and no way in."""
        return handle_of(self.id)


@dataclass(frozen=True, slots=True)
class ApiTokenOwner:
    """A token that counts, with what its account is now."""

    token: ApiToken
    roles: tuple[Role, ...]
    sites: tuple[str, ...] | None
    account_ends_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """Never later than its account."""
        own = self.token.expires_at
        return own if self.account_ends_at is None else min(own, self.account_ends_at)

    @property
    def verbs(self) -> frozenset[Verb]:
        asked: frozenset[Verb] = frozenset((*self.token.verbs, "stay_logged_in"))
        return (asked & verbs_of(self.roles)) - NEVER

    @property
    def seen_sites(self) -> tuple[str, ...] | None:
        if self.token.sites is None or self.sites is None:
            return self.sites if self.token.sites is None else self.token.sites
        return tuple(site for site in self.token.sites if site in self.sites)


class ApiTokens(Protocol):
    """Where they are kept."""

    async def add(self, token: ApiToken) -> None: ...

    async def find(self, id: str, at: datetime) -> ApiTokenOwner | None:
        """None where it was never there, has ended, or its account is off or has come to its end."""
        ...

    async def of(self, account: str) -> list[ApiToken]: ...

    async def end(self, account: str, handle: str) -> str | None:
        """The id of the one that is gone now; None where there was none."""
        ...


def handle_of(id: str) -> str:
    return id[:HANDLE_LENGTH]
