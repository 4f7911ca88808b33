"""The pixels of a picture in memory, planes as the decoder left them, and what is made of them. Pure.

Nothing is converted at full size. A canvas for a model is made by resizing the three planes and converting the small
picture; a head is cut out of the planes and only the cut is converted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from services.detector.picture import MASKED, Bytes, Polygon

# Full range (JPEG) to the range of television, which the conversion expects.
_LUMA_LUT = np.clip(np.rint(16 + np.arange(256) * 219 / 255), 0, 255).astype(np.uint8)
_CHROMA_LUT = np.clip(np.rint(128 + (np.arange(256) - 128) * 224 / 255), 0, 255).astype(np.uint8)
_WIDEN_LUT = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(np.uint8)


@dataclass(slots=True)
class MemoryPlanes:
    """4:2:0.

    Attributes:
        luma: (height, width) uint8.
        cb, cr: (height/2, width/2) uint8, rounded up.
        is_full_range: luma from 0 to 255 instead of 16 to 235.
    """

    luma: Bytes
    cb: Bytes
    cr: Bytes
    is_full_range: bool = False

    @property
    def width(self) -> int:
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        return int(self.luma.shape[0])

    def canvas(self, width: int, height: int, masks: Sequence[Polygon]) -> Bytes:
        made = _rgb(self._planes(width, height), width, height)
        _grey_out(made, masks)
        return made

    def crop(self, left: int, top: int, right: int, bottom: int, size: int) -> Bytes:
        # On whole chroma samples.
        left, top = left & ~1, top & ~1
        right, bottom = max(left + 2, right + (right & 1)), max(top + 2, bottom + (bottom & 1))
        planes = (
            _cut(self.luma, left, top, right, bottom),
            _cut(self.cb, left // 2, top // 2, right // 2, bottom // 2),
            _cut(self.cr, left // 2, top // 2, right // 2, bottom // 2),
        )
        resized = [_resized(plane, (size if at == 0 else size // 2,) * 2) for at, plane in enumerate(planes)]
        return _rgb(self._in_range(resized), size, size)

    def small(self, width: int, height: int) -> tuple[Bytes, Bytes, Bytes]:
        half = (width // 2, height // 2)
        luma, cb, cr = (
            _resized(plane, size)
            for plane, size in zip((self.luma, self.cb, self.cr), ((width, height), half, half), strict=True)
        )
        return (luma, cb, cr) if self.is_full_range else (widened(luma), cb, cr)

    def part(self, left: int, top: int, right: int, bottom: int) -> Bytes:
        return self.luma[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]

    def every(self, rows: int, columns: int) -> Bytes:
        return np.ascontiguousarray(self.luma[::rows, ::columns])

    def whole(self) -> Bytes:
        return self.luma

    def _planes(self, width: int, height: int) -> list[Bytes]:
        half = (width // 2, height // 2)
        return self._in_range([_resized(self.luma, (width, height)), _resized(self.cb, half), _resized(self.cr, half)])

    def _in_range(self, planes: list[Bytes]) -> list[Bytes]:
        if not self.is_full_range:
            return planes
        return [
            np.asarray(cv2.LUT(plane, _CHROMA_LUT if at else _LUMA_LUT), np.uint8) for at, plane in enumerate(planes)
        ]


def widened(luma: Bytes) -> Bytes:
    """The range of television to full range."""
    return np.asarray(cv2.LUT(luma, _WIDEN_LUT), np.uint8)


def _resized(plane: Bytes, size: tuple[int, int]) -> Bytes:
    if (plane.shape[1], plane.shape[0]) == size:
        return plane
    is_smaller = plane.shape[1] >= size[0] and plane.shape[0] >= size[1]
    way = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, size, interpolation=way), np.uint8)


def _rgb(planes: Sequence[Bytes], width: int, height: int) -> Bytes:
    stacked = np.empty((height * 3 // 2, width), np.uint8)
    stacked[:height] = planes[0]
    quarter = width * height // 4
    chroma = stacked[height:].reshape(-1)
    chroma[:quarter] = planes[1].reshape(-1)
    chroma[quarter:] = planes[2].reshape(-1)
    return np.asarray(cv2.cvtColor(stacked, cv2.COLOR_YUV2RGB_I420), np.uint8)


def _cut(plane: Bytes, left: int, top: int, right: int, bottom: int) -> Bytes:
    height, width = plane.shape
    inside = plane[max(0, top) : min(bottom, height), max(0, left) : min(right, width)]
    if inside.size == 0:
        return np.full((bottom - top, right - left), 128, np.uint8)
    edges = (max(0, -top), max(0, bottom - height), max(0, -left), max(0, right - width))
    if not any(edges):
        return np.ascontiguousarray(inside)
    return np.asarray(cv2.copyMakeBorder(np.ascontiguousarray(inside), *edges, cv2.BORDER_REPLICATE), np.uint8)


def _grey_out(canvas: Bytes, masks: Sequence[Polygon]) -> None:
    height, width = canvas.shape[:2]
    for polygon in masks:
        corners = np.array([(round(x * width), round(y * height)) for x, y in polygon], np.int32)
        cv2.fillPoly(canvas, [corners], (MASKED, MASKED, MASKED))
