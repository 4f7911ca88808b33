"""Alerting's draws, inspections and figures, asked over the bus."""

from __future__ import annotations

from shared.bus import Bus
from shared.messages.base import Message
from shared.messages.figures import Figures, FiguresWanted, KitchenRisks, KitchenRisksWanted
from shared.messages.inspections import (
    Draw,
    DrawCancel,
    DrawCommit,
    DrawFile,
    DrawList,
    DrawOpen,
    DrawRef,
    DrawReveal,
    DrawsWanted,
    Inspection,
    InspectionChange,
    InspectionList,
    InspectionRef,
    InspectionsWanted,
    Looks,
    LooksWanted,
)

# Longer than the database's own limit of one statement: its refusal is heard.
_LIMIT_S = 20.0


class BusInspections:
    """Implements `InspectionKeeper`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def open_draw(self, wanted: DrawOpen) -> Draw:
        return Draw.decode(await self._ask("draw_open", wanted))

    async def draw(self, wanted: DrawRef) -> Draw:
        return Draw.decode(await self._ask("draw", wanted))

    async def draws(self, wanted: DrawsWanted) -> DrawList:
        return DrawList.decode(await self._ask("draws", wanted))

    async def file(self, wanted: DrawRef) -> DrawFile:
        return DrawFile.decode(await self._ask("draw_file", wanted))

    async def commit(self, wanted: DrawCommit) -> Draw:
        return Draw.decode(await self._ask("draw_commit", wanted))

    async def reveal(self, wanted: DrawReveal) -> Draw:
        return Draw.decode(await self._ask("draw_reveal", wanted))

    async def cancel(self, wanted: DrawCancel) -> Draw:
        return Draw.decode(await self._ask("draw_cancel", wanted))

    async def inspection(self, wanted: InspectionRef) -> Inspection:
        return Inspection.decode(await self._ask("inspection", wanted))

    async def inspections(self, wanted: InspectionsWanted) -> InspectionList:
        return InspectionList.decode(await self._ask("inspections", wanted))

    async def change(self, wanted: InspectionChange) -> Inspection:
        return Inspection.decode(await self._ask("inspection_change", wanted))

    async def looks(self, wanted: LooksWanted) -> Looks:
        return Looks.decode(await self._ask("looks", wanted))

    async def _ask(self, name: str, wanted: Message) -> bytes:
        return await self._bus.request("alerting", name, wanted, timeout_s=_LIMIT_S)


class BusFigures:
    """Implements `FigureKeeper`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def figures(self, wanted: FiguresWanted) -> Figures:
        return Figures.decode(await self._bus.request("alerting", "figures", wanted, timeout_s=_LIMIT_S))

    async def risks(self, wanted: KitchenRisksWanted) -> KitchenRisks:
        return KitchenRisks.decode(await self._bus.request("alerting", "kitchen_risks", wanted, timeout_s=_LIMIT_S))
