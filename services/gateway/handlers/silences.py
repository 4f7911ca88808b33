"""Silences and maintenance as people make and end them, of their own schools; who did is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.faults import fault
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.identity import Identity, not_allowed, out_of_scope
from services.gateway.refusals import InvalidFields, no_such
from shared.clock import Clock
from shared.messages.silences import Silence, SilenceEnd, SilenceList, SilenceStatus, SilencesWanted, SilenceWanted


class SilenceKeeper(Protocol):
    """Alerting. All raise RequestRefused as it refused, PeerError where none answers."""

    async def silences(self, wanted: SilencesWanted) -> SilenceList: ...

    async def add(self, wanted: SilenceWanted) -> SilenceList: ...

    async def end(self, wanted: SilenceEnd) -> SilenceList: ...


@dataclass(frozen=True, slots=True)
class SilenceDesk:
    """What people may ask about silences."""

    keeper: SilenceKeeper
    registry: RegistryDesk
    trail: AuditTrail
    clock: Clock

    async def list(self, by: By, is_current: bool | None) -> list[SilenceStatus]:
        theirs = by.identity.seen_sites(())
        found = await self.keeper.silences(SilencesWanted(is_current=is_current, sites=theirs, limit=1000))
        return [*await self._seen(by.identity, found.items)]

    async def add(self, by: By, silence: Silence) -> SilenceStatus:
        asked = await self._of_schools(silence)
        self._require_theirs(by.identity, asked)
        where = {"sites": ",".join(asked.sites)[:500], "cameras": ",".join(asked.cameras)[:500]}
        rules = ",".join(asked.rules)[:500]
        await self._record(by, "silence_added", reason=asked.reason, rules=rules, kind=asked.kind, **where)
        wanted = SilenceWanted(silence=asked, may_class_1=by.identity.may("configure"))
        return (await self.keeper.add(wanted)).items[0]

    async def end(self, by: By, id: str) -> SilenceStatus:
        found = (await self.keeper.silences(SilencesWanted(silence=id))).items
        if not await self._seen(by.identity, found):
            raise no_such("silence", id)
        self._require_theirs(by.identity, found[0].silence)
        await self._record(by, "silence_ended", silence=id)
        return (await self.keeper.end(SilenceEnd(silence=id, by=by.identity.name))).items[0]

    async def _seen(self, identity: Identity, found: Sequence[SilenceStatus]) -> Sequence[SilenceStatus]:
        """As far as they are about their schools."""
        if identity.sites is None:
            return found
        named = {camera for each in found for camera in each.silence.cameras}
        site_of = await self.registry.register.sites_of(named)
        theirs = frozenset(camera for camera, site in site_of.items() if identity.sees(site))
        return [shown for each in found if (shown := _cut(identity, theirs, each)) is not None]

    async def _of_schools(self, silence: Silence) -> Silence:
        """Cameras are named with their schools, so that a silence always says whose it is."""
        for site in silence.sites:
            await self.registry.site(site)
        of_cameras = {(await self.registry.camera(camera)).site for camera in silence.cameras}
        if silence.sites and not of_cameras <= set(silence.sites):
            raise InvalidFields([fault("cameras", "cameras_elsewhere")])
        return silence.model_copy(update={"sites": silence.sites or tuple(sorted(of_cameras))})

    def _require_theirs(self, identity: Identity, silence: Silence) -> None:
        if not silence.sites and not identity.may("configure"):
            raise not_allowed("configure")  # a rule in every school
        if identity.sites is not None and not (silence.sites and all(map(identity.sees, silence.sites))):
            raise out_of_scope()

    async def _record(self, by: By, action: Action, **detail: str) -> None:
        """Before it happens: what could not be recorded does not."""
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))


def _cut(identity: Identity, theirs: frozenset[str], status: SilenceStatus) -> SilenceStatus | None:
    """As far as it is about their schools; None: not at all. Args: theirs: cameras of those."""
    silence = status.silence
    if not silence.sites:
        return status
    sites = tuple(site for site in silence.sites if identity.sees(site))
    cameras = tuple(camera for camera in silence.cameras if camera in theirs)
    # No camera would read as all of them.
    if not sites or (silence.cameras and not cameras):
        return None
    return status.model_copy(update={"silence": silence.model_copy(update={"sites": sites, "cameras": cameras})})
