"""A login: the proof, for a limited time, that somebody gave the right password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from services.gateway.roles import Role


@dataclass(frozen=True, slots=True)
class Login:
    """`id` is the hash of its token: who reads the table cannot log in with what is there."""

    id: str
    account: str
    roles: tuple[Role, ...]
    expires_at: datetime
    sites: tuple[str, ...] | None = None
    must_change_password: bool = False


@dataclass(frozen=True, slots=True)
class OpenLogin:
    """A login as its owner sees it. `agent` is what the browser calls itself."""

    id: str
    address: str
    agent: str
    began_at: datetime
    expires_at: datetime


class Endings:
    """Tells, in this process, that a login has ended; other gateways find out when they next ask."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, hear: Callable[[str], None]) -> Callable[[], None]:
        """Returns how not to hear any more."""
        self._listeners.append(hear)
        return lambda: self._listeners.remove(hear)

    def tell(self, login: str) -> None:
        for hear in list(self._listeners):
            hear(login)


class Logins(Protocol):
    """Where logins are kept."""

    async def add(self, login: Login, password_hash: str, address: str, agent: str, at: datetime) -> bool:
        """Unless the account has another password by now, for which all its logins were ended: then False."""
        ...

    async def find(self, id: str, at: datetime) -> Login | None:
        """None where it was never there, has expired or was ended, or its account is off or has come to its end."""
        ...

    async def open_among(self, ids: Sequence[str], at: datetime) -> list[Login]:
        """Those of them that `find` would find, asked in one go."""
        ...

    async def end(self, id: str) -> None: ...

    async def end_all_of(self, account: str, but: str | None = None) -> list[str]:
        """The ids of those that have ended now."""
        ...

    async def of(self, account: str, at: datetime) -> list[OpenLogin]:
        """Newest first."""
        ...

    async def forget_expired(self, at: datetime) -> None: ...


def login_id(token: str) -> str:
    # A plain hash is enough: the token has 256 random bits, nothing can be guessed.
    return sha256(token.encode()).hexdigest()
