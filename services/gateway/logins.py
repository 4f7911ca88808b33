"""A login: the proof, for a limited time, that somebody gave the right password."""

from __future__ import annotations

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


class Logins(Protocol):
    """Where logins are kept."""

    async def add(self, login: Login, address: str, at: datetime) -> None: ...

    async def find(self, id: str, at: datetime) -> Login | None:
        """None where it was never there, has expired or was ended, or its account is off."""
        ...

    async def end(self, id: str) -> None: ...

    async def end_all_of(self, account: str) -> None: ...

    async def forget_expired(self, at: datetime) -> None: ...


def login_id(token: str) -> str:
    # A plain hash is enough: the token has 256 random bits, nothing can be guessed.
    return sha256(token.encode()).hexdigest()
