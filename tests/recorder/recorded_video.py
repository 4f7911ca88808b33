"""Recorded GOPs made here: every picture's brightness tells its number, with B-frames and sound where wanted."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np

from services.recorder.gop_bytes import GopBytes
from services.recorder.segment import Gop

FPS = 25
GOP_PICTURES = 25
BEGAN_US = 1_700_000_000_000_000


def footage(
    gops: int, *, run: str = "aa", from_us: int = BEGAN_US, first_pts_90k: int = 900_000, codec: str = "libx264",
    b_frames: int = 0, size: tuple[int, int] = (160, 96), has_sound: bool = False,
) -> list[GopBytes]:  # fmt: skip
    """A second each, as ingest writes them: init and fragments, times of the run in tfdt."""
    return [
        _gop(number, run, from_us, first_pts_90k, codec, b_frames, size, has_sound)
        for number in range(gops)
    ]  # fmt: skip


def _gop(
    number: int, run: str, from_us: int, first_pts_90k: int, codec: str, b_frames: int, size: tuple[int, int],
    has_sound: bool,
) -> GopBytes:  # fmt: skip
    out = io.BytesIO()
    options = {"movflags": "frag_custom+empty_moov+default_base_moof+frag_discont", "avoid_negative_ts": "disabled"}
    pts_90k = first_pts_90k + number * 90_000
    with av.open(out, "w", format="mp4", options=options) as file:
        video = file.add_stream(codec, rate=FPS)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.time_base = Fraction(1, 90_000)
        video.codec_context.time_base = Fraction(1, 90_000)
        parameters = f"keyint=1000:bframes={b_frames}:scenecut=0"
        video.options = (
            {"x264-params": parameters} if codec == "libx264" else {"x265-params": parameters + ":log-level=none"}
        )
        sound = file.add_stream("aac", rate=48_000) if has_sound else None
        for place in range(GOP_PICTURES):
            picture = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
            picture[: size[1]] = brightness(number * GOP_PICTURES + place)
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts = pts_90k + place * 3600
            frame.time_base = Fraction(1, 90_000)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if sound is not None:
            samples = np.zeros((1, 1024), np.float32)
            for block in range(46):
                frame_of_sound = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
                frame_of_sound.sample_rate = 48_000
                frame_of_sound.pts = pts_90k * 48_000 // 90_000 + block * 1024
                file.mux(sound.encode(frame_of_sound))
    data = out.getvalue()
    with av.open(io.BytesIO(data), "r") as file:
        # With B-frames the muxer shows everything a little later, so that nothing is decoded before time 0.
        pts_90k = min(packet.pts for packet in file.demux(video=0) if packet.pts is not None)
    gop = Gop(0, data.index(b"moof") - 4, len(data), pts_90k, 90_000, from_us + number * 1_000_000)
    return GopBytes(run, gop, data)


def brightness(number: int) -> int:
    """Of picture `number`, 0 to 75, over and over."""
    return 18 + number % 76 * 43 // 15


def number_of(luma: float) -> int:
    return round((luma - 18) * 15 / 43)
