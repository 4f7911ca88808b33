"""When guessing passwords has to wait: longer after each failure, for one account from one address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

ANY_ACCOUNT = "*"


@dataclass(frozen=True, slots=True)
class LockoutRule:
    """After `free_failures` in a row every further one doubles the wait, from `first_s` up to `last_s`.

    `forget_s` after the last one all are forgotten.

    Per account *and* address: who guesses from elsewhere cannot lock the supervisor out of her own desk.
    """

    free_failures: int
    first_s: float = 2.0
    last_s: float = 900.0
    forget_s: float = 3600.0

    def wait_s(self, failures: int) -> float:
        """How long after the last of so many failures in a row the next attempt is refused."""
        if failures < self.free_failures:
            return 0.0
        return min(self.first_s * 2.0 ** min(failures - self.free_failures, 20), self.last_s)


ONE_ACCOUNT = LockoutRule(free_failures=5)
# One address trying many names: a school behind one NAT address may mistype more often than one person.
ONE_ADDRESS = LockoutRule(free_failures=50)


def rule_for(account: str) -> LockoutRule:
    return ONE_ADDRESS if account == ANY_ACCOUNT else ONE_ACCOUNT


class FailedLogins(Protocol):
    """Counts failures in a row."""

    async def attempt(self, account: str, address: str, now_s: float) -> float:
        """Count this attempt as a failure until `succeeded`; returns seconds to wait, 0 = it may go on.

        Counting first means that a thousand attempts at once are not all let through before the first fails.
        """
        ...

    async def taken_back(self, account: str, address: str) -> None:
        """This attempt was no failure and no success either; what failed before it still counts."""
        ...

    async def succeeded(self, account: str, address: str) -> None:
        """The right password: that account starts anew; of the address, only this attempt is taken back."""
        ...
