"""A camera that is not RTSP: a file, HTTP-FLV, HLS, RTMP, SRT or MPEG-TS over UDP, read through libav."""

from __future__ import annotations

import asyncio
from typing import Protocol

from services.ingest.adapters.pyav_audio import AacEncoder
from services.ingest.adapters.pyav_demuxer import Demuxer
from services.ingest.adapters.pyav_handover import Handover, Unit
from services.ingest.adapters.pyav_location import Location, location_of
from services.ingest.normaliser import Tracks
from shared.clock import Clock
from shared.errors import CameraUnreachable
from shared.media.access_unit import AccessUnit
from shared.media.sink import MediaSink

_STOP_LIMIT_S = 2.0
# libav has its own timeouts; ours is the one that counts, and is a little later only to let libav say why.
_WATCHDOG_MARGIN_S = 0.5


class DescribedSink(MediaSink, Protocol):
    """A sink that is told first what will come."""

    def describe(self, tracks: Tracks, encoder: AacEncoder | None = None) -> None: ...


class PyAvSource:
    """One stream of one camera. Each `run` is one connection.

    libav blocks, so a thread reads and hands what it read to the event loop in batches. That thread cannot be
    interrupted while libav waits for a frozen peer: it is abandoned then, and ends by libav's timeout.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        username: str | None = None,
        password: str | None = None,
        wants_audio: bool = True,
    ):
        """Raises CameraRefused where addresses of this kind are not served."""
        self._location = location_of(url, username, password)
        self._clock = clock
        self._wants_audio = wants_audio

    def set_immediate(self, is_immediate: bool) -> None:
        """Nothing to choose: libav's thread hands on at once whether somebody watches or not."""

    async def run(self, sink: DescribedSink) -> None:
        """Feed `sink` until the stream ends; it is described first, and the first IDR carries its parameter sets.

        Raises:
            CameraRefused: 401, 403, 404 and their like.
            CameraUnreachable: no connection, silence, or the end of the stream.
            NoVideo, ProtocolViolation: what comes cannot be used.
        """
        connection = _Connection(self._location, sink, asyncio.get_running_loop())
        demuxer = Demuxer(self._location, self._wants_audio, connection.handover, self._clock.now_us)
        demuxer.start()
        try:
            await connection.ended_or_silent()
        finally:
            connection.close()
            demuxer.stop()
            await asyncio.wait((connection.has_ended,), timeout=_STOP_LIMIT_S)


class _Connection:
    """The event loop's side of one connection."""

    def __init__(self, location: Location, sink: DescribedSink, loop: asyncio.AbstractEventLoop):
        self._location = location
        self._sink = sink
        self._loop = loop
        self._is_closed = False
        self._heard_at = loop.time()
        self._silence_limit_s = location.open_limit_s
        self.has_ended: asyncio.Future[BaseException | None] = loop.create_future()
        self.handover = Handover(loop, self._describe, self._take, self._end)

    async def ended_or_silent(self) -> None:
        """Wait until the demuxer ends, and raise why; or until on our own clock nothing came for too long."""
        while not self.has_ended.done():
            left_s = self._heard_at + self._silence_limit_s + _WATCHDOG_MARGIN_S - self._loop.time()
            if left_s <= 0:
                raise CameraUnreachable(f"timed out: nothing came for {self._silence_limit_s:g} s", code="timed_out")
            await asyncio.wait((self.has_ended,), timeout=left_s)
        self.handover.drain()
        reason = self.has_ended.result()
        if reason is not None:
            raise reason

    def close(self) -> None:
        self._is_closed = True
        self.handover.close()

    def _describe(self, tracks: Tracks, encoder: AacEncoder | None) -> None:
        if self._is_closed:
            return
        self._heard_at = self._loop.time()
        self._silence_limit_s = self._location.silence_limit_s
        try:
            self._sink.describe(tracks, encoder)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends the connection and `run` raises it
            self._end(error)

    def _take(self, units: list[Unit]) -> None:
        if self._is_closed:
            return
        self._heard_at = self._loop.time()
        sink = self._sink
        try:
            for unit in units:
                if unit is None:
                    sink.on_loss(1)
                elif isinstance(unit, AccessUnit):
                    sink.on_video(unit)
                else:
                    sink.on_audio(unit)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends the connection and `run` raises it
            self._end(error)

    def _end(self, reason: BaseException | None) -> None:
        if not self.has_ended.done():
            self.has_ended.set_result(reason)
