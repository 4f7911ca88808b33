"""Which part of a picture is a head's, and whether a head can be judged at all. Pure.

The same crop as the attribute network was trained on: a head with its hat and its chin, 1.9 face sizes wide.
"""

from __future__ import annotations

from services.detector.geometry import Box
from services.detector.picture import Canvas, Picture

HEAD_MIN_PX = 24
# Mean absolute second difference below which a head is a smear: a sharp face has 12 and more, one behind steam 2.
SHARPNESS_MIN = 3.0
_ACROSS = 0.95
_UP = 0.9
_DOWN = 0.2


def size_px(face: Box, picture: Picture) -> float:
    """The larger side of the face, pixels of the picture as it was sent."""
    return max(face.width * picture.width, face.height * picture.height)


def can_be_judged(face: Box, picture: Picture) -> bool:
    """Neither too small nor blurred: of such a head nothing is said but `unknown`."""
    return size_px(face, picture) >= HEAD_MIN_PX and picture.sharpness(face) >= SHARPNESS_MIN


def head_crop(face: Box, picture: Picture, size: int) -> Canvas:
    """(size, size, 3) uint8 RGB."""
    side = size_px(face, picture)
    centre = (face.left + face.right) / 2 * picture.width
    return picture.crop(
        round(centre - _ACROSS * side),
        round(face.top * picture.height - _UP * side),
        round(centre + _ACROSS * side),
        round(face.bottom * picture.height + _DOWN * side),
        size,
    )
