"""Silences and maintenance as people make and end them, of their own schools; who did is on record."""

from __future__ import annotations

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
        found = await self.keeper.silences(SilencesWanted(is_current=is_current, limit=1000))
        return [shown for each in found.items if (shown := _seen(by.identity, each)) is not None]

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
        if not found or _seen(by.identity, found[0]) is None:
            raise no_such("silence", id)
        self._require_theirs(by.identity, found[0].silence)
        await self._record(by, "silence_ended", silence=id)
        return (await self.keeper.end(SilenceEnd(silence=id, by=by.identity.name))).items[0]

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


def _seen(identity: Identity, status: SilenceStatus) -> SilenceStatus | None:
    """As far as it is about their schools; None: not at all."""
    silence = status.silence
    if identity.sites is None or not silence.sites:
        return status
    sites = tuple(site for site in silence.sites if identity.sees(site))
    return status.model_copy(update={"silence": silence.model_copy(update={"sites": sites})}) if sites else None
