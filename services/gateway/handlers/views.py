"""Looking at a camera by WebRTC: opened, looked after while it lasts, ended, and all of it on record."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from services.gateway.audit import AuditTrail, Deed
from services.gateway.handlers.people import People
from services.gateway.handlers.registry import By, RegistryDesk
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused, ResourceExhausted
from shared.messages.views import ViewOpened, ViewRef, ViewsKept, ViewStatus, ViewTrickle, ViewWanted
from shared.telemetry import log

# <worker>.<random>: a subject token, and nothing that could be another subject.
_VIEW = re.compile(r"[a-zA-Z0-9_-]{1,128}\.[0-9a-f]{16}")


class Viewing(Protocol):
    """The intercom. All raise RequestRefused as it refused, PeerError where none answers."""

    async def open(self, wanted: ViewWanted) -> ViewOpened: ...

    async def status(self, view: ViewRef) -> ViewStatus: ...

    async def trickle(self, candidates: ViewTrickle) -> ViewStatus: ...

    async def end(self, view: ViewRef) -> ViewStatus: ...

    async def keep(self, worker: str, views: ViewsKept) -> tuple[ViewStatus, ...] | None:
        """None where that worker does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class _Open:
    """A view that this gateway opened."""

    by: By
    site: str
    camera: str
    stream: str
    purpose: str
    began: datetime


@dataclass(slots=True)
class ViewDesk:
    """What people may ask, and `keep_round`, which says every few seconds that they still may look."""

    registry: RegistryDesk
    intercom: Viewing
    people: People
    trail: AuditTrail
    clock: Clock
    of_person_max: int
    _open: dict[str, _Open] = field(default_factory=dict)
    _silent: set[str] = field(default_factory=set)

    async def open(self, by: By, camera: str, offer: str, stream: Literal["main", "sub"], purpose: str) -> ViewOpened:
        """On record before the browser has the answer. Raises ResourceExhausted."""
        if sum(each.by.identity.name == by.identity.name for each in self._open.values()) >= self.of_person_max:
            raise ResourceExhausted(f"You have {self.of_person_max} views open, the most for one person: close some.")
        found = await self.registry.camera(camera)
        wanted = ViewWanted(site=found.site, camera=found.id, viewer=by.identity.name, stream=stream, offer=offer)
        opened = await self.intercom.open(wanted)
        view = _Open(by, found.site, found.id, stream, purpose, self.clock.now())
        try:
            detail = _detail(view)
            await self.trail.add(
                Deed("live_view", by.identity.name, by.address, view.began, camera=camera, detail=detail)
            )
        except BaseException:
            await self.intercom.end(ViewRef(view=opened.status.view, viewer=by.identity.name))
            raise
        self._open[opened.status.view] = view
        return opened

    async def status(self, by: By, view: str) -> ViewStatus:
        return await self.intercom.status(ViewRef(view=_checked(view), viewer=by.identity.name))

    async def trickle(self, by: By, view: str, fragment: str) -> None:
        await self.intercom.trickle(ViewTrickle(view=_checked(view), viewer=by.identity.name, fragment=fragment))

    async def end(self, by: By, view: str) -> None:
        status = await self.intercom.end(ViewRef(view=_checked(view), viewer=by.identity.name))
        await self._ended(view, status)

    async def keep_round(self) -> None:
        """Every view goes on whose login lives and may look there, every other ends; what ended is on record."""
        places = {view: (each.by.identity.login, each.site) for view, each in self._open.items()}
        refused = {place for place in set(places.values()) if await self._is_out(*place)}
        of_worker: dict[str, list[str]] = defaultdict(list)
        for view in places:
            of_worker[view.rpartition(".")[0]].append(view)
        for worker, views in of_worker.items():
            out = tuple(view for view in views if places[view] in refused)
            kept = tuple(view for view in views if places[view] not in refused)
            try:
                seen = await self.intercom.keep(worker, ViewsKept(views=kept, refused=out))
            except PeerError as error:
                log().warning("views not kept", worker=worker, detail=str(error))
                continue
            if seen is None and worker not in self._silent:
                self._silent.add(worker)  # busy perhaps; the second time it is gone
                continue
            self._silent.discard(worker)
            there = {} if seen is None else {status.view: status for status in seen}
            for view in views:
                status = there.get(view)
                if status is None or status.state == "ended":
                    await self._ended(view, status)

    async def close(self) -> None:
        """The gateway stops: nobody would look after its views any more."""
        for view, each in list(self._open.items()):
            try:
                status = await self.intercom.end(ViewRef(view=view, viewer=each.by.identity.name))
            except (PeerError, RequestRefused):
                status = None
            await self._ended(view, status)

    async def _is_out(self, login: str | None, site: str) -> bool:
        if login is None:
            return True
        try:
            now = await self.people.identity_of_login(login)
        except RequestRefused:
            return True
        except PeerError:
            return False  # the database is away: who looks goes on
        return not (now.may("view") and now.sees(site))

    async def _ended(self, id: str, status: ViewStatus | None) -> None:
        view = self._open.pop(id, None)
        if view is None:
            return
        now = self.clock.now()
        seconds = (now - view.began).total_seconds() if status is None else status.seconds
        ending = "worker_gone" if status is None else status.ending or "hung_up"
        deed = Deed(
            "live_view_ended",
            view.by.identity.name,
            view.by.address,
            now,
            camera=view.camera,
            seconds=seconds,
            detail=_detail(view) | {"began": view.began.isoformat(), "ending": ending},
        )
        try:
            await self.trail.add(deed)
        except PeerError as error:
            # The beginning is on record; the end is lost with the database, and said here.
            log().error("end of a view not recorded", camera=view.camera, detail=str(error))


def _detail(view: _Open) -> dict[str, str]:
    return {"stream": view.stream, "by": "whep"} | ({"purpose": view.purpose} if view.purpose else {})


def _checked(view: str) -> str:
    if not _VIEW.fullmatch(view):
        raise RequestRefused("no_such_view", f"There is no view {view[:80]!r}.", status=404)
    return view
