"""Pictures of a real encoder on a real bus, as ingest would publish them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from shared import subjects
from shared.bus import Bus
from shared.bus.media_publisher import MediaPublisher
from shared.clock import SystemClock
from shared.media.formats import StreamFormat
from shared.media.fragment import Fragment
from shared.media.fragmenter import WATCHED_90K, Fragmenter
from shared.media.nal_units import access_unit, split_annex_b
from shared.media.video_format import video_format
from shared.messages.cameras import CameraCondition, CameraState
from shared.subjects import CameraRef
from tests.gateway.running_gateway import Gateway

GOP = 10


class Pictures:
    """An endless stream of one camera as ingest would publish it, one access unit a fragment."""

    def __init__(
        self,
        gateway: Gateway,
        camera: CameraRef,
        *,
        stream: str = "main",
        run: str = "00000000000000aa",
        codecs: str | None = None,
    ):
        self._ingest = gateway.ingest
        self.camera = camera
        self.subject = subjects.media(camera, stream)
        self.run = run
        self.seq = 0
        self.padding = 0
        self.codecs = codecs
        self.sent: list[Fragment] = []

    async def publish(self, count: int) -> list[Fragment]:
        """The next `count` fragments, stamped now, stored when this returns."""
        publisher = await publisher_of(self._ingest)
        fresh = []
        for _ in range(count):
            template = fragments()[self.seq % len(fragments())]
            now_us = SystemClock().now_us()
            header = replace(
                template.header,
                run=self.run,
                seq=self.seq,
                pts_90k=self.seq * 3600,
                captured_us=now_us,
                received_us=now_us,
            )
            if self.codecs is not None:
                header = replace(header, codecs=self.codecs)
            # A `free` box (ISO/IEC 14496-12, 8.1.2) makes it larger without changing what it means.
            padding = (8 + self.padding).to_bytes(4, "big") + b"free" + bytes(self.padding) if self.padding else b""
            fresh.append(Fragment(header, template.payload + padding))
            publisher.publish(self.subject, fresh[-1])
            self.seq += 1
        self.sent += fresh
        await until_stored(self._ingest, self.subject, fresh[-1])
        return fresh

    async def say(self, gateway: Gateway, condition: CameraCondition, reason: str = "Pictures are coming.") -> None:
        """What ingest says about the camera."""
        bucket = await gateway.ingest.kv("camera_states")
        state = CameraState(
            site=self.camera.site,
            camera=self.camera.camera,
            condition=condition,
            reason=reason,
            reason_code="ok" if condition == "online" else "timed_out",
            since_us=SystemClock().now_us(),
            worker="ingest-1",
            codecs="avc1.42C00D",
        )
        await bucket.put(self.camera.key, state.encode())


_publishers: dict[int, MediaPublisher] = {}


async def publisher_of(bus: Bus) -> MediaPublisher:
    """One publisher a connection."""
    if id(bus) not in _publishers:
        _publishers[id(bus)] = await bus.media_publisher(lambda *gap: None, 64 << 20)
    return _publishers[id(bus)]


async def until_stored(bus: Bus, subject: str, newest: Fragment) -> None:
    async with asyncio.timeout(10):
        while (found := await bus.last_media(subject)) is None or found.header.seq != newest.header.seq:
            await asyncio.sleep(0.005)


@lru_cache(maxsize=1)
def fragments() -> Sequence[Fragment]:
    """Ten GOPs of a moving picture, 160x120, encoded by x264 and cut by our own fragmenter."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = 160, 120, "yuv420p"
    context.framerate, context.time_base, context.gop_size = Fraction(25), Fraction(1, 25), GOP
    context.max_b_frames = 0
    context.options = {"preset": "ultrafast", "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0"}
    cutter: Fragmenter | None = None
    cut: list[Fragment] = []
    for index in range(10 * GOP + 1):
        frame = None
        if index < 10 * GOP:
            frame = VideoFrame.from_ndarray(np.full((120, 160, 3), index * 2, dtype=np.uint8), format="rgb24").reformat(
                format="yuv420p"
            )
            frame.pts = index
        for packet in context.encode(frame):
            assert packet.pts is not None
            unit = access_unit("h264", split_annex_b(bytes(packet)), packet.pts * 3600, 0)
            assert unit is not None
            if cutter is None:
                assert unit.parameter_sets is not None
                cutter = Fragmenter(StreamFormat(video_format("h264", unit.parameter_sets)), "0" * 16, WATCHED_90K)
            cut += cutter.push_video(unit, 0)
    assert cutter is not None
    return cut[: len(cut) // GOP * GOP]
