"""Argon2id, in threads, a few at once."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Each takes 64 MiB and a core for ~50 ms (RFC 9106, second recommended option): a flood of logins may not take all.
_AT_ONCE = 2


class Argon2Hasher:
    """Implements `PasswordHasher`."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2")
        # Verified in place of the hash of an account that does not exist, so that both take the same time.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        checked = password_hash or self._nobody
        is_match = await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, checked, password)
        return is_match and password_hash is not None

    async def close(self) -> None:
        self._threads.shutdown(wait=False)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
