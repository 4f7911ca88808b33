"""A second factor of an account: an authenticator app, and recovery codes for the day it is lost."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

RECOVERY_CODES = 10
_CODE_BYTES = 10


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """`sealed` opens to the secret; `last_step` is the newest step whose code was taken."""

    account: str
    sealed: str
    is_on: bool
    last_step: int


class SecondFactors(Protocol):
    """Where they are kept."""

    async def find(self, account: str) -> SecondFactor | None: ...

    async def begin(self, account: str, sealed: str) -> bool:
        """Keep a secret that is not confirmed yet; False where one is on."""
        ...

    async def turn_on(self, account: str, step: int, recovery_hashes: Sequence[str]) -> bool:
        """False where another request was quicker."""
        ...

    async def take_step(self, account: str, step: int) -> bool:
        """Whether this step is newer than any taken before: of two requests with one code one gets True."""
        ...

    async def take_recovery(self, account: str, hash: str) -> bool:
        """Whether there was such a code; it is gone now."""
        ...

    async def recovery_left(self, account: str) -> int: ...

    async def remove(self, account: str) -> bool: ...


def recovery_code(random: bytes) -> str:
    """Sixteen letters and digits of 80 random bits, in groups of four."""
    text = base64.b32encode(random[:_CODE_BYTES]).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def recovery_hash(account: str, code: str) -> str:
    # A plain hash is enough: 80 random bits are not guessed.
    return sha256(f"{account} {plain(code)}".encode()).hexdigest()


def plain(code: str) -> str:
    """As people type it: spaces, dashes and case mean nothing."""
    return "".join(code.split()).replace("-", "").lower()
