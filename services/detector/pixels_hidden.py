"""Makes parts of a picture unrecognisable for good: a few blocks of one colour each, in few shades. Pure.

A face is two to three blocks across, which keeps fewer numbers than any method of restoring needs: what such a method
paints is an invented face. Nothing finer is kept anywhere, so there is nothing to be undone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.detector.geometry import Box
from services.detector.picture import Bytes

# Along the longer side of what is hidden.
_BLOCKS = 4
_BLOCK_MIN_PX = 8
_SHADES = 16


def hidden(rgb: Bytes, parts: Sequence[Box], blocks: int = _BLOCKS) -> Bytes:
    """Args: rgb: (height, width, 3); it is not changed. blocks: 1: each part is of one colour."""
    made = rgb.copy()
    height, width = made.shape[:2]
    for box in parts:
        left, top = int(box.left * width), int(box.top * height)
        right, bottom = int(np.ceil(box.right * width)), int(np.ceil(box.bottom * height))
        part = made[max(0, top) : bottom, max(0, left) : right]
        if part.size:
            _coarse(part, blocks)
    return made


def _coarse(part: Bytes, blocks: int) -> None:
    """In place."""
    height, width = part.shape[:2]
    side = max(_BLOCK_MIN_PX, -(-max(height, width) // blocks))
    for top in range(0, height, side):
        for left in range(0, width, side):
            block = part[top : top + side, left : left + side]
            shade = 256 // _SHADES
            block[:] = (block.mean(axis=(0, 1)) // shade * shade + shade // 2).astype(np.uint8)
