"""A photo, of any format that Pillow reads, as a picture of a camera."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from services.detector.adapters.camera_decoder import memory_planes
from services.detector.picture import Picture

PICTURE_MAX_PX = 50_000_000


class NotAPicture(ValueError):
    """What was given cannot be read as a picture; the text says why."""


def picture_of(photo: Path | BinaryIO) -> Picture:
    """Raises NotAPicture. Turned as its camera was held."""
    try:
        with Image.open(photo) as image:
            if image.width * image.height > PICTURE_MAX_PX:
                most = PICTURE_MAX_PX // 10**6
                raise NotAPicture(f"it has {image.width}x{image.height} pixels; at most {most} million")
            pixels = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError) as error:
        raise NotAPicture(f"it cannot be read as a picture: {error}") from error
    # Even sides: chroma has half of them.
    height, width = max(2, pixels.shape[0] & ~1), max(2, pixels.shape[1] & ~1)
    pixels = np.ascontiguousarray(
        np.resize(pixels, (height, width, 3)) if min(pixels.shape[:2]) < 2 else pixels[:height, :width]
    )
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
    return Picture(memory_planes(frame), 0, 0)
