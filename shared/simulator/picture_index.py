"""A picture's number in its loop, burned into the picture so that a program can read it back from any screen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

INDEX_BITS = 16
BLOCKS = INDEX_BITS + 1
BLOCKS_PER_WIDTH = 60  # a block is 32 px wide at 1920, 21.3 at 1280, 10.7 at 640
MAX_INDEX = 43_689  # Gray code 0xFFFF would be all white, which is what a blank screen looks like

_DARK, _LIGHT = 96, 160  # what lies between is not read: no picture there, or one in transition

Pixels = NDArray[np.uint8]


def burn_index(pixels: Pixels, index: int) -> None:
    """Draw `index` into the top left corner of an RGB array (height, width, 3), in place.

    The pattern: a row of 17 square blocks, each 1/60 of the picture's width, beginning at the corner. Blocks 0 to 15
    are the index in Gray code (two pictures blended differ in one block), highest bit first, white = 1. Block 16 is
    odd parity: the 17 blocks hold an odd number of white ones, so that a black screen is no index. `read_index` is
    the other direction and works at any size.
    """
    if not 0 <= index <= MAX_INDEX:
        raise ValueError(f"picture index {index} does not fit")
    gray = index ^ index >> 1
    bits = [gray >> shift & 1 for shift in range(INDEX_BITS - 1, -1, -1)]
    bits.append(1 ^ sum(bits) & 1)
    edges = [round(number * pixels.shape[1] / BLOCKS_PER_WIDTH) for number in range(BLOCKS + 1)]
    for number, bit in enumerate(bits):
        pixels[: edges[1], edges[number] : edges[number + 1]] = 255 if bit else 0


def read_index(pixels: Pixels) -> int | None:
    """The index in an RGB array of any size, None where there is none that can be trusted."""
    side = pixels.shape[1] / BLOCKS_PER_WIDTH
    inner = slice(round(side * 0.3), max(round(side * 0.7), round(side * 0.3) + 1))
    bits = []
    for number in range(BLOCKS):
        left = number * side
        columns = slice(round(left + side * 0.3), max(round(left + side * 0.7), round(left + side * 0.3) + 1))
        brightness = float(pixels[inner, columns].mean())
        if _DARK < brightness < _LIGHT:
            return None
        bits.append(int(brightness >= _LIGHT))
    if not sum(bits) & 1 or all(bits):
        return None
    index = 0
    for bit in bits[:INDEX_BITS]:  # from Gray code: each bit is the one before it, flipped where the code has a 1
        index = index << 1 | (index & 1 ^ bit)
    return index
