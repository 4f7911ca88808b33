"""Reads packets through libav on a thread of its own: blocking, looping and pacing happen here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import av
from av.container import InputContainer

from services.ingest.adapters.pyav_errors import peer_error
from services.ingest.adapters.pyav_handover import Handover, Unit
from services.ingest.adapters.pyav_location import Location
from services.ingest.adapters.pyav_srt import SrtPipe, has_srt
from services.ingest.adapters.pyav_tracks import AnyPacket, SoundTrack, VideoTrack, tracks_of
from shared.errors import CameraUnreachable, PeerError

_DEFAULT_PICTURE_90K = 3600
# A paced source that is late by more has paused, and goes on from where it is.
_LATE_LIMIT_S = 1.0


class Demuxer(threading.Thread):
    """One connection; what it reads goes to `handover`, whose `ended` is called once, last.

    The reason given there is a PeerError, None where it was stopped, or else our bug.
    """

    def __init__(self, location: Location, wants_audio: bool, handover: Handover, now_us: Callable[[], int]):
        """`now_us` is the wall clock for `received_us`; it is called on this thread."""
        super().__init__(name="pyav-demuxer", daemon=True)
        self._location = location
        self._wants_audio = wants_audio
        self._handover = handover
        self._now_us = now_us
        self._stopping = threading.Event()
        self._pace = _Pace(self._stopping) if location.is_paced else None
        self._srt = SrtPipe(location.url) if location.scheme == "srt" and not has_srt() else None

    def stop(self) -> None:
        """Ask it to end: at the next packet, or when libav's own timeout comes."""
        self._stopping.set()
        if self._srt is not None:
            self._srt.stop()

    def run(self) -> None:
        reason: BaseException | None = None
        try:
            self._read()
        except av.FFmpegError as error:
            reason = peer_error(error)
        except PeerError as error:
            reason = error
        except Exception as error:  # noqa: BLE001 - a thread has nobody to tell: the event loop raises it
            reason = error
        if self._stopping.is_set():
            self._handover.ended(None)
        else:
            self._handover.ended(reason or CameraUnreachable("end of stream", code="closed"))

    def _read(self) -> None:
        with self._input() as source, self._open(source) as container:
            if self._stopping.is_set():
                return
            video, sound, tracks = tracks_of(container, self._wants_audio)
            self._handover.described(tracks, None if sound is None else sound.encoder)
            if self._location.is_looped:
                self._loop(container, video, sound)
            else:
                self._once(container, video, sound)

    def _input(self) -> AbstractContextManager[Any]:
        return nullcontext(self._location.url) if self._srt is None else self._srt

    def _open(self, source: Any) -> InputContainer:
        place = self._location
        limits = (place.open_limit_s, place.silence_limit_s)
        options = dict(place.options)
        # What a stream says of itself need not be UTF-8, and we do not ask.
        container = av.open(source, format=place.format, options=options, timeout=limits, metadata_errors="replace")
        return cast(InputContainer, container)

    def _packets(self, container: InputContainer, video: VideoTrack, sound: SoundTrack | None) -> Iterator[AnyPacket]:
        streams = [video.stream] if sound is None else [video.stream, sound.stream]
        for packet in container.demux(*streams):
            if self._stopping.is_set():
                return
            if packet.size:  # demuxing ends with an empty packet a stream
                yield packet

    def _once(self, container: InputContainer, video: VideoTrack, sound: SoundTrack | None) -> None:
        for packet in self._packets(container, video, sound):
            self._hand_over(packet, video, sound, 0)

    def _loop(self, container: InputContainer, video: VideoTrack, sound: SoundTrack | None) -> None:
        """Play a file for ever. Each round begins exactly where the pictures of the last one ended."""
        offset_90k = 0
        while not self._stopping.is_set():
            begin: int | None = None
            end = 0
            for packet in self._packets(container, video, sound):
                if packet.stream_index == video.stream.index and packet.pts is not None:
                    pts_90k = video.ticks_90k(packet.pts)
                    duration_90k = video.ticks_90k(packet.duration or 0) or _DEFAULT_PICTURE_90K
                    if begin is None:
                        begin = pts_90k
                        offset_90k -= begin
                    end = max(end, pts_90k + duration_90k)
                if begin is not None:
                    self._hand_over(packet, video, sound, offset_90k)
            if begin is None:
                raise CameraUnreachable("end of stream: the file has no pictures")
            offset_90k += end
            container.seek(0)

    def _hand_over(self, packet: AnyPacket, video: VideoTrack, sound: SoundTrack | None, offset_90k: int) -> None:
        is_video = packet.stream_index == video.stream.index
        if self._pace is not None and is_video and packet.dts is not None:
            self._pace.wait_until(video.ticks_90k(packet.dts) + offset_90k)
        received_us = self._now_us()
        if is_video:
            if packet.is_corrupt:  # MPEG-TS lost packets of it: a hole is honest, a smeared picture is not
                self._handover.deliver(None)
                return
            unit: Unit = video.unit(packet, offset_90k, received_us)
        elif sound is not None:
            unit = sound.unit(packet, offset_90k, received_us)
        else:
            return
        if unit is not None:
            self._handover.deliver(unit)


class _Pace:
    """Lets pictures out at the pace of their decoding times."""

    def __init__(self, stopping: threading.Event):
        self._stopping = stopping
        self._began_at: float | None = None
        self._first_90k = 0

    def wait_until(self, dts_90k: int) -> None:
        now = time.monotonic()
        if self._began_at is not None:
            ahead_s = self._began_at + (dts_90k - self._first_90k) / 90_000 - now
            if 0 < ahead_s <= 10:
                self._stopping.wait(ahead_s)
                return
            if -_LATE_LIMIT_S < ahead_s <= 0:
                return
        self._began_at, self._first_90k = now, dts_90k
