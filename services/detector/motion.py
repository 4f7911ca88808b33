"""What large moves in a picture, at any hour: the third witness beside bodies and heads. Pure.

A worker seen from straight above has no body that a model knows, and under a hat and a mask no face. They move, though.
The picture is looked at small (160 by 90): who is large enough to be a person shows there, and it costs nothing. What
moves differs both from the room as it usually is and from the picture before: a bag that was put down, and the hole
where one was taken away, do not.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from services.detector.geometry import Box, is_inside
from services.detector.picture import Bytes, Polygon

_MEMORY_S = 20.0
_LEVELS_MIN = 12.0
_NOISES = 5.0
# Shares of the picture: a person far away; and everything, when it is the light that changed.
_AREA_MIN = 0.004
_EVERYTHING = 0.35
_SIDE_MIN = 5
_MOVES_NOW = 0.15
# = the hole after which the room may be another
_HOLE_US = 10_000_000
_BOXES_MAX = 12


class Motion:
    """Of one camera. Args: masks: parts that are not looked at."""

    def __init__(self, masks: Sequence[Polygon] = ()):
        self._masks = tuple(masks)
        self._room: NDArray[np.float32] | None = None
        self._last: Bytes | None = None
        self._at_us = 0
        self._looks = 0

    def forget(self) -> None:
        """The picture cannot be judged: what is shown is not the room."""
        self._room = None

    def look(self, small: Bytes, at_us: int) -> tuple[Box, ...]:
        """Args: small: luma of the whole picture in a size of its own. Returns the largest first."""
        passed_us, self._at_us = at_us - self._at_us, at_us
        smooth = np.asarray(cv2.blur(small, (3, 3)), np.uint8)
        room, last, self._last = self._room, self._last, smooth
        if room is None or last is None or room.shape != smooth.shape or not 0 < passed_us < _HOLE_US:
            self._room, self._looks = smooth.astype(np.float32), 0
            return ()
        usual = cv2.convertScaleAbs(room)
        # A lamp or the camera's gain changes all of it alike.
        shift = int(np.median(smooth[::4, ::4].astype(np.int16) - usual[::4, ::4]))
        away = cv2.absdiff(smooth, np.clip(usual.astype(np.int16) + shift, 0, 255).astype(np.uint8))
        bound = max(_LEVELS_MIN, _NOISES * float(np.median(away)))
        differs = np.asarray(away > bound, np.uint8)
        if float(differs.mean()) > _EVERYTHING:
            self._room, self._looks = smooth.astype(np.float32), 0
            return ()
        share = min(1.0, passed_us / 1e6 / _MEMORY_S)
        cv2.accumulateWeighted(smooth, room, share, 1 - differs)
        cv2.accumulateWeighted(smooth, room, share / 4, differs)
        self._looks += 1
        moves = np.asarray(cv2.absdiff(smooth, last) > bound / 2, np.uint8)
        return self._boxes(np.asarray(cv2.morphologyEx(differs, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))), moves)

    def _boxes(self, differs: Bytes, moves: Bytes) -> tuple[Box, ...]:
        height, width = differs.shape
        count, labels, stats, _ = cv2.connectedComponentsWithStats(differs, connectivity=8)
        found = []
        for at in range(1, count):
            left, top, across, down, area = (int(value) for value in stats[at])
            if area < _AREA_MIN * differs.size or min(across, down) < _SIDE_MIN:
                continue
            part = np.s_[top : top + down, left : left + across]
            if float(moves[part][labels[part] == at].mean()) < _MOVES_NOW:
                continue
            box = Box(left / width, top / height, (left + across) / width, (top + down) / height)
            if not any(is_inside(box.centre, mask) for mask in self._masks):
                found.append((area, box))
        return tuple(box for _, box in sorted(found, key=lambda one: -one[0])[:_BOXES_MAX])
