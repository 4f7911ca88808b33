"""The live view's tasks around the pure hub: subscriptions, the past, leases, and views that must end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from services.gateway.audit import AuditTrail, Deed, Purpose
from services.gateway.camera_states import CameraStates
from services.gateway.cameras import Camera
from services.gateway.handlers.people import People
from services.gateway.handlers.registry import By
from services.gateway.live_feed import MediaFeed, Unsubscribe, WatchLeases
from services.gateway.live_fragment import state_message
from services.gateway.live_hub import ChannelKey, LiveHub
from services.gateway.live_view import LiveView
from services.gateway.live_viewer import LiveViewer, ViewerLimit
from services.gateway.stream_choice import AskedPictures, AskedStream, candidates
from shared.clock import Clock
from shared.errors import PeerError
from shared.media.fragment import Fragment
from shared.messages.cameras import CameraState
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, log

LEASE_RENEWAL_S = 2.0
LEASE_RETRY_S = 0.5
LOGIN_CHECK_S = 5.0
# The past is asked for from one GOP ago; where its length is not known yet, from this long ago.
USUAL_GOP_S = 4.0
LONGEST_GOP_S = 20.0
_MARGIN_S = 1.0

CLOSE_NOT_LOGGED_IN = 4401
CLOSE_NOT_ALLOWED = 4403
CLOSE_NOT_FOUND = 4404
CLOSE_TRY_LATER = 1013  # IANA WebSocket close codes: Try Again Later

_viewers = gauge("live_viewers", "Live views open now")
_channels_opened = counter("live_channels_opened_total", "Subscriptions to media of the bus that were begun")
_skipped = counter("live_gops_skipped_total", "GOPs that viewers lost because they were too slow")


class LiveDesk:
    """Opens views; its `renew_leases` and `check_logins` are supervised tasks."""

    def __init__(
        self,
        hub: LiveHub,
        feed: MediaFeed,
        leases: WatchLeases,
        states: CameraStates,
        people: People,
        trail: AuditTrail,
        clock: Clock,
        viewer_limit: ViewerLimit,
    ):
        self._hub = hub
        self._feed = feed
        self._leases = leases
        self._states = states
        self._people = people
        self._trail = trail
        self._clock = clock
        self._viewer_limit = viewer_limit
        self._open: dict[ChannelKey, asyncio.Task[Unsubscribe]] = {}
        self._views: set[LiveView] = set()
        self._lease_due = asyncio.Event()
        self._held: set[ChannelKey] = set()
        states.listen(hub.on_state)
        people.endings.listen(self._end_login)

    @asynccontextmanager
    async def view(
        self,
        by: By,
        camera: Camera,
        asked: AskedStream,
        decodable: frozenset[str],
        wake: Callable[[], None],
        pictures: AskedPictures = "each",
        purpose: Purpose | None = None,
    ) -> AsyncIterator[LiveView]:
        """Look at a camera; on record from before the first picture until after the last.

        Raises RequestRefused (no such stream), ResourceExhausted (too many views), PeerError (cannot be recorded).
        """
        viewer = LiveViewer(self._viewer_limit, wake, pictures == "each")
        view = LiveView(viewer, camera, by.identity.login, candidates(asked, camera), decodable)
        self._hub.admit(view.viewer, by.identity.name)
        began = self._clock.now()
        try:
            self._greet(view)
            self._join(view)  # first, so that the pictures are on their way while the database writes
            detail = {"stream": view.key.stream} | ({} if purpose is None else {"purpose": purpose})
            deed = Deed("live_view", by.identity.name, by.address, began, camera=camera.id, detail=detail)
            await self._trail.add(deed)
            self._views.add(view)
            _viewers.set(self._hub.viewer_count)
            yield view
        finally:
            self._views.discard(view)
            self._leave(view)
            self._hub.dismiss(view.viewer)
            _viewers.set(self._hub.viewer_count)
            _skipped.inc(view.viewer.skipped_total)
            await self._record_end(view, by, began, purpose)

    def fall_back(self, view: LiveView) -> None:
        """Give this view the next of its streams."""
        self._leave(view)
        view.fall_back()
        view.viewer.restart()
        self._join(view)

    def end_camera(self, camera: CameraRef) -> None:
        """The camera was removed."""
        self._hub.end_camera(camera, CLOSE_NOT_FOUND, "The camera was removed.")

    async def newest_idr(self, camera: CameraRef, state: CameraState | None) -> Fragment | None:
        """For still pictures: from what is watched anyway, else from what the bus still holds."""
        key = ChannelKey(camera, "main")
        channel = self._hub.channel(key)
        if channel is not None and channel.newest_idr is not None:
            return channel.newest_idr
        past = await self._feed.recent(key, self._clock.now_us() - int(_look_back_s(state) * 1e6))
        return next((fragment for fragment in reversed(past) if fragment.header.is_idr), None)

    async def renew_leases(self) -> None:
        """One round: say what is watched, end what nobody came back to, wait until something changes or 2 s."""
        self._lease_due.clear()
        try:
            await self._tell_leases()
        except PeerError as error:
            # No long back-off: ingest forgets a lease after 6 s, and a viewer notices.
            log().warning("watch leases not told", detail=str(error))
            await self._clock.sleep(LEASE_RETRY_S)
            return
        await self._close_channels(self._hub.close_idle(self._clock.monotonic()))
        try:
            async with asyncio.timeout(LEASE_RENEWAL_S):
                await self._lease_due.wait()
        except TimeoutError:
            return

    def _end_login(self, login: str) -> None:
        """It was ended here: its views do not wait for the next round."""
        for view in self._views:
            if view.login == login:
                view.viewer.end(CLOSE_NOT_LOGGED_IN, "The login was ended.")

    async def check_logins(self) -> None:
        """One round: end the views whose login has ended, who may look no more, or whose school is not theirs any more,
        wherever that was."""
        await self._clock.sleep(LOGIN_CHECK_S)
        logins = {view.login for view in self._views if view.login is not None}
        found = await self._people.logged_in_among(list(logins))
        for login in logins - found.keys():
            self._end_login(login)
        for view in self._views:
            identity = None if view.login is None else found.get(view.login)
            if identity is None:
                continue
            if not identity.may("view"):
                view.viewer.end(CLOSE_NOT_ALLOWED, "You may not look at cameras any more.")
            elif not identity.sees(view.camera.site):
                view.viewer.end(CLOSE_NOT_FOUND, "This camera's school is not one of yours any more.")

    async def close(self) -> None:
        """End every subscription and lease."""
        await self._close_channels(list(self._open))
        for key in self._held:
            await self._leases.drop(key)

    def _greet(self, view: LiveView) -> None:
        state = self._states.of(view.camera.ref)
        known = self._hub.codecs(view.camera.ref)
        if state is not None and state.codecs is not None:
            known.setdefault("main", state.codecs)
        view.choose(known)
        if state is not None and state.condition != "online":
            view.viewer.tell(state_message(state))

    def _join(self, view: LiveView) -> None:
        key = view.key
        if self._hub.join(key, view.viewer, self._clock.monotonic(), self._clock.now_us()):
            _channels_opened.inc()
            self._open[key] = asyncio.create_task(self._open_channel(key), name=f"open {key.camera} {key.stream}")
        self._lease_due.set()

    def _leave(self, view: LiveView) -> None:
        self._hub.leave(view.key, view.viewer, self._clock.monotonic())
        self._lease_due.set()

    async def _open_channel(self, key: ChannelKey) -> Unsubscribe:
        """Subscribe first, then fetch the past: the other way round leaves a hole between them."""
        hub, clock = self._hub, self._clock
        try:
            unsubscribe = await self._feed.subscribe(key, lambda each: hub.on_fragment(key, each, clock.monotonic()))
        except PeerError as error:
            hub.fail(key, CLOSE_TRY_LATER, "The bus is away: try again shortly.")
            log().warning("stream not opened", camera=str(key.camera), stream=key.stream, detail=str(error))
            return _nothing_to_end
        past: list[Fragment] = []
        try:
            past = await self._feed.recent(key, clock.now_us() - int(_look_back_s(self._states.of(key.camera)) * 1e6))
        except PeerError as error:
            # Without the past the view begins at the next IDR.
            log().warning("no past of a stream", camera=str(key.camera), stream=key.stream, detail=str(error))
        channel = hub.channel(key)
        if channel is not None:
            channel.seed(past, clock.monotonic())
        return unsubscribe

    async def _tell_leases(self) -> None:
        watched = self._hub.watched()
        for key in self._held - watched.keys():
            await self._leases.drop(key)
            self._held.discard(key)
        for key, wants_each_picture in watched.items():
            await self._leases.put(key, wants_each_picture)
            self._held.add(key)

    async def _close_channels(self, keys: Iterable[ChannelKey]) -> None:
        # All are taken out before the first wait: a viewer who comes back meanwhile opens the channel anew.
        for opening in [self._open.pop(key) for key in keys]:
            unsubscribe = await opening
            await unsubscribe()

    async def _record_end(self, view: LiveView, by: By, began: datetime, purpose: Purpose | None) -> None:
        now = self._clock.now()
        detail = {"stream": view.key.stream, "began": began.isoformat()}
        deed = Deed(
            "live_view_ended",
            by.identity.name,
            by.address,
            now,
            camera=view.camera.id,
            seconds=(now - began).total_seconds(),
            detail=detail if purpose is None else detail | {"purpose": purpose},
        )
        try:
            await self._trail.add(deed)
        except PeerError as error:
            # The beginning is on record; the end is lost with the database, and said here.
            log().error("end of a live view not recorded", camera=view.camera.id, detail=str(error))


def _look_back_s(state: CameraState | None) -> float:
    gop_s = USUAL_GOP_S if state is None or state.gop_seconds is None else state.gop_seconds
    return min(gop_s, LONGEST_GOP_S) + _MARGIN_S


async def _nothing_to_end() -> None:
    return None
