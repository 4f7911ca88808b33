"""The organisation: units added, moved and removed, and who sees which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from services.gateway.audit import Action, Deed
from services.gateway.handlers.registry import By
from services.gateway.identity import Identity
from services.gateway.pages import PageOf, PageRequest, page_of
from services.gateway.refusals import InvalidFields, changed_meanwhile, no_such, taken
from services.gateway.registry import DesiredCameras, Register
from services.gateway.units import Unit, Units, UnitUse, path_of, with_ancestors
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.field_faults import FieldFault
from shared.messages.notices import NoticeChainList, NoticeChainsOf

_STILL: Mapping[UnitUse, str] = {
    "units": "Other units lie below this one: move or remove them first.",
    "sites": "Schools belong to this unit: move them to another one first.",
    "accounts": "Accounts are limited to this unit: change them first.",
}


class Chains(Protocol):
    """Alerting's escalation chains. Raises RequestRefused as it refused, PeerError where none answers."""

    async def chains(self, wanted: NoticeChainsOf) -> NoticeChainList: ...


@dataclass(frozen=True, slots=True)
class PlacedUnit:
    """`path`: ids from the top to this one."""

    unit: Unit
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrganisationDesk:
    """What people may ask of the tree."""

    units: Units
    register: Register
    desired: DesiredCameras
    chains: Chains
    clock: Clock

    async def list_units(self, identity: Identity, page: PageRequest) -> PageOf[PlacedUnit]:
        """By id. Who is limited to some schools sees the units that these lie under, and no other."""
        there = await self._seen(identity)
        found = [each for each in there if page.after is None or each.unit.id > page.after]
        return page_of(found[: page.limit + 1], page, lambda each: each.unit.id)

    async def unit(self, identity: Identity, id: str) -> PlacedUnit:
        for each in await self._seen(identity):
            if each.unit.id == id:
                return each
        raise no_such("unit", id)

    async def add(self, by: By, unit: Unit) -> PlacedUnit:
        """Raises InvalidFields."""
        detail = {"unit": unit.id, "name": unit.name, "parent": unit.parent or ""}
        added = await self.units.add(unit, self._deed("unit_added", by, detail))
        if isinstance(added, FieldFault):
            raise InvalidFields([added])
        if not added:
            raise taken("unit", unit.id)
        return PlacedUnit(unit, await self.units.path(unit.id))

    async def change(self, by: By, id: str, changes: Mapping[str, Any], if_match: int | None) -> PlacedUnit:
        """`changes` holds new values of fields of Unit by name. Raises InvalidFields."""
        unit = (await self.unit(by.identity, id)).unit
        if if_match is not None and if_match != unit.revision:
            raise changed_meanwhile()
        changed = replace(unit, **changes)
        detail = {"unit": id, "fields": ",".join(sorted(changes))}
        if changed.parent != unit.parent:
            detail |= {"parent": changed.parent or "", "parent_before": unit.parent or ""}
        done = await self.units.replace(changed, self._deed("unit_changed", by, detail))
        if isinstance(done, FieldFault):
            raise InvalidFields([done])
        if not done:
            raise changed_meanwhile()
        if changed.parent != unit.parent:
            await self._tell_below(id)
        return PlacedUnit(replace(changed, revision=unit.revision + 1), await self.units.path(id))

    async def remove(self, by: By, id: str) -> None:
        await self.unit(by.identity, id)
        await self._require_no_chain(id)
        use = await self.units.remove(id, self._deed("unit_removed", by, {"unit": id}))
        if use is not None:
            raise RequestRefused("unit_in_use", _STILL[use], status=409)

    async def _require_no_chain(self, id: str) -> None:
        """Or nobody would be called for its schools any more, and nobody would know."""
        for chain in (await self.chains.chains(NoticeChainsOf())).items:
            if id in chain.units:
                message = f"The escalation chain {chain.title!r} is for this unit: change the chain first."
                raise RequestRefused("unit_in_chain", message, status=409)

    async def _tell_below(self, id: str) -> None:
        """Each camera says where in the tree its school is."""
        below = await self.units.sites_below(id)
        for camera in await self.register.every_camera():
            if camera.site in below:
                self.desired.changed(camera.ref)

    async def _seen(self, identity: Identity) -> list[PlacedUnit]:
        there = await self.units.all()
        parents = {unit.id: unit.parent for unit in there}
        placed = [PlacedUnit(unit, path_of(parents, unit.id)) for unit in there]
        if identity.sites is None:
            return placed
        own = with_ancestors(parents, await self.units.of_sites(identity.sites))
        return [each for each in placed if each.unit.id in own]

    def _deed(self, action: Action, by: By, detail: Mapping[str, str]) -> Deed:
        return Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail)
