"""Real encoders' output for the media tests."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from shared.media.access_unit import AccessUnit
from shared.media.formats import AudioFormat, StreamFormat, VideoCodec, VideoFormat
from shared.media.nal_units import access_unit, split_annex_b
from shared.media.video_format import video_format

ENCODERS: dict[VideoCodec, str] = {"h264": "libx264", "h265": "libx265"}


@lru_cache(maxsize=128)
def encode(
    codec: VideoCodec,
    size: tuple[int, int] = (320, 240),
    pictures: int = 50,
    rate: int = 25,
    options: tuple[tuple[str, str], ...] = (),
    first_pts: int = 0,
    gop: int = 25,
    max_b_frames: int = 0,
    pixels: str = "yuv420p",
    sample_aspect_ratio: Fraction | None = None,
) -> tuple[tuple[AccessUnit, int], ...]:
    """Access units and the encoder's own DTS, both in 90 kHz."""
    context = av.CodecContext.create(ENCODERS[codec], "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = size
    context.pix_fmt = pixels
    context.framerate = Fraction(rate)
    context.time_base = Fraction(1, rate)
    context.gop_size = gop
    context.max_b_frames = max_b_frames
    if sample_aspect_ratio is not None:
        context.sample_aspect_ratio = sample_aspect_ratio
    defaults = {"preset": "ultrafast"} if codec == "h264" else {"preset": "ultrafast", "x265-params": "log-level=none"}
    context.options = {**defaults, **dict(options)}
    tick = 90_000 // rate
    units: list[tuple[AccessUnit, int]] = []
    for index in range(pictures + 1):
        frame = None
        if index < pictures:
            frame = moving_picture(size, index).reformat(format=pixels)
            frame.pts = index
        for packet in context.encode(frame):
            assert packet.pts is not None
            assert packet.dts is not None
            unit = access_unit(codec, split_annex_b(bytes(packet)), first_pts + packet.pts * tick, packet.pts * 40_000)
            assert unit is not None
            units.append((unit, first_pts + packet.dts * tick))
    return tuple(units)


def moving_picture(size: tuple[int, int], index: int) -> VideoFrame:
    """A gradient with a bright bar that moves."""
    width, height = size
    across = np.linspace(0, 200, width, dtype=np.uint8)
    pixels = np.repeat(np.repeat(across[None, :, None], height, axis=0), 3, axis=2)
    begin = index * 5 % max(1, width - 16)
    pixels[:, begin : begin + 16] = 255
    return VideoFrame.from_ndarray(pixels, format="rgb24")


def format_of(codec: VideoCodec, units: tuple[tuple[AccessUnit, int], ...]) -> VideoFormat:
    sets = units[0][0].parameter_sets
    assert sets is not None
    return video_format(codec, sets)


@lru_cache(maxsize=8)
def encode_sound(seconds: float, sample_rate: int = 48_000) -> tuple[AudioFormat, tuple[bytes, ...]]:
    """AAC-LC access units of 1,024 samples of a 440 Hz tone."""
    context = av.CodecContext.create("aac", "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate = sample_rate
    context.layout = "mono"
    context.format = "fltp"
    context.open()
    wave = np.sin(np.arange(int(seconds * sample_rate)) * 2 * np.pi * 440 / sample_rate).astype(np.float32)
    packets: list[bytes] = []
    for begin in range(0, len(wave) - 1024, 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, begin : begin + 1024], format="fltp", layout="mono")
        frame.sample_rate = sample_rate
        frame.pts = begin
        packets += [bytes(packet) for packet in context.encode(frame)]
    assert context.extradata is not None
    return AudioFormat(sample_rate, 1, bytes(context.extradata)), tuple(packets)


@pytest.fixture(scope="session")
def encoded() -> Callable[..., tuple[tuple[AccessUnit, int], ...]]:
    return encode


@pytest.fixture(scope="session")
def stream_of() -> Callable[..., StreamFormat]:
    def stream(codec: VideoCodec, units: tuple[tuple[AccessUnit, int], ...]) -> StreamFormat:
        return StreamFormat(format_of(codec, units))

    return stream


@pytest.fixture(scope="session")
def video_of() -> Callable[..., VideoFormat]:
    return format_of


@pytest.fixture(scope="session")
def sound() -> Callable[..., tuple[AudioFormat, tuple[bytes, ...]]]:
    return encode_sound
