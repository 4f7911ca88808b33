"""An account: somebody who may log in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.gateway.roles import Role


@dataclass(frozen=True, slots=True)
class Account:
    """`password_hash` is argon2id in PHC form. `name` is compared without regard to case.

    `sites` and `units` limit it to these schools and to all schools under these units, together; both None: to none.
    `of_units` are the schools under `units` at the moment it was read: found, never kept. `ends_at`: from then on it is
    as if switched off, on every way in: it is looked at where a login is.
    """

    name: str
    password_hash: str
    roles: tuple[Role, ...]
    is_enabled: bool
    created_at: datetime
    sites: tuple[str, ...] | None = None
    ends_at: datetime | None = None
    units: tuple[str, ...] | None = None
    of_units: tuple[str, ...] = ()

    @property
    def seen_sites(self) -> tuple[str, ...] | None:
        """The only schools it may see, as the organisation is now; None: all."""
        return seen_sites(self.sites, self.units, self.of_units)

    @property
    def is_limited(self) -> bool:
        return self.sites is not None or self.units is not None


def seen_sites(
    sites: Sequence[str] | None, units: Sequence[str] | None, of_units: Sequence[str]
) -> tuple[str, ...] | None:
    """What limits to schools and to units come to; None: no limit."""
    if sites is None and units is None:
        return None
    return tuple(dict.fromkeys((*(sites or ()), *of_units)))


def is_open_at(account: Account, us: int) -> bool:
    """Whether somebody may be logged in with it then, UTC microseconds."""
    return account.is_enabled and (account.ends_at is None or account.ends_at.timestamp() * 1e6 > us)


class Accounts(Protocol):
    """Where accounts are kept."""

    async def find(self, name: str) -> Account | None: ...

    async def all(self) -> list[Account]: ...

    async def add(self, account: Account) -> bool:
        """False where the name is taken."""
        ...

    async def add_first(self, account: Account, before: Callable[[], None]) -> None:
        """Only where there is none at all, whoever else starts at the same time; `before` runs just before it is."""
        ...

    async def change(
        self,
        name: str,
        change: Callable[[Account, frozenset[str]], Account],
        *,
        must_change_password: bool | None = None,
    ) -> Account | None:
        """What it is now, by what it was a moment ago, with nobody in between; None where there is none of that name.

        Args: change: given the account, and the other administrators who may log in; what it raises comes out here
            and nothing is changed. Never more is written than what differs.
        """
        ...

    async def set_password(self, name: str, password_hash: str, instead_of: str) -> bool:
        """By its owner: it need not be changed again. False where it is not `instead_of` any more."""
        ...

    async def is_empty(self) -> bool: ...

    async def must_change_password(self, name: str) -> bool: ...

    async def set_must_change_password(self, name: str, must: bool) -> None: ...


class PasswordHasher(Protocol):
    """Slow on purpose; both run beside the event loop."""

    async def hash(self, password: str) -> str: ...

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """False where the hash is None, after the same time as for a wrong password."""
        ...
