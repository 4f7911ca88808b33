"""Argon2id, in threads, a few at once, behind everything else."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.gateway.refusals import TryLater

# Each takes 64 MiB and four threads for ~0.1 s (RFC 9106, second recommended option): a flood may not take all.
_AT_ONCE = 2
# = passwords that may wait for a thread. Those of log-ins wait before it (`login_queue`): these are of people who are
# logged in, and of programs that change accounts.
_WAITING_MAX = 40
_TRY_AGAIN_S = 5
# = how far behind the event loop these threads stand where all want the processor at once: whoever is logged in does
# not wait for who is not. (Not 19: then a machine that is busy with video would let nobody in.)
_NICENESS = 15

T = TypeVar("T")


class Argon2Hasher:
    """Implements `PasswordHasher`."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="argon2", initializer=_stand_back)
        self._taken = 0
        # Verified in place of the hash of an account that does not exist, so that both take the same time.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, password: str, password_hash: str | None) -> bool:
        checked = password_hash or self._nobody
        is_match = await self._run(lambda: self._verify(checked, password))
        return is_match and password_hash is not None

    async def close(self) -> None:
        self._threads.shutdown(wait=False)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._taken >= _AT_ONCE + _WAITING_MAX:
            words = f"Too many passwords are being checked at this moment. Try again in {_TRY_AGAIN_S} s."
            raise TryLater("too_many_passwords", words, status=503, retry_after_s=_TRY_AGAIN_S)
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._taken -= 1

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def _stand_back() -> None:
    """Of this thread and those that argon2 starts from it: on Linux each thread has a niceness of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
