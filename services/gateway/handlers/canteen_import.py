"""New canteens from a spreadsheet: first what it would do, row by row, then done; doing it again changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.cameras import Camera, seal_context
from services.gateway.canteen_plan import Addresses, CanteenPlan, RowPlan
from services.gateway.canteen_sheet import Sheet, SheetRow, rows_of
from services.gateway.faults import fault
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.pages import PageRequest
from services.gateway.refusals import InvalidFields
from services.gateway.units import Units
from shared.errors import BrightKitchenError, RequestRefused, ResourceExhausted
from shared.field_faults import FieldFault

_SITES_MAX = 100_000
# = how many imports one gateway works on at the same time
_AT_ONCE = 2


class SheetReader(Protocol):
    """Reads a file into cells, whatever it is; a hostile one costs a bounded amount."""

    async def read(self, file: bytes) -> Sheet:
        """Raises RequestRefused, ResourceExhausted."""
        ...


class Unsealer(Protocol):
    """Opens what `RegistryDesk.sealer` sealed."""

    def open(self, sealed: str, context: str) -> str: ...


@dataclass(slots=True)
class CanteenImport:
    """What administrators may ask."""

    registry: RegistryDesk
    units: Units
    unsealer: Unsealer
    reader: SheetReader
    trail: AuditTrail
    _running: int = 0

    async def trial(self, file: bytes) -> list[RowPlan]:
        """What would become of every row; nothing is kept. Raises InvalidFields where the file is no such list."""
        rows, wrong, plan = await self._opened(file)
        return [await self._planned(plan, row, wrong.get(row.number, ())) for row in rows]

    async def begin(self, by: By, file: bytes) -> AsyncIterator[tuple[RowPlan, int]]:
        """Each row when it has been done, and how many there are; rows that are wrong are left out, and say why.

        Whoever stops listening ends it between two rows; the same file goes on where it stopped.
        """
        if self._running >= _AT_ONCE:
            raise ResourceExhausted("Other imports are running: try again when they are done.")
        rows, wrong, plan = await self._opened(file)
        clock = self.registry.clock
        detail = {"rows": str(len(rows))}
        await self.trail.add(Deed("canteens_imported", by.identity.name, by.address, clock.now(), detail=detail))
        return self._applied(by, rows, wrong, plan)

    async def _applied(
        self, by: By, rows: Sequence[SheetRow], wrong: dict[int, list[FieldFault]], plan: CanteenPlan
    ) -> AsyncIterator[tuple[RowPlan, int]]:
        self._running += 1
        try:
            for row in rows:
                planned = await self._planned(plan, row, wrong.get(row.number, ()))
                yield await self._done(by, planned), len(rows)
        finally:
            self._running -= 1

    async def _done(self, by: By, planned: RowPlan) -> RowPlan:
        if planned.site is None or planned.faults:
            return planned
        try:
            if planned.site.outcome == "new":
                await self.registry.add_site(by, planned.site.site)
            elif planned.site.changes:
                await self.registry.change_site(by, planned.site.site.id, planned.site.changes, None)
            camera = planned.camera
            if camera is not None and camera.outcome == "new":
                await self.registry.add_camera(by, camera.camera, camera.password)
            elif camera is not None and camera.changes:
                await self.registry.change_camera(by, camera.camera.id, camera.changes, None)
        except InvalidFields as refusal:
            return _failed(planned, refusal.faults)
        except RequestRefused as refusal:
            # Somebody changed the same thing meanwhile: the next run compares anew.
            return _failed(planned, (fault("row", "row_refused", refusal=refusal.code, detail=str(refusal)),))
        return planned

    async def _opened(self, file: bytes) -> tuple[list[SheetRow], dict[int, list[FieldFault]], CanteenPlan]:
        rows, faults, wrong = rows_of(await self.reader.read(file))
        if not rows and not faults:
            faults = [fault("sheet", "no_rows")]
        if faults:
            raise InvalidFields(faults)
        register = self.registry.register
        sites = await register.sites(PageRequest(_SITES_MAX, None), None)
        plan = CanteenPlan(await self.units.all(), sites, await register.every_camera(), self._is_password)
        return rows, wrong, plan

    async def _planned(self, plan: CanteenPlan, row: SheetRow, wrong: Sequence[FieldFault]) -> RowPlan:
        rules, names = self.registry.rules, self.registry.names
        found = {
            stream: await rules.check(f"{stream}_url", row[f"{stream}_url"], names) if row[f"{stream}_url"] else None
            for stream in ("main", "sub")
        }
        return plan.row(row, Addresses(found["main"], found["sub"]), wrong)

    def _is_password(self, camera: Camera, password: str) -> bool:
        if camera.sealed_password is None:
            return False
        try:
            return self.unsealer.open(camera.sealed_password, seal_context(camera.ref)) == password
        except BrightKitchenError:
            return False  # sealed with a key that is gone: it is entered anew


def _failed(planned: RowPlan, faults: tuple[FieldFault, ...]) -> RowPlan:
    """What was to be done and was refused."""
    site = planned.site.site.name if planned.site else ""
    camera = planned.camera.camera.name if planned.camera else ""
    return RowPlan(planned.number, faults=faults, site_name=site, camera_name=camera)
