"""Views by WebRTC, asked of the intercom over the bus: any worker for a new one, the worker that holds it then."""

from __future__ import annotations

import asyncio
from typing import Protocol

from services.gateway.logins import Endings
from shared.bus import Bus
from shared.bus.errors import NobodyAnswers
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.base import Message
from shared.messages.views import ViewOpened, ViewRef, ViewsKept, ViewsSeen, ViewStatus, ViewTrickle, ViewWanted

# A camera that is not pulled yet takes seconds to its first picture.
_OPEN_LIMIT_S = 12.0
_LIMIT_S = 5.0
# = how long somebody may look or speak whose login has ended elsewhere
KEEP_S = 5.0


class BusViews:
    """Implements `Viewing`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def open(self, wanted: ViewWanted) -> ViewOpened:
        return ViewOpened.decode(await self._bus.request("intercom", "view_open", wanted, timeout_s=_OPEN_LIMIT_S))

    async def status(self, view: ViewRef) -> ViewStatus:
        return await self._pinned("view", view.view, view)

    async def trickle(self, candidates: ViewTrickle) -> ViewStatus:
        return await self._pinned("view_trickle", candidates.view, candidates)

    async def end(self, view: ViewRef) -> ViewStatus:
        return await self._pinned("view_end", view.view, view)

    async def keep(self, worker: str, views: ViewsKept) -> tuple[ViewStatus, ...] | None:
        try:
            answer = await self._bus.request("intercom", "views_keep", views, timeout_s=_LIMIT_S, instance=worker)
        except NobodyAnswers:
            return None
        return ViewsSeen.decode(answer).views

    async def _pinned(self, name: str, view: str, message: Message) -> ViewStatus:
        worker = view.rpartition(".")[0]
        try:
            answer = await self._bus.request("intercom", name, message, timeout_s=_LIMIT_S, instance=worker)
        except NobodyAnswers as error:
            raise RequestRefused("no_such_view", "What held this view is gone. Open a new one.", status=404) from error
        return ViewStatus.decode(answer)


class KeptByLogin(Protocol):
    """What goes on only while who began it is logged in."""

    async def keep_round(self) -> None: ...


class LoginKeeper:
    """Supervised."""

    def __init__(self, desk: KeptByLogin, endings: Endings, clock: Clock):
        self._desk = desk
        self._clock = clock
        self._is_due = asyncio.Event()
        endings.listen(lambda login: self._is_due.set())

    async def run_once(self) -> None:
        """At once where a login was ended here, else every few seconds."""
        sleeping = asyncio.ensure_future(self._clock.sleep(KEEP_S))
        ended = asyncio.ensure_future(self._is_due.wait())
        try:
            await asyncio.wait({sleeping, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            ended.cancel()
        self._is_due.clear()
        await self._desk.keep_round()
