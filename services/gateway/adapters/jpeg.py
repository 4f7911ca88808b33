"""Still pictures made with libav, in threads, a few at once."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame
from PIL import Image

from shared.errors import ProtocolViolation, ResourceExhausted

_AT_ONCE = 2
_WAITING = 32
_QUALITY = 85


class AvJpegMaker:
    """Implements `JpegMaker`."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="jpeg")
        self._asked = 0

    async def jpeg(self, payload: bytes, width: int | None) -> bytes:
        if self._asked >= _AT_ONCE + _WAITING:
            raise ResourceExhausted("Too many still pictures are being made at once: try again in a second.")
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, decode_jpeg, payload, width)
        finally:
            self._asked -= 1

    async def close(self) -> None:
        self._threads.shutdown(wait=False)


def decode_jpeg(payload: bytes, width: int | None) -> bytes:
    """The first picture of a fragment with its init segment; raises ProtocolViolation."""
    try:
        with av.open(io.BytesIO(payload), "r", format="mp4") as container:
            frame = next(container.decode(video=0), None)
    except (FFmpegError, IndexError) as error:
        raise ProtocolViolation(f"libav cannot decode it: {error}") from error
    if frame is None:
        raise ProtocolViolation("there is no whole picture in it")
    return _encode(frame, width)


def _encode(frame: VideoFrame, width: int | None) -> bytes:
    picture = Image.fromarray(frame.to_ndarray(format="rgb24"))
    if width is not None and width < picture.width:
        picture = picture.resize((width, max(1, round(picture.height * width / picture.width))), reducing_gap=2.0)
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue()
