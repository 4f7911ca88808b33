"""Where a picture differs from the empty room: a background at the picture's own size, learned as it goes. Pure.

A rodent far away is six pixels: nothing is made smaller before it is looked for. The background is a running mean; how
much each part flickers by itself is learned too, and has to be exceeded. A light that is switched, or a camera that
changes its gain, changes everything at once: then the background begins anew and nothing is said for a while.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from services.detector.picture import Bytes

# Blobs: sides in pixels of the picture.
SMALL_FROM_PX, SMALL_TO_PX = 4, 60
_AREA_MIN_PX = 9
_LEVELS_MIN = 9.0
_NOISES = 3.2
_FLICKERS = 4.0
_FLICKER_SCALE = 8
# Share of the picture that changes when it is the light that changed.
_EVERYTHING = 0.25
_BLIND_US = 3_000_000
_BLOBS_MAX = 40
_MEMORY_S = 12.0
_LEARN_US = 4_000_000
# = the hole after which the room may be another
_HOLE_US = 5_000_000


@dataclass(frozen=True, slots=True)
class Blob:
    """A part that differs.

    Attributes:
        x, y: its centre; width, height: pixels; area: pixels that differ.
        contrast: how much brighter than the empty room it is, levels; below 0: darker.
    """

    x: float
    y: float
    width: float
    height: float
    area: float
    contrast: float

    @property
    def side(self) -> float:
        return max(self.width, self.height)

    @property
    def is_small(self) -> bool:
        return SMALL_FROM_PX <= self.side <= SMALL_TO_PX


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs in one picture; `is_blind`: nothing can be said of it."""

    blobs: tuple[Blob, ...]
    is_blind: bool


_BLIND = Changes((), True)


class EmptyRoom:
    """Of one camera."""

    def __init__(self) -> None:
        self._mean: NDArray[np.float32] | None = None
        self._flicker: NDArray[np.float32] | None = None
        self._at_us = 0
        self._learned_us = 0
        self._blind_until_us = 0

    def look(self, luma: Bytes, at_us: int) -> Changes:
        """Args: luma: (height, width) as it was decoded."""
        passed_us = at_us - self._at_us
        self._at_us = at_us
        smooth = cv2.blur(luma, (3, 3))
        if self._mean is None or self._mean.shape != luma.shape or not 0 < passed_us < _HOLE_US:
            self._begin(smooth, at_us)
            return _BLIND
        room = cv2.convertScaleAbs(self._mean)
        shift = float(np.median(cv2.subtract(smooth[::16, ::16], room[::16, ::16], dtype=cv2.CV_16S)))
        difference = cv2.absdiff(smooth, cv2.add(room, np.array([round(shift)], np.float64)))
        small = cv2.resize(
            difference, (luma.shape[1] // _FLICKER_SCALE, luma.shape[0] // _FLICKER_SCALE), interpolation=cv2.INTER_AREA
        ).astype(np.float32)
        assert self._flicker is not None
        noise = float(np.median(small))
        if float((small > max(_LEVELS_MIN, 3 * noise)).mean()) > _EVERYTHING or abs(shift) > 25:
            self._begin(smooth, at_us)
            self._blind_until_us = at_us + _BLIND_US
            return _BLIND
        changed = self._changed(difference, noise)
        self._learn(smooth, small, changed, min(1.0, passed_us / 1e6 / _MEMORY_S))
        if at_us < max(self._blind_until_us, self._learned_us):
            return _BLIND
        return self._found(changed, smooth, room, shift)

    def _begin(self, smooth: NDArray[Any], at_us: int) -> None:
        self._mean = smooth.astype(np.float32)
        self._flicker = np.zeros((smooth.shape[0] // _FLICKER_SCALE, smooth.shape[1] // _FLICKER_SCALE), np.float32)
        self._learned_us = at_us + _LEARN_US

    def _changed(self, difference: NDArray[Any], noise: float) -> Bytes:
        """(height, width) 255 where it differs by more than noise and the flicker of that part."""
        assert self._flicker is not None
        size = (difference.shape[1], difference.shape[0])
        level = max(_LEVELS_MIN, _NOISES * noise)
        bound = cv2.convertScaleAbs(np.maximum(level, np.minimum(120.0, _FLICKERS * self._flicker)))
        over = cv2.compare(difference, cv2.resize(bound, size, interpolation=cv2.INTER_LINEAR), cv2.CMP_GT)
        return np.asarray(cv2.morphologyEx(over, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)), np.uint8)

    def _learn(self, smooth: NDArray[Any], small: NDArray[np.float32], changed: Bytes, share: float) -> None:
        assert self._mean is not None
        assert self._flicker is not None
        # What stands where it did not stand before becomes part of the room, slowly.
        cv2.accumulateWeighted(smooth, self._mean, share, cv2.bitwise_not(changed))
        cv2.accumulateWeighted(smooth, self._mean, share / 4, changed)
        cv2.accumulateWeighted(small, self._flicker, share / 2)

    def _found(self, changed: Bytes, smooth: NDArray[Any], room: NDArray[Any], shift: float) -> Changes:
        count, labels, stats, centres = cv2.connectedComponentsWithStats(changed, connectivity=8)
        big = [at for at in range(1, count) if stats[at, cv2.CC_STAT_AREA] >= _AREA_MIN_PX]
        if len(big) > _BLOBS_MAX:
            return _BLIND
        blobs = []
        for at in big:
            left, top, width, height, area = (int(value) for value in stats[at])
            part = np.s_[top : top + height, left : left + width]
            inside = labels[part] == at
            contrast = float((smooth[part][inside].astype(np.float32) - room[part][inside]).mean()) - shift
            x, y = (float(one) for one in centres[at])
            blobs.append(Blob(x, y, width, height, area, contrast))
        return Changes(tuple(blobs), False)
