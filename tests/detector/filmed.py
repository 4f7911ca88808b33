"""Pictures filmed by a camera of our own making: encoded by x264 or x265, cut into fragments as ingest cuts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from shared.media.formats import StreamFormat, VideoCodec
from shared.media.fragment import Fragment
from shared.media.fragmenter import UNWATCHED_90K, Fragmenter
from shared.media.nal_units import access_unit, split_annex_b
from shared.media.video_format import video_format

BEGAN_US = 1_700_000_000_000_000
RGB = NDArray[np.uint8]


def filmed(
    pictures: Iterable[RGB],
    *,
    fps: int = 25,
    gop: int = 25,
    b_frames: int = 0,
    codec: VideoCodec = "h264",
    run: str = "00112233445566ff",
    began_us: int = BEGAN_US,
    target_90k: int = UNWATCHED_90K,
    bit_rate: int = 0,
) -> list[Fragment]:
    """Pictures (height, width, 3) RGB at `fps`; captured_us and received_us are their times from `began_us` on."""
    encoder: VideoCodecContext | None = None
    cutter: Fragmenter | None = None
    cut: list[Fragment] = []
    tick = 90_000 // fps
    for index, picture in enumerate([*pictures, None]):
        if encoder is None:
            assert picture is not None
            encoder = _encoder(codec, picture.shape[1], picture.shape[0], fps, gop, b_frames, bit_rate)
        frame = None
        if picture is not None:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format="yuv420p")
            frame.pts = index
        for packet in encoder.encode(frame):
            assert packet.pts is not None
            at_us = began_us + packet.pts * 1_000_000 // fps
            unit = access_unit(codec, split_annex_b(bytes(packet)), packet.pts * tick, at_us)
            assert unit is not None
            if cutter is None:
                assert unit.parameter_sets is not None
                cutter = Fragmenter(StreamFormat(video_format(codec, unit.parameter_sets)), run, target_90k)
            cut += cutter.push_video(unit, at_us)
    assert cutter is not None
    return [*cut, *cutter.flush()]


def _encoder(
    codec: VideoCodec, width: int, height: int, fps: int, gop: int, b_frames: int, bit_rate: int
) -> VideoCodecContext:
    name = "libx264" if codec == "h264" else "libx265"
    encoder = cast(VideoCodecContext, av.CodecContext.create(name, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.gop_size = Fraction(fps), Fraction(1, fps), gop
    encoder.max_b_frames = b_frames
    if bit_rate:
        encoder.bit_rate = bit_rate
    words = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}"
    if codec == "h264":
        encoder.options = {"preset": "veryfast", "x264-params": words}
    else:
        encoder.options = {"preset": "ultrafast", "x265-params": words + ":log-level=none"}
    return encoder


def numbered(count: int, size: tuple[int, int] = (160, 96)) -> list[RGB]:
    """Grey pictures whose brightness tells their number, 0 to 49 over and over."""
    return [np.full((size[1], size[0], 3), 40 + 3 * (index % 50), np.uint8) for index in range(count)]


def number_of(luma: NDArray[np.uint8]) -> int:
    """Of a decoded picture of `numbered`: limited-range luma back to the number."""
    level = (float(luma.mean()) - 16) * 255 / 219
    return round((level - 40) / 3)


def clip(path: Path, count: int, size: tuple[int, int] | None = None) -> Sequence[RGB]:
    """The first pictures of a film, resized where wanted."""
    pictures: list[RGB] = []
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            if size is not None:
                frame = frame.reformat(width=size[0], height=size[1])
            pictures.append(frame.to_ndarray(format="rgb24"))
            if len(pictures) == count:
                break
    return pictures
