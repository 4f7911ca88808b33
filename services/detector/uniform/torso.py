"""The torso of a person, and what describes it: colours and their arrangement, as numbers that can be compared. Pure.

No weights for kitchen uniforms exist, and five photos cannot train any. What a uniform is in one kitchen, though, is
mostly its colour: the description is a soft histogram of colour and brightness of the upper and the lower half of the
torso and of the direction of its edges (buttons, stripes, an apron's straps), each under Hellinger's square root.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from services.detector.camera_sight import PictureLook
from services.detector.geometry import Box
from services.detector.people import Found, united
from services.detector.picture import Bytes, Canvas, Picture, in_memory

SIDE = 48
# = below this nobody can say what is worn
TORSO_MIN_PX = 24
_COLOURS = 8
_LIGHTS = 6
_DIRECTIONS = 8
_EDGE_SHARE = 0.35
# Of a head's size: from the chin on, and as wide as shoulders.
_BELOW_HEAD, _TALL, _WIDE = 1.05, 1.7, 1.5

DESCRIBES = 2 * (_COLOURS**2 + _LIGHTS) + _DIRECTIONS
# Infrared light has no colour: its chroma planes are flat.
_COLOUR_MIN = 1.5

Description = NDArray[np.float32]
"""(DESCRIBES,) of length 1; the product of two says how alike they are, 0 to 1."""


def packed(description: Description) -> str:
    """As it travels: half precision, base64."""
    return base64.b64encode(description.astype("<f2").tobytes()).decode()


def unpacked(text: str) -> Description:
    """Raises ValueError where it is no description of ours."""
    try:
        numbers = np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from error
    length = float(np.linalg.norm(numbers))
    if numbers.shape != (DESCRIBES,) or not np.isfinite(length) or not 0.9 < length < 1.1:
        raise ValueError(f"a description has {DESCRIBES} numbers and length 1")
    return np.asarray(numbers / length, np.float32)


def has_colour(picture: Picture) -> bool:
    """Whether the camera films in colour now; by night most do not."""
    _, cb, cr = picture.planes.small(2 * 160, 2 * 90)
    return any(float(plane.std()) >= _COLOUR_MIN for plane in (cb, cr))


def torso_of(body: Box, head: Box | None) -> Box:
    """Where the torso is: under the head where there is one, else in the upper half of the body."""
    if head is not None:
        across, down = head.width * _WIDE, head.height * _TALL
        middle, top = head.centre[0], head.top + head.height * _BELOW_HEAD
        return Box(middle - across / 2, top, middle + across / 2, top + down)
    return Box(
        body.left + 0.22 * body.width,
        body.top + 0.2 * body.height,
        body.right - 0.22 * body.width,
        body.top + 0.55 * body.height,
    )


def is_whole(picture: Picture, torso: Box) -> bool:
    """False where it is too small to judge, or less than half of it is in the picture."""
    if min(torso.width * picture.width, torso.height * picture.height) < TORSO_MIN_PX:
        return False
    return torso.clipped().area >= 0.5 * torso.area


def torso_crop(picture: Picture, torso: Box, side: int) -> Canvas:
    """(side, side, 3) RGB."""
    left, right = round(torso.left * picture.width), round(torso.right * picture.width)
    top, bottom = round(torso.top * picture.height), round(torso.bottom * picture.height)
    return picture.crop(left, top, right, bottom, side)


def torsos(picture: Picture, look: PictureLook) -> Iterator[tuple[Box, Box]]:
    """Of each person: the box that names it in `PictureLook.worn`, and where its torso is."""
    heads = [Found(head.box, head.score) for head in look.heads]
    for person in united(look.bodies, heads, picture.aspect):
        head = None if person.head is None else person.head.box
        yield person.box if head is None else head, torso_of(person.box, head)


def describe(picture: Picture, torso: Box) -> Description | None:
    """None where it cannot be judged."""
    return description_of(in_memory(torso_crop(picture, torso, SIDE))) if is_whole(picture, torso) else None


def description_of(torso: Bytes) -> Description:
    """Args: torso: (SIDE, SIDE, 3) RGB."""
    lab = cv2.cvtColor(torso, cv2.COLOR_RGB2LAB).astype(np.float32)
    weights = _weights()
    parts = []
    for half in (np.s_[: SIDE // 2], np.s_[SIDE // 2 :]):
        parts.append(_colours(lab[half], weights[half]))
    parts.append(_EDGE_SHARE * _directions(torso, weights))
    whole = np.concatenate(parts)
    return np.asarray(whole / max(1e-6, float(np.linalg.norm(whole))), np.float32)


def _colours(lab: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    # Kitchens are lit yellow at one end and blue at the other: neighbouring bins are shared softly.
    a, b = ((lab[..., channel] - 96) / 64 * _COLOURS - 0.5 for channel in (1, 2))
    light = lab[..., 0] / 256 * _LIGHTS - 0.5
    colours = _softly(np.stack([a, b], -1).astype(np.float32), (_COLOURS, _COLOURS), weights)
    lights = _softly(light[..., None].astype(np.float32), (_LIGHTS,), weights)
    return np.asarray(np.sqrt(np.concatenate([colours.ravel(), 0.5 * lights.ravel()])), np.float32)


def _softly(places: NDArray[np.float32], shape: tuple[int, ...], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """A histogram in which each value counts for the bins around it."""
    found = np.zeros(shape, np.float32)
    places = np.clip(places, 0, np.array(shape) - 1.001)
    whole = np.floor(places).astype(int)
    rest = places - whole
    for corner in np.ndindex(*(2,) * len(shape)):
        share = np.prod(np.where(np.array(corner) == 1, rest, 1 - rest), axis=-1) * weights
        np.add.at(found, tuple(np.moveaxis(whole + np.array(corner), -1, 0)), share)
    return found / max(1e-6, float(weights.sum()))


def _directions(torso: Bytes, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    grey = cv2.cvtColor(torso, cv2.COLOR_RGB2GRAY)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength, angle = cv2.cartToPolar(across, down)
    bins = (angle / np.pi * _DIRECTIONS).astype(int) % _DIRECTIONS
    found = np.bincount(bins.ravel(), (strength * weights).ravel(), _DIRECTIONS).astype(np.float32)
    return np.asarray(np.sqrt(found / max(1e-6, float(found.sum()))), np.float32)


@cache
def _weights() -> NDArray[np.float32]:
    """The middle counts: what stands behind the shoulders is not worn."""
    line = np.exp(-(np.linspace(-1, 1, SIDE, dtype=np.float32) ** 2) / 0.6)
    return np.asarray(np.outer(np.ones(SIDE, np.float32), line), np.float32)
