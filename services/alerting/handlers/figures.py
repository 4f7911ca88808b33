"""Figures as people ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from services.alerting.figures.kitchen_risk import ROSTER_DAYS, risk_of
from services.alerting.figures.rows import joined, require_range, steps
from services.alerting.inspection.frozen import Kitchen, days_since
from shared.errors import RequestRefused
from shared.messages.figures import Figures, FiguresWanted, KitchenRisk, KitchenRisks, KitchenRisksWanted

Counts = Mapping[str, Mapping[str, object]]
Amounts = Mapping[str, Mapping[str, float]]
_DAY_US = 86_400_000_000


class FigureStore(Protocol):
    """Counts by key. All raise PeerError while the database is away.

    `begins` are where days or weeks begin; then the key is the number of the step, from 0.
    """

    async def alerts(self, wanted: FiguresWanted, begins: Sequence[int]) -> Counts: ...

    async def orders(self, wanted: FiguresWanted, begins: Sequence[int]) -> Counts: ...

    async def risk_amounts(self, kitchens: Sequence[str], from_us: int, to_us: int) -> Amounts:
        """Of those kitchens where there is something."""
        ...

    async def last_looks(self, kitchens: Sequence[str]) -> Mapping[str, int]:
        """When somebody looked last; kitchens that were never looked at are left out."""
        ...


@dataclass(frozen=True, slots=True)
class FigureDesk:
    """One function for each request; `roster` for draws."""

    store: FigureStore
    zone: ZoneInfo

    async def figures(self, request: bytes) -> Figures:
        wanted = FiguresWanted.decode(request)
        require_range(wanted)
        if wanted.by not in ("day", "week"):
            found = joined(await self.store.alerts(wanted, ()), await self.store.orders(wanted, ()))
            return Figures(items=tuple(found))
        at = steps(wanted, self.zone)
        names, begins = [name for name, _ in at], [begin for _, begin in at]
        alerts = _named(await self.store.alerts(wanted, begins), names)
        orders = _named(await self.store.orders(wanted, begins), names)
        return Figures(items=tuple(joined(alerts, orders, names)))

    async def risks(self, request: bytes) -> KitchenRisks:
        wanted = KitchenRisksWanted.decode(request)
        if wanted.from_us >= wanted.to_us:
            raise RequestRefused("range_wrong", "Ask for a range that ends after it begins.")
        found = await self._risks(wanted.kitchens, wanted.from_us, wanted.to_us)
        return KitchenRisks(items=tuple(sorted(found, key=lambda one: (-one.score, one.kitchen))))

    async def roster(self, kitchens: Sequence[str], now_us: int) -> Sequence[Kitchen]:
        """Implements `KitchenBook`."""
        risks = await self._risks(kitchens, now_us - ROSTER_DAYS * _DAY_US, now_us)
        last = await self.store.last_looks(kitchens)
        return [Kitchen(one.kitchen, one.risk, days_since(last.get(one.kitchen), now_us)) for one in risks]

    async def _risks(self, kitchens: Sequence[str], from_us: int, to_us: int) -> list[KitchenRisk]:
        amounts = await self.store.risk_amounts(kitchens, from_us, to_us)
        return [risk_of(kitchen, amounts.get(kitchen, {})) for kitchen in kitchens]


def _named(counts: Counts, names: Sequence[str]) -> Counts:
    return {names[int(number)]: values for number, values in counts.items()}
