"""An account: somebody who may log in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.gateway.roles import Role


@dataclass(frozen=True, slots=True)
class Account:
    """`password_hash` is argon2id in PHC form. `name` is compared without regard to case.

    `sites`: ids of the schools this account is about; None: all of them. `ends_at`: from then on it is as if switched
    off, on every way in: it is looked at where a login is.
    """

    name: str
    password_hash: str
    roles: tuple[Role, ...]
    is_enabled: bool
    created_at: datetime
    sites: tuple[str, ...] | None = None
    ends_at: datetime | None = None


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

    async def replace(self, account: Account) -> None: ...

    async def is_empty(self) -> bool: ...

    async def must_change_password(self, name: str) -> bool: ...

    async def set_must_change_password(self, name: str, must: bool) -> None: ...


class PasswordHasher(Protocol):
    """Slow on purpose; both run beside the event loop."""

    async def hash(self, password: str) -> str: ...

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """False where the hash is None, after the same time as for a wrong password."""
        ...
