"""Decodes what GopIntake wants of one camera's stream: PyAV, one thread a camera at a time, off the event loop."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.video.frame import VideoFrame

from services.detector.adapters.gpu_decoding import GpuDecoding
from services.detector.gop_intake import DecodeJob
from services.detector.picture import Bytes, Picture
from shared.errors import ProtocolViolation
from shared.media.fragment import Fragment
from shared.media.samples import DecoderSetup, Sample, decoder_setup, video_samples

_TIME_BASE = Fraction(1, 90_000)
_CODECS = {"h264": "h264", "h265": "hevc"}
_PLANAR = {"yuv420p", "yuvj420p"}
# A picture that comes a little before it is due is taken.
_EARLY_SHARE = 0.15
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG


class Undecodable(ProtocolViolation):
    """The decoder finds no picture in it."""


class CameraDecoder:
    """Keeps the decoder of one stream between jobs that continue each other. Not for two threads at once.

    Args:
        gpu: None where the CPU decodes.
    """

    def __init__(self, gpu: GpuDecoding | None = None) -> None:
        self._gpu = gpu
        self._is_on_gpu = False
        self._setup: DecoderSetup | None = None
        self._context: av.VideoCodecContext | None = None
        self._due_us = 0

    def decode(self, job: DecodeJob) -> list[Picture]:
        """The pictures that were wanted, oldest first.

        Raises:
            Undecodable: broken bytes; the next job must begin with an IDR.
        """
        try:
            if job.is_idr_alone:
                return self._idr(job)
            return self._due(job)
        except (av.FFmpegError, ValueError) as error:
            self.close()
            raise Undecodable(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Let go of the decoder; what comes next begins with an IDR."""
        self._context = None
        if self._gpu is not None and self._is_on_gpu:
            self._is_on_gpu = False
            self._gpu.free()

    def _idr(self, job: DecodeJob) -> list[Picture]:
        fragment = job.fragments[0]
        context = self._opened(fragment, is_fresh=False)
        samples = _samples(fragment)
        if not samples:
            return []
        context.skip_frame = "DEFAULT"
        frames = [*context.decode(_packet(fragment, samples[0])), *context.decode(None)]
        context.flush_buffers()
        return [_picture(frames[0], fragment, job)] if frames else []

    def _due(self, job: DecodeJob) -> list[Picture]:
        pictures: list[Picture] = []
        # Pictures that are shown later than they are decoded come out in a later job than they were due in.
        due_us = min(job.due_us, self._due_us) if job.continues else job.due_us
        early_us = round(job.interval_us * _EARLY_SHARE)
        for fragment in job.fragments:
            if fragment.header.is_idr:
                context = self._opened(fragment, is_fresh=not job.continues)
            elif self._context is None:
                raise Undecodable("it goes on from pictures that were not decoded")
            else:
                context = self._context
            for sample in _samples(fragment):
                taken_us = _taken_us(fragment, sample.pts_90k)
                # Pictures nothing refers to are decoded only where they are wanted.
                context.skip_frame = "DEFAULT" if taken_us >= due_us - early_us else "NONREF"
                for frame in context.decode(_packet(fragment, sample)):
                    at_us = _taken_us(fragment, frame.pts if frame.pts is not None else sample.pts_90k)
                    if at_us >= due_us - early_us:
                        pictures.append(_picture(frame, fragment, job))
                        due_us += max(1, (at_us + early_us - due_us) // job.interval_us + 1) * job.interval_us
        self._due_us = due_us
        return pictures

    def _opened(self, fragment: Fragment, *, is_fresh: bool) -> av.VideoCodecContext:
        setup = decoder_setup(fragment.payload[: fragment.header.init_bytes])
        if self._context is None or setup != self._setup:
            self.close()
            context = self._made(_CODECS[setup.codec])
            context.extradata = setup.extradata
            # One thread a camera: the cameras are what is done side by side, and threads would hold pictures back.
            context.thread_count = 1
            context.thread_type = "NONE"
            self._context, self._setup = context, setup
            return context
        if is_fresh:
            self._context.flush_buffers()
        return self._context

    def _made(self, codec: str) -> av.VideoCodecContext:
        device = None if self._gpu is None else self._gpu.take()
        if self._gpu is not None and device is not None:
            try:
                context = cast("av.VideoCodecContext", av.CodecContext.create(codec, "r", hwaccel=device))
            except (av.FFmpegError, OSError, NotImplementedError) as error:
                self._gpu.refused(error)
            else:
                self._is_on_gpu = True
                return context
        return cast("av.VideoCodecContext", av.CodecContext.create(codec, "r"))


def _samples(fragment: Fragment) -> list[Sample]:
    return video_samples(fragment.payload, fragment.header.init_bytes)


def _packet(fragment: Fragment, sample: Sample) -> av.Packet[Any]:
    packet: av.Packet[Any] = av.Packet(fragment.payload[sample.begin : sample.end])
    packet.pts, packet.dts, packet.time_base = sample.pts_90k, sample.dts_90k, _TIME_BASE
    return packet


def _taken_us(fragment: Fragment, pts_90k: int) -> int:
    return fragment.header.captured_us + (pts_90k - fragment.header.pts_90k) * 100 // 9


def _picture(frame: VideoFrame, fragment: Fragment, job: DecodeJob) -> Picture:
    if frame.format.name not in _PLANAR:
        frame = frame.reformat(format="yuv420p")
    pts_90k = frame.pts if frame.pts is not None else fragment.header.pts_90k
    luma, cb, cr = (plane_of(frame, at) for at in range(3))
    return Picture(
        luma,
        cb,
        cr,
        frame.format.name == "yuvj420p" or int(frame.color_range) == _FULL_RANGE,
        _taken_us(fragment, pts_90k),
        pts_90k,
        received_us=fragment.header.received_us,
        heard_us=job.heard_us,
        run=fragment.header.run,
        fragment_sha256=fragment.header.sha256,
    )


def plane_of(frame: VideoFrame, at: int) -> Bytes:
    """A view: the decoder's memory lives as long as it."""
    plane = frame.planes[at]
    held = np.frombuffer(memoryview(plane), np.uint8)
    return held.reshape(-1, plane.line_size)[: plane.height, : plane.width]
