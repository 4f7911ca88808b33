"""Photos that people upload, made small and stripped of everything but their pixels."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor

from PIL import Image, ImageOps, UnidentifiedImageError

from shared.errors import RequestRefused, ResourceExhausted

# Larger than a phone's photo; what a decoder makes of it is bounded before it is decoded.
_PIXELS_MAX = 80_000_000
_SIDE_MAX = 1600
_QUALITY = 90
_FORMATS = ("JPEG", "PNG", "WEBP")
_AT_ONCE = 2
_WAITING = 16


class PillowPhotos:
    """Implements `PhotoReader`, in threads, a few at once."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="photos")
        self._asked = 0

    async def shrunk(self, photo: bytes) -> bytes:
        if self._asked >= _AT_ONCE + _WAITING:
            raise ResourceExhausted("Too many photos are being read at once: try again in a second.")
        self._asked += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, shrunk, photo)
        finally:
            self._asked -= 1

    async def close(self) -> None:
        self._threads.shutdown(wait=False)


def shrunk(photo: bytes) -> bytes:
    """A JPEG of at most 1600 pixels a side, upright, without metadata. Raises RequestRefused."""
    try:
        # By its bytes, never by its name: a disguised file is refused.
        with Image.open(io.BytesIO(photo), formats=_FORMATS) as image:
            if image.width * image.height > _PIXELS_MAX:
                raise _refused(f"It has {image.width}x{image.height} pixels; at most {_PIXELS_MAX // 10**6} million.")
            image.draft("RGB", (_SIDE_MAX, _SIDE_MAX))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, UnidentifiedImageError) as error:
        raise _refused("It is no whole JPEG, PNG or WebP picture.") from error
    upright.thumbnail((_SIDE_MAX, _SIDE_MAX), reducing_gap=2.0)
    jpeg = io.BytesIO()
    # Nothing of the original's metadata is handed on: place and time of a photo are nobody's business here.
    upright.info.clear()
    upright.save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue()


def _refused(why: str) -> RequestRefused:
    return RequestRefused("not_a_photo", why, status=422)
