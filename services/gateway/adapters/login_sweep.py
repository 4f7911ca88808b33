"""Expired logins, old failures and old idempotency keys are forgotten, once an hour."""

from __future__ import annotations

from services.gateway.idempotency import IdempotencyKeys
from services.gateway.logins import Logins
from shared.clock import Clock

_EVERY_S = 3600.0


class LoginSweep:
    """A supervised task."""

    def __init__(self, logins: Logins, keys: IdempotencyKeys, clock: Clock):
        self._logins = logins
        self._keys = keys
        self._clock = clock

    async def run_once(self) -> None:
        await self._logins.forget_expired(self._clock.now())
        await self._keys.forget_old(self._clock.now())
        await self._clock.sleep(_EVERY_S)
