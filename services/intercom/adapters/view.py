"""One view: a camera's picture and sound to one browser, until either goes or nobody vouches for the viewer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from services.intercom.adapters.sent_media import SentMedia, send_back
from services.intercom.adapters.webrtc_peer import Ice, WebRtcPeer
from services.intercom.offered import view_offer
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.cameras import StreamName
from shared.messages.views import ViewEnding, ViewState, ViewStatus, ViewWanted
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, log

ROUND_S = 1.0
# = how long somebody may look whose gateway died and can no longer say whether they are logged in
UNKEPT_S = 30.0

_running = gauge("intercom_views", "Views by WebRTC held by this worker")
_ended = counter("intercom_views_ended_total", "Views by WebRTC that ended", ["ending"])

OpenMedia = Callable[[CameraRef, StreamName], Awaitable[SentMedia]]


class View:
    """Implements `HeldView`. Args: open_media: the camera's picture, held from then on."""

    def __init__(self, id: str, wanted: ViewWanted, open_media: OpenMedia, ice: Ice, clock: Clock):
        self.id = id
        self.camera = CameraRef(wanted.site, wanted.camera)
        self._wanted = wanted
        self._open_media = open_media
        self._peer = WebRtcPeer(ice)
        self._clock = clock
        self._media: SentMedia | None = None
        self._state: ViewState = "connecting"
        self._ending: ViewEnding | None = None
        self._detail = ""
        self._began_s = self._kept_s = clock.monotonic()
        self._seconds = 0.0
        self._over = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def status(self) -> ViewStatus:
        media = self._media
        width, height = (0, 0) if media is None else media.size
        return ViewStatus(
            view=self.id,
            site=self.camera.site,
            camera=self.camera.camera,
            viewer=self._wanted.viewer,
            stream=self._wanted.stream,
            state=self._state,
            ending=self._ending,
            detail=self._detail,
            width=width,
            height=height,
            has_sound=media is not None and media.has_sound,
            seconds=round(self._seconds if self.is_over else self._clock.monotonic() - self._began_s, 3),
            pictures=0 if media is None else media.pictures,
            shed=0 if media is None else media.shed,
            is_thin=media is not None and media.is_thin,
        )

    async def open(self) -> str:
        try:
            sections = view_offer(self._wanted.offer).sections
            self._media = await self._open_media(self.camera, self._wanted.stream)
            for section in sections:
                if section.kind in ("audio", "video"):
                    send_back(self._peer, section, self._media, self._wanted.offer)
            answer = await self._peer.answer(self._wanted.offer)
        except BaseException:
            await self._close()
            raise
        self._running = asyncio.create_task(self._run(), name=f"view {self.id}")
        self._running.add_done_callback(self._done)
        _running.inc()
        return answer

    async def trickle(self, fragment: str) -> None:
        await self._peer.trickle(fragment)

    def keep(self) -> None:
        self._kept_s = self._clock.monotonic()

    async def hang_up(self, ending: ViewEnding = "hung_up", detail: str = "") -> None:
        self._end(ending, detail)
        await self._peer.close()
        if self._running is not None:
            await asyncio.wait({self._running}, timeout=3.0)

    async def _run(self) -> None:
        try:
            await self._peer.wait_connected()
            if not self.is_over:
                self._state = "playing"
            while not self.is_over:
                await self._look()
                await self._wait(ROUND_S)
        except RequestRefused as refusal:
            self._end("camera_changed", str(refusal))
        except PeerError as error:
            self._end("ice_failed", str(error))
        finally:
            self._end("failed", "the intercom failed, its log says why")
            await self._close()

    async def _wait(self, limit_s: float) -> None:
        waiting = [asyncio.create_task(event.wait()) for event in (self._over, self._peer.ended)]
        await asyncio.wait(waiting, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()

    async def _look(self) -> None:
        assert self._media is not None
        if self._peer.ended.is_set():
            self._end("browser_gone", "the browser is gone")
        elif self._clock.monotonic() - self._kept_s > UNKEPT_S:
            self._end("gateway_gone", "the gateway that opened this view is gone: open it again")
        self._media.require_watchable()
        await self._media.look_at_losses()

    def _end(self, ending: ViewEnding, detail: str) -> None:
        if self.is_over:
            return
        self._state, self._ending, self._detail = "ended", ending, detail
        self._seconds = self._clock.monotonic() - self._began_s
        self._over.set()

    def _done(self, task: asyncio.Task[None]) -> None:
        _running.dec()
        _ended.labels(ending=self._ending or "failed").inc()
        about = {"view": self.id, "camera": str(self.camera), "ending": self._ending}
        if not task.cancelled() and (error := task.exception()) is not None:
            log().critical("our bug in a view", exc_info=error, **about)
        else:
            log().info("view over", detail=self._detail, **about)

    async def _close(self) -> None:
        await self._peer.close()
        if self._media is not None:
            await self._media.close()
