"""Decodes what GopIntake wants of one camera's stream: PyAV, one thread a camera at a time, off the event loop."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.video.frame import VideoFrame

from services.detector.adapters.gpu_decoding import GpuDecoding
from services.detector.gop_intake import DecodeJob
from services.detector.picture import Bytes, Picture, Planes
from services.detector.planes import MemoryPlanes
from shared.errors import ProtocolViolation
from shared.media.fragment import Fragment
from shared.media.samples import DecoderSetup, Sample, decoder_setup, video_samples
from shared.telemetry import log

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
        gpu: None where the CPU decodes. A stream that it cannot decode is left to the CPU for good.
    """

    def __init__(self, gpu: GpuDecoding | None = None) -> None:
        self._gpu = gpu
        self._is_on_gpu = False
        self._setup: DecoderSetup | None = None
        self._context: av.VideoCodecContext | None = None
        self._due_us = 0

    def decode(self, job: DecodeJob) -> Iterator[Picture]:
        """The pictures that were wanted, oldest first, each decoded when it is asked for.

        Raises:
            Undecodable: broken bytes; the next job must begin with an IDR.
        """
        told = 0
        try:
            for picture in self._pictures(job):
                told += 1
                yield picture
        except (av.FFmpegError, ValueError) as error:
            was_on_gpu = self._is_on_gpu
            self.close()
            if not was_on_gpu or told or job.continues:
                raise _undecodable(error) from error
            yield from self._on_the_cpu(job, error)

    def _pictures(self, job: DecodeJob) -> Iterator[Picture]:
        return self._idr(job) if job.is_idr_alone else self._due(job)

    def _on_the_cpu(self, job: DecodeJob, why: Exception) -> Iterator[Picture]:
        """What a GPU could not: if the CPU can, the stream stays with it; if not, it is the bytes that are broken."""
        gpu, self._gpu = self._gpu, None
        try:
            yield from self._pictures(job)
        except (av.FFmpegError, ValueError) as error:
            self.close()
            self._gpu = gpu
            raise _undecodable(error) from error
        log().warning("a stream goes from the GPU to the CPU", detail=f"{type(why).__name__}: {why}")

    def close(self) -> None:
        """Let go of the decoder; what comes next begins with an IDR."""
        self._context = None
        if self._gpu is not None and self._is_on_gpu:
            self._is_on_gpu = False
            self._gpu.free()

    def _idr(self, job: DecodeJob) -> Iterator[Picture]:
        fragment = job.fragments[0]
        context = self._opened(fragment, is_fresh=False)
        samples = _samples(fragment)
        if not samples:
            raise Undecodable("no picture in the fragment")
        context.skip_frame = "DEFAULT"
        frames = context.decode(_packet(fragment, samples[0]))
        if not frames:
            # Where pictures come in another order than they are shown it waits for more: none will come.
            frames = context.decode(None)
            context.flush_buffers()
        if not frames:
            raise Undecodable("the decoder makes no picture of it")
        yield _picture(frames[0], fragment, job)

    def _due(self, job: DecodeJob) -> Iterator[Picture]:
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
                        due_us += max(1, (at_us + early_us - due_us) // job.interval_us + 1) * job.interval_us
                        yield _picture(frame, fragment, job)
        self._due_us = due_us

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
        context = None if self._gpu is None else self._gpu.open(codec)
        self._is_on_gpu = context is not None
        return cast("av.VideoCodecContext", context or av.CodecContext.create(codec, "r"))


def _undecodable(error: Exception) -> Undecodable:
    return Undecodable(f"{type(error).__name__}: {error}")


def _samples(fragment: Fragment) -> list[Sample]:
    return video_samples(fragment.payload, fragment.header.init_bytes)


def _packet(fragment: Fragment, sample: Sample) -> av.Packet[Any]:
    packet: av.Packet[Any] = av.Packet(fragment.payload[sample.begin : sample.end])
    packet.pts, packet.dts, packet.time_base = sample.pts_90k, sample.dts_90k, _TIME_BASE
    return packet


def _taken_us(fragment: Fragment, pts_90k: int) -> int:
    return fragment.header.captured_us + (pts_90k - fragment.header.pts_90k) * 100 // 9


def _picture(frame: VideoFrame, fragment: Fragment, job: DecodeJob) -> Picture:
    pts_90k = frame.pts if frame.pts is not None else fragment.header.pts_90k
    return Picture(
        planes_of(frame),
        _taken_us(fragment, pts_90k),
        pts_90k,
        received_us=fragment.header.received_us,
        heard_us=job.heard_us,
        run=fragment.header.run,
        fragment_sha256=fragment.header.sha256,
    )


def planes_of(frame: VideoFrame) -> Planes:
    """Raises ValueError for a picture on a GPU whose samples are no bytes, as those of ten bits are."""
    if frame.format.name != "cuda":
        return memory_planes(frame)
    # Imported with the first of them: torch takes seconds, and who decodes on the CPU may never need it.
    from services.detector.adapters.device_planes import DevicePlanes

    if frame.sw_format is None or frame.sw_format.name != "nv12":
        raise ValueError(f"the GPU gives {frame.sw_format}, nv12 was expected")
    return DevicePlanes.of(frame, int(frame.color_range) == _FULL_RANGE)


def memory_planes(frame: VideoFrame) -> MemoryPlanes:
    """Views where the format allows: the decoder's memory lives as long as they."""
    if frame.format.name not in _PLANAR:
        frame = frame.reformat(format="yuv420p")
    is_full_range = frame.format.name == "yuvj420p" or int(frame.color_range) == _FULL_RANGE
    luma, cb, cr = (_plane_of(frame, at) for at in range(3))
    return MemoryPlanes(luma, cb, cr, is_full_range)


def _plane_of(frame: VideoFrame, at: int) -> Bytes:
    plane = frame.planes[at]
    held = np.frombuffer(memoryview(plane), np.uint8)
    return held.reshape(-1, plane.line_size)[: plane.height, : plane.width]
