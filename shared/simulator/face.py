"""A person's head for drawn workers, from the public-domain NASA portrait that scikit-image brings along."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from skimage import data

_LEFT, _TOP, _WIDTH, _HEIGHT = 148, 8, 164, 166  # of the head in the 512 x 512 portrait
_HAIR = [
    (30, 126), (16, 112), (7, 92), (6, 68), (14, 44), (30, 26), (50, 15), (80, 8), (110, 14), (133, 30), (147, 54),
    (152, 84), (144, 108), (130, 126),
]  # fmt: skip
_FACE = (28, 58, 124, 160)  # the ellipse around forehead, cheeks and chin
_DARK_HAIR = (0.34, 0.31, 0.32)


def _portrait() -> NDArray[np.uint8]:
    return np.asarray(data.astronaut())  # type: ignore[no-untyped-call]


@cache
def head(number: int) -> Image.Image:
    """RGBA head with hair; other numbers are other people's colouring, and every second looks the other way."""
    portrait = _portrait()[_TOP : _TOP + _HEIGHT, _LEFT : _LEFT + _WIDTH].astype(np.float32)
    face, whole = _masks()
    dark = portrait.mean(axis=2, keepdims=True) * np.asarray(_DARK_HAIR, np.float32)
    skin = portrait * np.asarray(_SKIN_TINTS[number % len(_SKIN_TINTS)], np.float32)
    amount = np.asarray(face, np.float32)[..., None] / 255
    # Hair that falls into the face's ellipse is told from skin by being darker and less red.
    is_hair = np.clip((178 - portrait[..., :1]) / 30, 0, 1)
    reach = np.clip(1 - (np.arange(_HEIGHT)[:, None, None] - 72) / 14, 0, 1)
    amount = amount * (1 - is_hair * reach)
    rgb = (dark * (1 - amount) + skin * amount).clip(0, 255).astype(np.uint8)
    result = Image.fromarray(rgb).convert("RGBA")
    result.putalpha(whole)
    return result.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if number % 2 else result


_SKIN_TINTS = ((1.0, 0.96, 0.9), (0.93, 0.87, 0.78), (1.02, 0.99, 0.95), (0.88, 0.81, 0.71))


@cache
def _masks() -> tuple[Image.Image, Image.Image]:
    """(face, head with hair), 8-bit masks with soft edges."""
    face = Image.new("L", (_WIDTH, _HEIGHT))
    ImageDraw.Draw(face).ellipse(_FACE, fill=255)
    whole = face.copy()
    ImageDraw.Draw(whole).polygon(_HAIR, fill=255)
    return face.filter(ImageFilter.GaussianBlur(3)), whole.filter(ImageFilter.GaussianBlur(1.6))
