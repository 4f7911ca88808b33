"""One sound to many kitchens: opened, pressed, released, ended, each on record before it happens; and looked up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.handlers.standing_talks import StandingTalks
from services.gateway.identity import Identity
from services.gateway.pages import PageOf, PageRequest, page_of
from services.gateway.refusals import bad_cursor, no_such
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.broadcasts import (
    Addressed,
    BroadcastChange,
    BroadcastOpened,
    BroadcastRef,
    BroadcastsOf,
    BroadcastStatus,
    BroadcastWanted,
    CameraOf,
    Language,
)
from shared.messages.intercom import TalkPriority

# <worker>.<random>: a subject token, and nothing that could be another subject.
_BROADCAST = re.compile(r"[a-zA-Z0-9_-]{1,128}\.[0-9a-f]{16}")
# What one audit row names: ids of cameras, as many as fit.
_NAMED_CHARACTERS_MAX = 8000


class BroadcastIntercom(Protocol):
    """The intercom. All raise RequestRefused as it refused, PeerError where none answers."""

    async def open(self, wanted: BroadcastWanted) -> BroadcastOpened: ...

    async def status(self, broadcast: BroadcastRef) -> BroadcastStatus:
        """Of one that runs, or is over."""
        ...

    async def change(self, change: BroadcastChange) -> BroadcastStatus: ...

    async def end(self, broadcast: BroadcastRef) -> BroadcastStatus: ...

    async def newest(self, wanted: BroadcastsOf) -> Sequence[BroadcastStatus]: ...


@dataclass(frozen=True, slots=True)
class Recipients:
    """Ids of the registry."""

    cameras: Sequence[str] = ()
    sites: Sequence[str] = ()
    is_everyone: bool = False


@dataclass(frozen=True, slots=True)
class BroadcastDesk:
    """What people may ask about broadcasts. Everybody who may talk sees all; only the talker presses."""

    registry: RegistryDesk
    intercom: BroadcastIntercom
    trail: AuditTrail
    clock: Clock
    standing: StandingTalks

    async def open(
        self,
        by: By,
        to: Recipients,
        *,
        priority: TalkPriority,
        reason: str,
        offer: str | None,
        announcement: str | None,
        text: str | None,
        language: Language,
        is_prepared: bool,
    ) -> BroadcastOpened:
        """Raises RequestRefused where nobody is meant, or a camera or site is not there."""
        cameras = await self.meant(by.identity, to)
        named = ",".join(one.camera for one in cameras)
        await self._record(
            by,
            "broadcast_opened",
            to=named[:_NAMED_CHARACTERS_MAX],
            cameras=str(len(cameras)),
            priority=priority,
            reason=reason,
            source="microphone" if offer is not None else announcement or f"text: {text}"[:500],
        )
        opened = await self.intercom.open(
            BroadcastWanted(
                to=Addressed(cameras=tuple(cameras)),
                talker=by.identity.name,
                priority=priority,
                reason=reason,
                offer=offer,
                announcement=announcement,
                text=text,
                language=language,
                is_prepared=is_prepared,
            )
        )
        if offer is not None:  # an announcement says what it says, whoever is there
            ref = BroadcastRef(broadcast=opened.status.broadcast, talker=by.identity.name)
            sites = {camera.site for camera in cameras}
            self.standing.opened(by, ref.broadcast, sites, lambda: self.intercom.end(ref))
        return opened

    async def meant(self, identity: Identity, to: Recipients) -> list[CameraOf]:
        """The cameras that these names stand for, each once. Cameras that are switched off are not, unless named."""
        found = {id: (await self.registry.camera_for(identity, id)).site for id in dict.fromkeys(to.cameras)}
        for site in to.sites:
            await self.registry.site(site)
            if not identity.sees(site):
                raise no_such("site", site)
        if to.sites or to.is_everyone:
            for camera in await self.registry.register.every_camera():
                is_meant = to.is_everyone or camera.site in to.sites
                if is_meant and camera.is_enabled and identity.sees(camera.site):
                    found.setdefault(camera.id, camera.site)
        if not found:
            raise RequestRefused(
                "nobody_addressed", "No camera is meant: name cameras, sites that have some, or all.", status=422
            )
        return [CameraOf(site=site, camera=id) for id, site in found.items()]

    async def status(self, by: By, id: str) -> BroadcastStatus:
        """With the receipts of the schools that they may see."""
        status = await self.intercom.status(BroadcastRef(broadcast=_checked(id)))
        if by.identity.sites is None:
            return status
        theirs = tuple(receipt for receipt in status.receipts if by.identity.sees(receipt.site))
        if not theirs:
            raise no_such("broadcast", id)
        counts = dict(Counter(receipt.state for receipt in theirs))
        return status.model_copy(update={"receipts": theirs, "counts": counts})

    async def newest(self, by: By, page: PageRequest, camera: str | None) -> PageOf[BroadcastStatus]:
        """Of the schools that they may see."""
        if page.after is not None and not page.after.isdecimal():
            raise bad_cursor()
        sites = by.identity.seen_sites(())
        if sites == ():
            return PageOf((), None)
        before_us = None if page.after is None else int(page.after)
        wanted = BroadcastsOf(camera=camera, sites=sites or (), before_us=before_us, limit=page.limit + 1)
        return page_of(await self.intercom.newest(wanted), page, lambda status: str(status.opened_us))

    async def change(self, by: By, id: str, *, is_speaking: bool) -> BroadcastStatus:
        change = BroadcastChange(broadcast=_checked(id), talker=by.identity.name, is_speaking=is_speaking)
        if is_speaking:
            await self._record(by, "broadcast_pressed", broadcast=id)
        status = await self.intercom.change(change)
        if not is_speaking:
            await self._record(by, "broadcast_released", broadcast=id)
        return status

    async def end(self, by: By, id: str) -> None:
        status = await self.intercom.end(BroadcastRef(broadcast=_checked(id), talker=by.identity.name))
        self.standing.ended(id)
        counts = ",".join(f"{state}={count}" for state, count in sorted(status.counts.items()))
        await self._record(by, "broadcast_ended", broadcast=id, receipts=counts)

    async def _record(self, by: By, action: Action, **detail: str) -> None:
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))


def _checked(id: str) -> str:
    if not _BROADCAST.fullmatch(id):
        raise RequestRefused("no_such_broadcast", f"There is no broadcast {id[:80]!r}.", status=404)
    return id
