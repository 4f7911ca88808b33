"""Keeps the streams that run equal to the streams that should: woken by news; `look` is called once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from services.ingest.adapters.stream_puller import StreamPuller
from services.ingest.adapters.transcodes import Transcodes
from services.ingest.camera_ledger import CameraLedger
from services.ingest.conditions import DISABLED
from services.ingest.fleet import Fleet, Pull, StreamRef, Watching, changes
from shared.clock import Clock
from shared.errors import PeerError
from shared.subjects import CameraRef
from shared.supervise import Supervisor
from shared.telemetry import counter, gauge

_lost_packets = counter("ingest_lost_packets_total", "RTP packets that never came")
_streams = gauge("ingest_streams", "Streams that are pulled, main and sub")

FIGURES_EVERY = 3  # looks; they change with each IDR
WATCH_LEASE_S = 6.0  # a holder writes its lease every 2 s


class FleetKeeper:
    """Starts and stops pullers; tells them who watches; looks whether pictures come."""

    def __init__(
        self,
        fleet: Fleet,
        ledger: CameraLedger,
        supervisor: Supervisor,
        new_puller: Callable[[StreamRef, Pull], StreamPuller],
        take_over: Callable[[CameraRef], Awaitable[None]],
        transcodes: Transcodes,
        clock: Clock,
        sub_linger_s: float,
        watches_expired: Callable[[float], None],
    ):
        self._fleet = fleet
        self._ledger = ledger
        self._supervisor = supervisor
        self._new_puller = new_puller
        self._take_over = take_over
        self._transcodes = transcodes
        self._clock = clock
        self._sub_linger_s = sub_linger_s
        self._watches_expired = watches_expired
        self._news = asyncio.Event()
        self._running: dict[StreamRef, tuple[Pull, StreamPuller]] = {}
        self._unwatched_at: dict[StreamRef, float] = {}
        self._looks = 0

    def notify(self) -> None:
        """The fleet's desired state changed."""
        self._news.set()

    def watch_changed(self, stream: StreamRef) -> None:
        """Viewers came or went: told to the puller at once, in the same turn of the loop."""
        watching = self._fleet.watching(stream)
        if watching is Watching.NOBODY:
            self._unwatched_at[stream] = self._clock.monotonic()
        running = self._running.get(stream)
        if running is not None:
            running[1].watch(watching)
        if running is None or stream.stream != "main":
            self._news.set()

    def figures_of(self) -> list[tuple[StreamRef, StreamPuller]]:
        """What runs now."""
        return [(stream, puller) for stream, (_, puller) in self._running.items()]

    async def run_once(self) -> None:
        """One round: wait for news, then make the difference."""
        await self._news.wait()
        self._news.clear()
        try:
            await self._apply()
        except PeerError:
            self._news.set()  # the difference is still to be made
            raise

    def look(self) -> None:
        """About once a second: at what only time changes."""
        for _, puller in self._running.values():
            puller.tick()
            lost = puller.take_lost_packets()
            if lost:
                _lost_packets.inc(lost)
        self._looks += 1
        if self._looks % FIGURES_EVERY == 0:
            self._measure()
        if self._fleet.watches:
            self._watches_expired(WATCH_LEASE_S)
        if self._unwatched_at or (self._fleet.watches and self._fleet.transcodes()):
            # A sub stream may have lingered long enough; a camera that connected anew must be tapped again.
            self._news.set()

    async def stop(self) -> None:
        """All streams end; their last fragments are published."""
        for stream in list(self._running):
            await self._stop(stream)
        await self._transcodes.stop()

    async def _apply(self) -> None:
        running = {stream: pull for stream, (pull, _) in self._running.items()}
        todo = changes(running, self._fleet.pulls(), self._lingering())
        for stream in todo.stop:
            await self._stop(stream)
        for stream, pull in todo.start:
            await self._start(stream, pull)
        mains = {stream.camera: puller for stream, (_, puller) in self._running.items() if stream.stream == "main"}
        await self._transcodes.keep(self._fleet.transcodes(), mains)

    def _measure(self) -> None:
        now_us = self._clock.now_us()
        for stream, (_, puller) in self._running.items():
            if stream.stream == "main" and puller.normaliser is not None:
                normaliser = puller.normaliser
                self._ledger.measured(stream.camera, normaliser.figures, normaliser.drift_us, now_us)

    def _lingering(self) -> set[StreamRef]:
        """Sub streams whose last viewer left a moment ago: the next one should not wait for the camera."""
        since = self._clock.monotonic() - self._sub_linger_s
        self._unwatched_at = {ref: at for ref, at in self._unwatched_at.items() if at > since}
        return {ref for ref in self._unwatched_at if ref.stream == "sub" and self._fleet.is_mine(ref.camera)}

    async def _start(self, stream: StreamRef, pull: Pull) -> None:
        if stream.stream == "main":
            await self._take_over(stream.camera)
        puller = self._new_puller(stream, pull)
        puller.watch(self._fleet.watching(stream))
        self._running[stream] = (pull, puller)
        _streams.set(len(self._running))
        self._supervisor.start(f"stream:{stream}", puller)

    async def _stop(self, stream: StreamRef) -> None:
        self._running.pop(stream, None)
        _streams.set(len(self._running))
        await self._supervisor.stop(f"stream:{stream}")
        if stream.stream != "main":
            return
        camera = stream.camera
        desired = self._fleet.desired.get(camera)
        if desired is not None and camera.shard in self._fleet.shards and not desired.is_enabled:
            self._ledger.found(stream, DISABLED, self._clock.now_us())
        elif not self._fleet.is_mine(camera):
            self._ledger.forget(camera)
