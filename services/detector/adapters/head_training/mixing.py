"""Heads put together from two: the upper part of one, the lower part of another.

A photo set of masked faces is another set than the one of cooks, and a network would rather learn the studio than the
mask. Where the hair of one photo stands over the chin of another, only the mask tells whether there is a mask.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from services.detector.loaded_pack import LoadedPack

Crop = NDArray[np.uint8]
Eyes = NDArray[np.float32]
"""(2, 2): x and y of both eyes from 0 to 1 of the crop; NaN where they were not found."""

_FACE_MIN = 0.3
# A pair of eyes nearer than this is a profile: it fits nobody else.
_APART_MIN = 0.1
_SEAM = (-0.35, 0.55)
_FEATHER = 0.04


def find_eyes(pack: LoadedPack, crops: NDArray[np.uint8]) -> Eyes:
    """(n, 2, 2). CenterFace's fourth output: five marks a face, eyes first, y before x, in face sizes.

    Args:
        pack: of faces, with the decoder "centerface".
    """
    side = 160
    found = np.full((len(crops), 2, 2), np.nan, np.float32)
    for at, crop in enumerate(crops):
        heat, scale, offset, marks = pack.runner.begin([cv2.resize(crop, (side, side)).astype(np.uint8)])()
        row, column = np.unravel_index(int(heat[0, 0].argmax()), heat.shape[2:])
        if heat[0, 0, row, column] < _FACE_MIN:
            continue
        tall, wide = (float(np.exp(scale[0, part, row, column])) * 4 for part in (0, 1))
        top = (row + float(offset[0, 0, row, column]) + 0.5) * 4 - tall / 2
        left = (column + float(offset[0, 1, row, column]) + 0.5) * 4 - wide / 2
        for eye in (0, 1):
            found[at, eye, 0] = (marks[0, 2 * eye + 1, row, column] * wide + left) / side
            found[at, eye, 1] = (marks[0, 2 * eye, row, column] * tall + top) / side
    apart = np.abs(found[:, 1, 0] - found[:, 0, 0])
    found[apart < _APART_MIN] = np.nan
    return found


def mixed(upper: Crop, upper_eyes: Eyes, lower: Crop, lower_eyes: Eyes, rng: np.random.Generator) -> Crop:
    """The lower head, with what is above the eyes taken from the upper one, eyes on eyes.

    The seam lies between the brows and the root of the nose, and is as soft as the photos are.
    """
    side = lower.shape[0]
    here, there = (eyes.astype(np.float64) * side for eyes in (lower_eyes, upper_eyes))
    turn = complex(*(here[1] - here[0])) / complex(*(there[1] - there[0]))
    moved = complex(*here[0]) - turn * complex(*there[0])
    similarity = np.array([[turn.real, -turn.imag, moved.real], [turn.imag, turn.real, moved.imag]])
    laid = cv2.warpAffine(upper, similarity, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    across = here[1] - here[0]
    width = float(np.hypot(*across))
    down = np.array([-across[1], across[0]]) / width
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    below = (columns - here[0, 0]) * down[0] + (rows - here[0, 1]) * down[1]
    seam = rng.uniform(*_SEAM) * width * 0.5
    share = np.clip((below - seam) / (_FEATHER * side) + 0.5, 0, 1)[..., None].astype(np.float32)
    # The light of both is brought together, or the seam would be an edge in every mixed head.
    light = np.clip((lower.mean((0, 1)) + 20) / (laid.mean((0, 1)) + 20), 0.6, 1.7) ** rng.uniform(0, 1)
    blended = lower * share + np.clip(laid * light, 0, 255) * (1 - share)
    return np.asarray(blended, np.uint8)
