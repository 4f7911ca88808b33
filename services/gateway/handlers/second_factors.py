"""Second factors: begun, confirmed, asked for at log-in, taken away."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Protocol

from services.gateway import totp
from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.faults import fault
from services.gateway.refusals import InvalidFields
from services.gateway.second_factors import (
    RECOVERY_CODES,
    SecondFactor,
    SecondFactors,
    plain,
    recovery_code,
    recovery_hash,
)
from shared.clock import Clock
from shared.errors import RequestRefused


class Box(Protocol):
    """Seals secrets, and opens them in the same context."""

    def seal(self, secret: str, context: str) -> str: ...

    def open(self, sealed: str, context: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Begun:
    """Shown once: what the authenticator app is told."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class SecondFactorDesk:
    """Second factors of accounts."""

    kept: SecondFactors
    box: Box
    trail: AuditTrail
    clock: Clock

    async def is_on(self, account: str) -> bool:
        found = await self.kept.find(account)
        return found is not None and found.is_on

    async def begin(self, account: str, address: str) -> Begun:
        """A new secret, which counts once a code of it was given."""
        secret = secrets.token_bytes(totp.SECRET_BYTES)
        if not await self.kept.begin(account, self.box.seal(totp.as_text(secret), _context(account))):
            raise RequestRefused(
                "second_factor_on", "A second factor is on already: turn it off before you set up another.", status=409
            )
        await self._record("second_factor_begun", account, account, address)
        return Begun(totp.as_text(secret), totp.setup_uri(secret, account))

    async def confirm(self, account: str, code: str, address: str) -> list[str]:
        """From now on it is asked for. Returns the recovery codes, which are shown this once."""
        found = await self.kept.find(account)
        if found is None or found.is_on:
            raise RequestRefused("second_factor_not_begun", "Begin with a new secret first.", status=409)
        step = self._step(found, code)
        if step is None:
            raise InvalidFields([fault("code", "code_not_of_now")])
        codes = [recovery_code(secrets.token_bytes(16)) for _ in range(RECOVERY_CODES)]
        if not await self.kept.turn_on(account, step, [recovery_hash(account, each) for each in codes]):
            raise RequestRefused("second_factor_on", "Another request turned it on just now.", status=409)
        await self._record("second_factor_on", account, account, address)
        return codes

    async def accepts(self, account: str, code: str, address: str) -> bool:
        """A code of the app or a recovery code; each counts once."""
        found = await self.kept.find(account)
        if found is None or not found.is_on:
            return False
        if len(plain(code)) == totp.DIGITS:
            step = self._step(found, code)
            return step is not None and await self.kept.take_step(account, step)
        if not await self.kept.take_recovery(account, recovery_hash(account, code)):
            return False
        await self._record("recovery_code_used", account, account, address)
        return True

    async def remove(self, account: str, by: str, address: str) -> bool:
        """Off; by an administrator where phone and recovery codes are lost."""
        is_gone = await self.kept.remove(account)
        if is_gone:
            await self._record("second_factor_off", account, by, address)
        return is_gone

    async def recovery_left(self, account: str) -> int:
        return await self.kept.recovery_left(account)

    def _step(self, found: SecondFactor, code: str) -> int | None:
        secret = totp.of_text(self.box.open(found.sealed, _context(found.account)))
        return totp.matching_step(secret, plain(code), self.clock.now().timestamp(), found.last_step)

    async def _record(self, action: Action, account: str, by: str, address: str) -> None:
        await self.trail.add(Deed(action, by, address, self.clock.now(), detail={"account": account}))


def _context(account: str) -> str:
    return f"second-factor:{account}"
