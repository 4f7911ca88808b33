"""H.265 cameras turned into H.264 for browsers that cannot play them: one transcode a camera, few at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from services.ingest.adapters.stream_puller import StreamPuller
from services.ingest.normaliser import Normaliser, Tracks
from shared.media.access_unit import AccessUnit
from shared.media.formats import VideoFormat
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, log

_running = gauge("ingest_transcodes", "H.265 cameras transcoded to H.264 right now")
_refused = counter("ingest_transcodes_refused_total", "Transcodes not begun because the limit was reached")


class Transcoder(Protocol):
    """Runs off the event loop; drops whole GOPs when it cannot keep up."""

    def push(self, unit: AccessUnit, video: VideoFormat) -> None: ...

    async def stop(self) -> None: ...


Output = Callable[[AccessUnit, VideoFormat], None]


class Transcodes:
    """The transcodes that run. `keep` makes them those that are wanted, as far as the limit goes."""

    def __init__(
        self,
        new_transcoder: Callable[[Output], Transcoder],
        new_normaliser: Callable[[CameraRef], Normaliser],
        limit: int,
    ):
        self._new_transcoder = new_transcoder
        self._new_normaliser = new_normaliser
        self._limit = limit
        self._running: dict[CameraRef, tuple[Transcoder, Normaliser]] = {}

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
            # A reconnected camera has another normaliser: the tap moves to it.
            puller.normaliser.tap = self._running[camera][0].push

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
        self._running[camera] = (self._new_transcoder(publish), normaliser)
        _running.set(len(self._running))
        return True

    async def _stop(self, camera: CameraRef, puller: StreamPuller | None) -> None:
        transcoder, normaliser = self._running.pop(camera)
        if puller is not None and puller.normaliser is not None:
            puller.normaliser.tap = None
        await transcoder.stop()
        normaliser.finish()
        _running.set(len(self._running))
