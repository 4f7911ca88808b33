"""H.265 to H.264 for viewers whose browser cannot decode it: one thread for one camera, whoever many watch."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from shared.media.access_unit import AccessUnit
from shared.media.formats import VideoFormat
from shared.media.nal_units import access_unit, split_annex_b
from shared.media.video_format import video_format

MAX_WIDTH, MAX_HEIGHT = 1280, 720
_GOP_S = 1.0
_DEFAULT_RATE = 25
# About 2 s of pictures. What does not fit is dropped up to the next IDR: the picture stands, and never smears.
_LONGEST_QUEUE = 50
_TIME_BASE = Fraction(1, 90_000)
_START_CODE = b"\0\0\0\1"
_STOP_LIMIT_S = 2.0
_ENCODER_OPTIONS = {"preset": "ultrafast", "tune": "zerolatency", "crf": "25", "maxrate": "2M", "bufsize": "1M"}

OnPicture = Callable[[AccessUnit, VideoFormat], None]


@dataclass(slots=True)
class TranscoderFigures:
    """Counters since the start."""

    pictures_in: int = 0
    pictures_out: int = 0
    dropped_gops: int = 0
    undecodable: int = 0


class H264Transcoder:
    """Call `push` and `stop` on the event loop; `on_picture` is called there, with the format as it then is.

    PTS and arrival times are those of the camera's pictures. When the machine is too slow and the queue is full,
    what is left of the GOP is dropped and counted.
    """

    def __init__(self, on_picture: OnPicture):
        self._loop = asyncio.get_running_loop()
        self._on_picture = on_picture
        # The third says whether the picture is shown, or only decoded for those after it.
        self._queue: deque[tuple[AccessUnit, VideoFormat, bool]] = deque()
        self._past = 0  # how many of them `catch_up` gave; they go first
        self._changed = threading.Condition()
        self._is_stopped = False
        self._waits_for_idr = True
        self.figures = TranscoderFigures()
        self._thread = threading.Thread(target=self._work, name="pyav-transcode", daemon=True)
        self._thread.start()

    def catch_up(self, units: Sequence[AccessUnit], video: VideoFormat) -> None:
        """Take a GOP so far, before anything is pushed: its newest picture is shown, those before it are decoded.

        An IDR that comes before that is done makes the rest of it unnecessary.
        """
        newest_pts_90k = units[-1].pts_90k
        with self._changed:
            # What is displayed after the newest, though it came before it, is shown in its turn.
            self._queue.extend((unit, video, unit.pts_90k >= newest_pts_90k) for unit in units)
            self._past = len(units)
            self._waits_for_idr = False
            self._changed.notify()

    def push(self, unit: AccessUnit, video: VideoFormat) -> None:
        """Take one picture of the camera; never waits."""
        self.figures.pictures_in += 1
        with self._changed:
            if self._waits_for_idr and not unit.is_idr:
                return
            if unit.is_idr and self._past:
                self._queue.clear()
                self._past = 0
            if len(self._queue) - self._past >= _LONGEST_QUEUE:
                self.figures.dropped_gops += 1
                self._waits_for_idr = True
                return
            self._waits_for_idr = False
            self._queue.append((unit, video, True))
            self._changed.notify()

    async def stop(self) -> None:
        """End the thread; after this nothing more is called."""
        with self._changed:
            self._is_stopped = True
            self._queue.clear()
            self._changed.notify()
        await asyncio.to_thread(self._thread.join, _STOP_LIMIT_S)

    # On the thread

    def _work(self) -> None:
        stage: _Stage | None = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_stopped or self._queue)
                if self._is_stopped:
                    return
                unit, video, is_shown = self._queue.popleft()
                self._past = max(0, self._past - 1)
            if stage is None or not stage.goes_on(unit, video):
                stage = _Stage(video)
            try:
                made = stage.transcode(unit, is_shown)
            except (av.FFmpegError, ValueError):
                # The camera's bytes are what they are (ValueError: a pixel format that cannot be scaled):
                # begin anew at its next IDR.
                self.figures.undecodable += 1
                stage = None
                self._resume_at_idr()
                continue
            if made:
                self._hand_over(made, stage)

    def _resume_at_idr(self) -> None:
        with self._changed:
            while self._queue and not self._queue[0][0].is_idr:
                self._queue.popleft()
            self._past = 0
            if not self._queue:
                self._waits_for_idr = True

    def _hand_over(self, made: list[AccessUnit], stage: _Stage) -> None:
        try:
            self._loop.call_soon_threadsafe(self._deliver, made, stage.encoded_format)
        except RuntimeError:
            # The loop is closed: the process ends.
            self._is_stopped = True

    def _deliver(self, made: list[AccessUnit], encoded: VideoFormat | None) -> None:
        if self._is_stopped or encoded is None:
            return
        self.figures.pictures_out += len(made)
        for unit in made:
            self._on_picture(unit, encoded)


class _Stage:
    """Decoder and encoder for one format of the camera."""

    def __init__(self, video: VideoFormat):
        self.video = video
        self.encoded_format: VideoFormat | None = None
        self._decoder = _decoder(video)
        self._encoder: VideoCodecContext | None = None
        self._received_us: dict[int, int] = {}
        self._unshown: set[int] = set()
        self._newest_pts_90k = -1
        self._next_idr_90k: int | None = None

    def goes_on(self, unit: AccessUnit, video: VideoFormat) -> bool:
        """False for another format, and for the run of a new connection, whose times begin anew."""
        return video == self.video and not (unit.is_idr and unit.pts_90k <= self._newest_pts_90k)

    def transcode(self, unit: AccessUnit, is_shown: bool) -> list[AccessUnit]:
        """Raises FFmpegError or ValueError where libav cannot decode or convert it."""
        self._newest_pts_90k = unit.pts_90k
        if not is_shown:
            self._unshown.add(unit.pts_90k)
        sets = b"".join(_START_CODE + nal for nal in self.video.parameter_sets) if unit.is_idr else b""
        packet = av.Packet(sets + _annex_b(unit))
        packet.pts = packet.dts = unit.pts_90k
        packet.time_base = _TIME_BASE
        self._received_us[unit.pts_90k] = unit.received_us
        return [made for frame in self._decoder.decode(packet) for made in self._encode(frame)]

    def _encode(self, frame: VideoFrame) -> list[AccessUnit]:
        pts_90k = frame.pts
        if pts_90k is None or pts_90k in self._unshown:
            return []
        self._unshown.clear()
        if self._encoder is None:
            self._encoder = _encoder(self.video)
        scaled = frame.reformat(width=self._encoder.width, height=self._encoder.height, format="yuv420p")
        scaled.pts, scaled.time_base = pts_90k, _TIME_BASE
        scaled.pict_type = 0
        if self._next_idr_90k is None or pts_90k >= self._next_idr_90k:
            scaled.pict_type = 1  # I; by time and not by count, since cameras' rates stray
            self._next_idr_90k = pts_90k + int(_GOP_S * 90_000)
        made = []
        for packet in self._encoder.encode(scaled):
            received_us = self._received_us.pop(pts_90k, 0)
            unit = access_unit("h264", split_annex_b(bytes(packet)), packet.pts or pts_90k, received_us)
            if unit is None:
                continue
            if unit.parameter_sets is not None:
                self.encoded_format = video_format("h264", unit.parameter_sets)
            made.append(unit)
        # Pictures that the decoder left out are forgotten here.
        self._received_us = {pts: at for pts, at in self._received_us.items() if pts > pts_90k}
        return made


def _decoder(video: VideoFormat) -> VideoCodecContext:
    decoder = av.CodecContext.create("hevc" if video.codec == "h265" else "h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1  # frame threads would hold back as many pictures
    return decoder


def _encoder(video: VideoFormat) -> VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)
    scale = min(1.0, MAX_WIDTH / video.width, MAX_HEIGHT / video.height)
    encoder.width = max(2, round(video.width * scale / 2) * 2)
    encoder.height = max(2, round(video.height * scale / 2) * 2)
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = _TIME_BASE
    encoder.framerate = Fraction(video.frame_rate or _DEFAULT_RATE).limit_denominator(1001)
    encoder.gop_size = 1000  # IDRs are asked for by time
    encoder.thread_count = 1
    encoder.options = {**_ENCODER_OPTIONS, "forced-idr": "1"}
    return encoder


def _annex_b(unit: AccessUnit) -> bytes:
    """Lengths of 4 bytes become start codes of 4 bytes, in place."""
    sample = bytearray(b"".join(unit.parts))
    at = 0
    while at + 4 <= len(sample):
        size = int.from_bytes(sample[at : at + 4])
        sample[at : at + 4] = _START_CODE
        at += 4 + size
    return bytes(sample)
