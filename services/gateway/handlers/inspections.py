"""Random inspection as people do it: draws called and seeds brought, kitchens looked at; every deed on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.gateway.accounts import Account, Accounts, is_open_at
from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.faults import fault
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.pages import PageOf, PageRequest, page_of
from services.gateway.refusals import InvalidFields, no_such
from services.gateway.roles import verbs_of
from shared.clock import Clock
from shared.field_faults import FieldFault
from shared.messages.inspections import (
    Draw,
    DrawCancel,
    DrawCommit,
    DrawDepartment,
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

_SITES_MAX = 100_000


class InspectionKeeper(Protocol):
    """Alerting. All raise RequestRefused as it refused, PeerError where none answers."""

    async def open_draw(self, wanted: DrawOpen) -> Draw: ...

    async def draw(self, wanted: DrawRef) -> Draw: ...

    async def draws(self, wanted: DrawsWanted) -> DrawList: ...

    async def file(self, wanted: DrawRef) -> DrawFile: ...

    async def commit(self, wanted: DrawCommit) -> Draw: ...

    async def reveal(self, wanted: DrawReveal) -> Draw: ...

    async def cancel(self, wanted: DrawCancel) -> Draw: ...

    async def inspection(self, wanted: InspectionRef) -> Inspection: ...

    async def inspections(self, wanted: InspectionsWanted) -> InspectionList: ...

    async def change(self, wanted: InspectionChange) -> Inspection: ...

    async def looks(self, wanted: LooksWanted) -> Looks: ...


@dataclass(frozen=True, slots=True)
class InspectionDesk:
    """What people may ask about draws and inspections."""

    keeper: InspectionKeeper
    registry: RegistryDesk
    accounts: Accounts
    trail: AuditTrail
    clock: Clock

    async def call(self, by: By, wanted: DrawOpen) -> Draw:
        """Args: wanted: its kitchens are those of `kitchens`."""
        await self._require_people(wanted)
        await self._record(by, "draw_called", title=wanted.title, kitchens=str(len(wanted.kitchens)))
        return await self.keeper.open_draw(wanted.model_copy(update={"by": by.identity.name}))

    async def draws(self, by: By, wanted: DrawsWanted, page: PageRequest) -> PageOf[Draw]:
        """Newest first; somebody who is for some schools only sees those that they have a part in."""
        account = None if by.identity.sites is None else by.identity.name
        asked = wanted.model_copy(update={"account": account, "limit": page.limit + 1, "before": page.after})
        found = await self.keeper.draws(asked)
        return page_of(found.items, page, lambda draw: f"{draw.opened_us}.{draw.draw}")

    async def draw(self, by: By, id: str) -> Draw:
        draw = await self.keeper.draw(DrawRef(draw=id))
        has_part = by.identity.name in (*draw.supervisors, *(seed.account for seed in draw.seeds))
        if by.identity.sites is not None and not has_part:
            raise no_such("draw", id)
        return draw

    async def file(self, by: By, id: str) -> str:
        await self.draw(by, id)
        return (await self.keeper.file(DrawRef(draw=id))).text

    async def commit(self, by: By, id: str, department: str, commitment: str) -> Draw:
        await self.draw(by, id)
        await self._record(by, "draw_committed", draw=id, department=department, commitment=commitment)
        return await self.keeper.commit(
            DrawCommit(draw=id, by=by.identity.name, department=department, commitment=commitment)
        )

    async def reveal(self, by: By, id: str, department: str, seed: str, nonce: str) -> Draw:
        await self.draw(by, id)
        # Not the seed: who reads the trail before all have revealed must not know it.
        await self._record(by, "draw_revealed", draw=id, department=department)
        return await self.keeper.reveal(
            DrawReveal(draw=id, by=by.identity.name, department=department, seed=seed, nonce=nonce)
        )

    async def cancel(self, by: By, id: str, why: str) -> Draw:
        await self.draw(by, id)
        await self._record(by, "draw_cancelled", draw=id, why=why)
        return await self.keeper.cancel(DrawCancel(draw=id, by=by.identity.name, why=why))

    async def page(self, by: By, wanted: InspectionsWanted, page: PageRequest) -> PageOf[Inspection]:
        """Those due first, first, of the schools that they may see."""
        sites = by.identity.seen_sites(wanted.sites)
        if sites == ():
            return PageOf((), None)
        asked = wanted.model_copy(update={"sites": sites or (), "limit": page.limit + 1, "after": page.after})
        found = await self.keeper.inspections(asked)
        return page_of(found.items, page, lambda one: f"{one.due_us}.{one.inspection}")

    async def one(self, by: By, id: str) -> Inspection:
        found = await self.keeper.inspection(InspectionRef(inspection=id))
        if not by.identity.sees(found.site):
            raise no_such("inspection", id)
        return found

    async def change(self, by: By, wanted: InspectionChange) -> Inspection:
        found = await self.one(by, wanted.inspection)
        await self.registry.require_cameras(found.site, wanted.cameras)
        if wanted.supervisor is not None:
            account = await self.accounts.find(wanted.supervisor)
            if account is None or not self._can_look(account, found.site, found.due_us):
                wrong = fault("supervisor", "cannot_inspect", account=wanted.supervisor, site=found.site)
                raise InvalidFields([wrong])
        await self._record(by, "inspection_changed", inspection=found.inspection, site=found.site, step=wanted.action)
        return await self.keeper.change(wanted.model_copy(update={"by": by.identity.name}))

    async def coverage(self, by: By, from_us: int, to_us: int) -> Looks:
        """Of every school that they may see, also those nobody looked at."""
        kitchens = await self.kitchens(by, ())
        return await self.keeper.looks(LooksWanted(kitchens=kitchens, from_us=from_us, to_us=to_us))

    async def kitchens(self, by: By, asked: Sequence[str]) -> tuple[str, ...]:
        """Those asked for; all there are where none are. Raises InvalidFields where one is not known."""
        sites = await self.registry.register.sites(PageRequest(_SITES_MAX, None), by.identity.sites)
        there = [site.id for site in sites]
        missing = sorted(set(asked) - set(there))
        if missing:
            raise InvalidFields([fault("sites", "no_such_site", id=missing[0])])
        if not there:
            raise InvalidFields([fault("sites", "no_sites")])
        return tuple(sorted(set(asked))) or tuple(there)

    async def _require_people(self, wanted: DrawOpen) -> None:
        """Whoever brings a seed can log in until it is revealed, whoever looks can look."""
        faults = []
        for number, department in enumerate(wanted.departments):
            account = await self.accounts.find(department.account)
            if account is None or not is_open_at(account, wanted.reveal_until_us):
                faults.append(_nobody(f"departments.{number}.account", department))
        for number, name in enumerate(wanted.supervisors):
            account = await self.accounts.find(name)
            if account is None or not self._can_look(account, None, wanted.look_until_us):
                faults.append(fault(f"supervisors.{number}", "cannot_inspect_all", account=name))
        if faults:
            raise InvalidFields(faults)

    def _can_look(self, account: Account, site: str | None, until_us: int) -> bool:
        """Args: site: None: all."""
        seen = account.seen_sites
        sees = seen is None or (site is not None and site in seen)
        return sees and "inspect" in verbs_of(account.roles) and is_open_at(account, until_us)

    async def _record(self, by: By, action: Action, **detail: str) -> None:
        """Before it happens: what could not be recorded does not."""
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))


def _nobody(field: str, department: DrawDepartment) -> FieldFault:
    return fault(field, "cannot_reveal", account=department.account, department=department.department)
