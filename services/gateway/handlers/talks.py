"""Speaking to a kitchen: opened, pressed, released, ended, each on record before it happens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.handlers.standing_talks import StandingTalks
from services.gateway.identity import not_allowed
from services.gateway.roles import Verb
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.intercom import TalkChange, TalkOpened, TalkPriority, TalkRef, TalkStatus, TalkTrickle, TalkWanted

# <worker>.<random>: a subject token, and nothing that could be another subject.
_TALK = re.compile(r"[a-zA-Z0-9_-]{1,128}\.[0-9a-f]{16}")


class Intercom(Protocol):
    """The intercom. All raise RequestRefused as it refused, PeerError where none answers."""

    async def open(self, wanted: TalkWanted) -> TalkOpened: ...

    async def status(self, talk: TalkRef) -> TalkStatus: ...

    async def change(self, change: TalkChange) -> TalkStatus: ...

    async def trickle(self, candidates: TalkTrickle) -> TalkStatus: ...

    async def end(self, talk: TalkRef) -> TalkStatus: ...


@dataclass(frozen=True, slots=True)
class TalkDesk:
    """What people may ask of the intercom. Nobody reaches another person's talk."""

    registry: RegistryDesk
    intercom: Intercom
    trail: AuditTrail
    clock: Clock
    standing: StandingTalks

    async def open(
        self,
        by: By,
        camera: str,
        offer: str,
        priority: TalkPriority,
        *,
        is_prepared: bool,
        case: str | None = None,
    ) -> TalkOpened:
        found = await self.registry.camera(camera)
        scope = by.identity.guest
        if scope is not None:
            scope.require_priority(priority)
        # One who also sees and hears is on record as such.
        looks = {"looks": "yes"} if "m=video" in offer else {}
        if looks and not by.identity.may("view"):
            raise not_allowed("view")
        of_case = {} if case is None else {"case": case}
        await self._record(by, "talk_opened", camera, priority=priority, **looks, **of_case)
        opened = await self.intercom.open(
            TalkWanted(
                site=found.site,
                camera=found.id,
                talker=by.identity.name,
                priority=priority,
                offer=offer,
                case=case,
                is_prepared=is_prepared,
                guest=None if scope is None else f"{scope.room}.{scope.guest}",
            )
        )
        ref = TalkRef(talk=opened.status.talk, talker=by.identity.name)
        verbs: tuple[Verb, ...] = ("talk", "view") if looks else ("talk",)
        self.standing.opened(by, ref.talk, (found.site,), lambda: self.intercom.end(ref), verbs)
        return opened

    async def status(self, by: By, talk: str) -> TalkStatus:
        return await self.intercom.status(TalkRef(talk=_checked(talk), talker=by.identity.name))

    async def change(self, by: By, talk: str, *, is_talking: bool, may_wait: bool = False) -> TalkStatus:
        talker = by.identity.name
        change = TalkChange(talk=_checked(talk), talker=talker, is_talking=is_talking, may_wait=may_wait)
        # Asked first: what is on record names the camera, and nobody's press is on record for another's talk.
        if is_talking:
            await self._record(by, "talk_pressed", None, talk=talk)
        status = await self.intercom.change(change)
        if not is_talking:
            await self._record(by, "talk_released", status.camera, talk=talk, packets=str(status.packets))
        return status

    async def trickle(self, by: By, talk: str, fragment: str) -> None:
        await self.intercom.trickle(TalkTrickle(talk=_checked(talk), talker=by.identity.name, fragment=fragment))

    async def end(self, by: By, talk: str) -> None:
        status = await self.intercom.end(TalkRef(talk=_checked(talk), talker=by.identity.name))
        self.standing.ended(talk)
        await self._record(by, "talk_ended", status.camera, talk=talk, packets=str(status.packets))

    async def _record(self, by: By, action: Action, camera: str | None, **detail: str) -> None:
        deed = Deed(action, by.identity.name, by.address, self.clock.now(), camera=camera, detail=detail)
        await self.trail.add(deed)


def _checked(talk: str) -> str:
    if not _TALK.fullmatch(talk):
        raise RequestRefused("no_such_talk", f"There is no talk {talk[:80]!r}.", status=404)
    return talk
