"""What the intercom is asked about views: opened, looked after, ended."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from shared.errors import RequestRefused
from shared.messages.cameras import DesiredCamera
from shared.messages.views import (
    ViewEnding,
    ViewOpened,
    ViewRef,
    ViewsKept,
    ViewsSeen,
    ViewStatus,
    ViewTrickle,
    ViewWanted,
)
from shared.subjects import CameraRef

_ENDED_KEPT = 256


class HeldView(Protocol):
    """One view of this worker (services/intercom/adapters/view.py)."""

    @property
    def id(self) -> str: ...

    @property
    def camera(self) -> CameraRef: ...

    @property
    def is_over(self) -> bool: ...

    def status(self) -> ViewStatus: ...

    async def open(self) -> str:
        """The SDP answer; from here on it runs by itself. Raises RequestRefused."""
        ...

    async def trickle(self, fragment: str) -> None: ...

    def keep(self) -> None:
        """The gateway still knows who looks."""
        ...

    async def hang_up(self, ending: ViewEnding = "hung_up", detail: str = "") -> None: ...


@dataclass(slots=True)
class ViewHandlers:
    """One function for each request. Args: cameras: those that there should be, kept up to date by others."""

    worker: str
    new_view: Callable[[str, ViewWanted], HeldView]
    views_max: int
    cameras: Mapping[CameraRef, DesiredCamera]
    views: dict[str, HeldView] = field(default_factory=dict)
    is_draining: bool = False
    _opening: int = 0

    async def view_open(self, request: bytes) -> ViewOpened:
        wanted = ViewWanted.decode(request)
        self._forget_ended()
        running = sum(not view.is_over for view in self.views.values())
        if self.is_draining or running + self._opening >= self.views_max:
            raise RequestRefused("intercom_full", "No more views can be held now: try again.", status=503)
        desired = self.cameras.get(CameraRef(wanted.site, wanted.camera))
        if desired is None:
            raise RequestRefused("no_such_camera", f"There is no camera {wanted.camera!r}.", status=404)
        if wanted.stream == "sub" and desired.sub is None:
            raise RequestRefused("no_sub_stream", "This camera has no sub stream: ask for main.", status=404)
        view = self.new_view(f"{self.worker}.{secrets.token_hex(8)}", wanted)
        self._opening += 1
        try:
            answer = await view.open()
        finally:
            self._opening -= 1
        self.views[view.id] = view
        return ViewOpened(status=view.status(), answer=answer)

    async def view(self, request: bytes) -> ViewStatus:
        wanted = ViewRef.decode(request)
        return self._view(wanted.view, wanted.viewer).status()

    async def view_end(self, request: bytes) -> ViewStatus:
        wanted = ViewRef.decode(request)
        view = self._view(wanted.view, wanted.viewer)
        await view.hang_up()
        return view.status()

    async def view_trickle(self, request: bytes) -> ViewStatus:
        wanted = ViewTrickle.decode(request)
        view = self._view(wanted.view, wanted.viewer)
        await view.trickle(wanted.fragment)
        return view.status()

    async def views_keep(self, request: bytes) -> ViewsSeen:
        kept = ViewsKept.decode(request)
        for id in kept.refused:
            if (view := self.views.get(id)) is not None:
                await view.hang_up("login_ended", "the login has ended: log in again")
        found = [view for id in (*kept.views, *kept.refused) if (view := self.views.get(id)) is not None]
        for view in found:
            view.keep()
        return ViewsSeen(views=tuple(view.status() for view in found))

    async def camera_removed(self, camera: CameraRef) -> None:
        for view in list(self.views.values()):
            if view.camera == camera:
                await view.hang_up("camera_gone", "the camera was removed")

    async def drain(self) -> None:
        """No new views; the running ones are told why they end."""
        self.is_draining = True
        for view in list(self.views.values()):
            await view.hang_up("draining", "this part of the intercom is being replaced: open the view again")

    def _view(self, id: str, viewer: str) -> HeldView:
        view = self.views.get(id)
        if view is None or view.status().viewer != viewer:
            raise RequestRefused("no_such_view", "There is no such view (any more). Open a new one.", status=404)
        return view

    def _forget_ended(self) -> None:
        """How the last ones ended can be asked for a while."""
        ended = [id for id, view in self.views.items() if view.is_over]
        for id in ended[: max(0, len(ended) - _ENDED_KEPT)]:
            del self.views[id]
