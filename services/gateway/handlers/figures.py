"""Figures as people may see them: of their schools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.pages import PageRequest
from services.gateway.sites import SiteKind
from shared.messages.figures import FigureRow, Figures, FiguresWanted, KitchenRisk, KitchenRisks, KitchenRisksWanted

_SITES_MAX = 100_000


class FigureKeeper(Protocol):
    """Alerting. All raise RequestRefused as it refused, PeerError where none answers."""

    async def figures(self, wanted: FiguresWanted) -> Figures: ...

    async def risks(self, wanted: KitchenRisksWanted) -> KitchenRisks: ...


@dataclass(frozen=True, slots=True)
class FigureDesk:
    """What people may ask about figures."""

    keeper: FigureKeeper
    registry: RegistryDesk

    async def figures(self, by: By, wanted: FiguresWanted, kinds: tuple[SiteKind, ...] = ()) -> tuple[FigureRow, ...]:
        sites = await self._sites(by, wanted.sites, kinds)
        if sites == ():
            return ()
        return (await self.keeper.figures(wanted.model_copy(update={"sites": sites or ()}))).items

    async def risks(self, by: By, from_us: int, to_us: int) -> tuple[KitchenRisk, ...]:
        """Every school that they may see, riskiest first."""
        there = await self.registry.register.sites(PageRequest(_SITES_MAX, None), by.identity.sites)
        kitchens = tuple(site.id for site in there)
        return (await self.keeper.risks(KitchenRisksWanted(kitchens=kitchens, from_us=from_us, to_us=to_us))).items

    async def _sites(self, by: By, asked: tuple[str, ...], kinds: tuple[SiteKind, ...]) -> tuple[str, ...] | None:
        """None: really all. The one place that knows how schools are grouped."""
        seen = by.identity.seen_sites(asked)
        if not kinds or seen == ():
            return seen
        there = await self.registry.register.sites(PageRequest(_SITES_MAX, None), seen)
        return tuple(site.id for site in there if site.kind in kinds)
