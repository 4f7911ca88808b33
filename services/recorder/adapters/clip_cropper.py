"""A part of a clip, larger: decoded, cut out and encoded again, because a piece of a picture cannot be copied."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import av
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shared.errors import RequestRefused

# = how small a part is shown at least, in pixels: less shows nothing
LEAST_WIDTH, LEAST_HEIGHT = 320, 180
_QUALITY = {"crf": "20", "preset": "veryfast"}
_CLOCK = Fraction(1, 90_000)

Crop = tuple[float, float, float, float]
"""Left, top, width and height, 0 to 1 of the picture."""


def cropped(source: Path, target: Path, crop: Crop) -> tuple[int, str]:
    """Returns size in bytes and SHA-256. Takes as long as decoding: call it off the event loop.

    Raises RequestRefused where the clip cannot be decoded.
    """
    try:
        with av.open(str(source)) as film, av.open(str(target), "w", options={"movflags": "+faststart"}) as out:
            _encode(film.streams.video[0], film, out, crop)
    except (av.FFmpegError, IndexError) as error:
        raise RequestRefused("picture_not_decodable", f"The recording cannot be decoded: {error}.") from error
    digest = hashlib.sha256()
    with target.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return target.stat().st_size, digest.hexdigest()


def _encode(
    seen: VideoStream, film: av.container.InputContainer, out: av.container.OutputContainer, crop: Crop
) -> None:
    width, height, x, y = pixels(crop, seen.width, seen.height)
    graph = Graph()
    begin = graph.add_buffer(template=seen)
    cut = graph.add("crop", f"{width}:{height}:{x}:{y}")
    end = graph.add("buffersink")
    begin.link_to(cut)
    cut.link_to(end)
    graph.configure()
    made = out.add_stream("libx264", rate=seen.average_rate or 25, options=_QUALITY)
    made.width, made.height, made.pix_fmt, made.time_base = width, height, "yuv420p", _CLOCK
    first_90k: int | None = None
    for frame in film.decode(seen):
        graph.push(frame)
        part = graph.pull()
        assert isinstance(part, VideoFrame)
        at_90k = round((frame.pts or 0) * (frame.time_base or _CLOCK) / _CLOCK)
        first_90k = at_90k if first_90k is None else first_90k
        part.pts, part.time_base = at_90k - first_90k, _CLOCK
        out.mux(made.encode(part))
    out.mux(made.encode())


def pixels(crop: Crop, width: int, height: int) -> tuple[int, int, int, int]:
    """Width, height, left and top in even pixels inside the picture, around the same middle."""
    left, top, part_width, part_height = crop
    wide = min(width - width % 2, max(LEAST_WIDTH, round(part_width * width)))
    high = min(height - height % 2, max(LEAST_HEIGHT, round(part_height * height)))
    wide, high = wide - wide % 2, high - high % 2
    x = min(max(0, round((left + part_width / 2) * width - wide / 2)), width - wide)
    y = min(max(0, round((top + part_height / 2) * height - high / 2)), height - high)
    return wide, high, x - x % 2, y - y % 2
