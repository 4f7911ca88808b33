"""The same request sent twice is done once: what a key stands for, and what was answered to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal, Protocol

from services.gateway.secret_paths import shows_secrets

KEPT_S = 24 * 3600
# = after this a request that never got an answer is taken for lost with its process
LOST_S = 60
# = how often a request that takes long says that it is still at it: two of three may fail
RENEWED_EACH_S = 15
_KEY = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was sent."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


# first: do it; same: that was its answer; other: the key is another request's; running: it is being done.
Claim = tuple[Literal["first", "other", "running"], None] | tuple[Literal["same"], KeptAnswer]


class IdempotencyKeys(Protocol):
    """Where they are kept; all gateways see the same.

    A key is held by the moment at which it was claimed, or renewed last: who stood still so long that another took it
    for lost holds another moment, and neither answers for the key nor frees it.
    """

    async def claim(self, account: str, key: str, fingerprint: str, at: datetime) -> Claim: ...

    async def renew(self, account: str, key: str, held: datetime, at: datetime) -> bool:
        """Still at it; False where it is held no more."""
        ...

    async def answered(self, account: str, key: str, held: datetime, answer: KeptAnswer) -> None: ...

    async def forget(self, account: str, key: str, held: datetime) -> None:
        """It was not done: the next one with this key may."""
        ...

    async def forget_old(self, at: datetime) -> None: ...


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def counts_for(method: str, path: str) -> bool:
    """Whether a key means anything there."""
    return method == "POST" and path.startswith("/api/v1/") and not shows_secrets(path)


def fingerprint_of(path: str, query: bytes, body: bytes) -> str:
    return sha256(b"\x00".join((path.encode(), query, body))).hexdigest()


def is_final(status: int) -> bool:
    """Whether asking again could end in nothing else: what was refused for now may be tried anew."""
    return status < 500 and status not in (401, 403, 408, 409, 425, 429)
