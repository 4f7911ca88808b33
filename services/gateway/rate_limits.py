"""How often somebody may ask: a bucket of requests that fills again, one for each address and each account."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field

from shared.clock import Clock

# = how many are remembered; who is forgotten begins with a full bucket
_KEPT = 20_000


@dataclass(slots=True)
class RateLimit:
    """`per_s` requests a second in the long run, `burst` at once. 0: no limit."""

    per_s: float
    burst: float
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait_s(self, key: str, now_s: float) -> int:
        """Count one request; 0 where it may go on, else the whole seconds until the next may."""
        if self.per_s <= 0:
            return 0
        left, at = self._buckets.get(key, (self.burst, now_s))
        left = min(self.burst, left + (now_s - at) * self.per_s)
        is_over = left < 1.0
        self._buckets[key] = (left if is_over else left - 1.0, now_s)
        self._buckets.move_to_end(key)
        while len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
        return max(1, math.ceil((1.0 - left) / self.per_s)) if is_over else 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one gateway lets through; several let through as many times as much."""

    clock: Clock
    addresses: RateLimit
    accounts: RateLimit
    public: RateLimit
    json_bytes_max: int

    def of_address(self, address: str) -> int:
        return self.addresses.wait_s(address, self.clock.monotonic())

    def of_account(self, account: str) -> int:
        return self.accounts.wait_s(account, self.clock.monotonic())

    def of_public(self, address: str) -> int:
        return self.public.wait_s(address, self.clock.monotonic())
