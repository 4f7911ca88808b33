"""H.265 cameras turned into H.264 for browsers that cannot play them: one transcode a camera, few at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.ingest.adapters.stream_puller import StreamPuller
from services.ingest.gop_joint import GopJoint, GopSoFar
from services.ingest.normaliser import Normaliser, Tracks
from shared.errors import PeerError
from shared.media.access_unit import AccessUnit
from shared.media.formats import VideoFormat
from shared.media.fragment import Fragment
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, log

_running = gauge("ingest_transcodes", "H.265 cameras transcoded to H.264 right now")
_refused = counter("ingest_transcodes_refused_total", "Transcodes not begun because the limit was reached")

# = how long a new transcode waits for the bus; without the past it begins at the next IDR
_PAST_LIMIT_S = 1.0
# What was published a moment ago may not be stored yet.
_PAST_AGAIN_S = 0.02
_PAST_TRIES = 20
# The bus dates fragments when it stores them, by its own clock.
_PAST_MARGIN_US = 2_000_000


class Transcoder(Protocol):
    """Runs off the event loop; drops whole GOPs when it cannot keep up."""

    def catch_up(self, units: Sequence[AccessUnit], video: VideoFormat) -> None: ...

    def push(self, unit: AccessUnit, video: VideoFormat) -> None: ...

    async def stop(self) -> None: ...


Output = Callable[[AccessUnit, VideoFormat], None]
Recent = Callable[[CameraRef, int], Awaitable[Sequence[Fragment]]]
"""What the bus holds of a camera's main stream since then (UTC microseconds), oldest first. Raises PeerError."""


@dataclass(slots=True)
class _Transcode:
    """One that runs. `past`: reads the GOP so far back from the bus, beside everything else that changes."""

    transcoder: Transcoder
    normaliser: Normaliser
    joint: GopJoint
    past: asyncio.Task[None] | None = None


class Transcodes:
    """The transcodes that run. `keep` makes them those that are wanted, as far as the limit goes."""

    def __init__(
        self,
        new_transcoder: Callable[[Output], Transcoder],
        new_normaliser: Callable[[CameraRef], Normaliser],
        recent: Recent,
        limit: int,
    ):
        self._new_transcoder = new_transcoder
        self._new_normaliser = new_normaliser
        self._recent = recent
        self._limit = limit
        self._running: dict[CameraRef, _Transcode] = {}

    async def keep(self, wanted: Collection[CameraRef], mains: Mapping[CameraRef, StreamPuller]) -> None:
        """Stop what nobody wants, start what is new, and feed each from the main stream that runs now."""
        for camera in [camera for camera in self._running if camera not in wanted or camera not in mains]:
            await self._stop(camera, mains.get(camera))
        for camera in wanted:
            puller = mains.get(camera)
            if puller is None or puller.normaliser is None:
                continue
            if camera not in self._running and not self._start(camera):
                continue
            running = self._running[camera]
            # A reconnected camera has another normaliser: the tap moves to it.
            puller.normaliser.tap = running.joint.live
            if not running.joint.is_open and running.past is None:
                self._begin_with_past(camera, running, puller.normaliser)
            elif running.past is not None and running.past.done():
                running.past.result()  # our bug, if anything

    async def stop(self) -> None:
        """All of them."""
        for camera in list(self._running):
            await self._stop(camera, None)

    def _start(self, camera: CameraRef) -> bool:
        if len(self._running) >= self._limit:
            _refused.inc()
            log().warning("no transcode left, the H.265 camera stays dark in this browser", camera=str(camera))
            return False
        normaliser = self._new_normaliser(camera)

        def publish(unit: AccessUnit, video: VideoFormat) -> None:
            if unit.is_idr and unit.parameter_sets is None:
                unit.parameter_sets = video.parameter_sets
            normaliser.on_video(unit)

        normaliser.describe(Tracks("h264"))
        normaliser.watch(True)
        transcoder = self._new_transcoder(publish)
        self._running[camera] = _Transcode(transcoder, normaliser, GopJoint(transcoder.catch_up, transcoder.push))
        _running.set(len(self._running))
        return True

    def _begin_with_past(self, camera: CameraRef, running: _Transcode, main: Normaliser) -> None:
        # In the turn of the loop in which the tap was set: no picture lies between the past and what comes live.
        gop = main.publish_open()
        if gop is not None:  # else its first picture will be an IDR
            running.past = asyncio.create_task(self._join_past(camera, running.joint, gop), name=f"past of {camera}")

    async def _join_past(self, camera: CameraRef, joint: GopJoint, gop: GopSoFar) -> None:
        units: list[AccessUnit] = []
        try:
            async with asyncio.timeout(_PAST_LIMIT_S):
                for _ in range(_PAST_TRIES):
                    units = gop.units(await self._recent(camera, gop.idr_received_us - _PAST_MARGIN_US))
                    if units or joint.is_open:
                        break
                    await asyncio.sleep(_PAST_AGAIN_S)
        except (PeerError, TimeoutError) as error:
            log().warning(
                "no past of an H.265 stream, its transcode begins at the next IDR",
                camera=str(camera),
                detail=str(error),
            )
        joint.past(units, gop.video)

    async def _stop(self, camera: CameraRef, puller: StreamPuller | None) -> None:
        running = self._running.pop(camera)
        if puller is not None and puller.normaliser is not None:
            puller.normaliser.tap = None
        if running.past is not None:
            running.past.cancel()
            await asyncio.wait((running.past,))
        await running.transcoder.stop()
        running.normaliser.finish()
        if running.past is not None and not running.past.cancelled():
            running.past.result()  # our bug, if anything
        _running.set(len(self._running))
