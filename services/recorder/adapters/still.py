"""A still picture from recorded bytes: the one that was shown at a moment, decoded as it was sent."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from services.recorder.gop_bytes import GopBytes
from shared.errors import RequestRefused

JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Still:
    """`captured_us` is when this picture was taken, UTC microseconds: at or shortly before the moment asked for."""

    data: bytes
    captured_us: int
    width: int
    height: int


def still(gop: GopBytes, at_us: int, kind: Literal["jpeg", "png"] = "jpeg", max_width: int | None = None) -> Still:
    """The newest picture of the GOP that was taken at or before `at_us`; its first where none was.

    Takes as long as decoding up to it: call it off the event loop. Raises RequestRefused for broken bytes.
    """
    frame, captured_us = _shown(gop, at_us)
    image = _image(frame)
    if max_width is not None and image.width > max_width:
        image = image.resize(
            (max_width, max(1, round(image.height * max_width / image.width))), Image.Resampling.LANCZOS
        )
    out = io.BytesIO()
    if kind == "jpeg":
        image.save(out, "JPEG", quality=JPEG_QUALITY)
    else:
        image.save(out, "PNG", compress_level=3)
    return Still(out.getvalue(), captured_us, image.width, image.height)


def first_picture(gop: GopBytes) -> Image.Image:
    """Its IDR alone is decoded. Raises RequestRefused for broken bytes."""
    try:
        with av.open(io.BytesIO(gop.data), "r") as file:
            stream = file.streams.video[0]
            for packet in file.demux(stream):
                for frame in (*stream.codec_context.decode(packet), *stream.codec_context.decode(None)):
                    return _image(frame)
    except (av.FFmpegError, IndexError) as error:
        raise _undecodable(error) from error
    raise _undecodable(None)


def _shown(gop: GopBytes, at_us: int) -> tuple[VideoFrame, int]:
    chosen: tuple[VideoFrame, int] | None = None
    try:
        with av.open(io.BytesIO(gop.data), "r") as file:
            stream = file.streams.video[0]
            for frame in file.decode(stream):
                captured_us = _captured_us(gop, frame, stream)
                if chosen is not None and captured_us > at_us:
                    break  # decoded frames come in the order in which they are shown
                chosen = frame, captured_us
    except (av.FFmpegError, IndexError) as error:
        # Up to where it is broken, it could be seen.
        if chosen is None:
            raise _undecodable(error) from error
    if chosen is None:
        raise _undecodable(None)
    return chosen


def _image(frame: VideoFrame) -> Image.Image:
    image: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    return image


def _captured_us(gop: GopBytes, frame: VideoFrame, stream: VideoStream) -> int:
    if frame.pts is None or stream.time_base is None:
        return gop.gop.captured_us
    since_90k = round(frame.pts * stream.time_base * 90_000) - gop.gop.pts_90k
    return gop.gop.captured_us + since_90k * 100 // 9


def _undecodable(error: Exception | None) -> RequestRefused:
    detail = f" ({error})" if error is not None else ""
    return RequestRefused("picture_not_decodable", f"The recording cannot be decoded at this moment{detail}.")
