"""A decoded picture as the rest of the detector sees it: its pixels, wherever they are, and when it was taken. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from services.detector.geometry import Box

Bytes = NDArray[np.uint8]
Polygon = tuple[tuple[float, float], ...]
# (height, width, 3) uint8 RGB where the pixels are: an array in memory, or a tensor of the GPU that decoded it.
Canvas = Any

# Grey level of what may not be looked at.
MASKED = 114


class Planes(Protocol):
    """Pixels in 4:2:0, in memory or on a GPU. What is `Bytes` is in memory, whatever they are in."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    @property
    def is_full_range(self) -> bool:
        """Luma from 0 to 255 instead of 16 to 235."""
        ...

    def canvas(self, width: int, height: int, masks: Sequence[Polygon]) -> Canvas:
        """All of it in that size, RGB; what lies in `masks` greyed."""
        ...

    def crop(self, left: int, top: int, right: int, bottom: int, size: int) -> Canvas:
        """(size, size, 3) RGB of a part, pixels; what lies outside repeats the border."""
        ...

    def small(self, width: int, height: int) -> tuple[Bytes, Bytes, Bytes]:
        """Luma of that size and both chroma planes of half of it, in full range."""
        ...

    def part(self, left: int, top: int, right: int, bottom: int) -> Bytes:
        """That much of the luma as it was decoded, as far as it lies in the picture."""
        ...

    def every(self, rows: int, columns: int) -> Bytes:
        """Each so manyth pixel of the luma as it was decoded."""
        ...

    def whole(self) -> Bytes:
        """All of the luma as it was decoded. From a GPU this is megabytes: only for who needs every pixel."""
        ...


@dataclass(slots=True)
class Picture:
    """One picture.

    Attributes:
        captured_us: when it was taken, UTC microseconds; received_us: its last byte was here; heard_us: the detector
            had its fragment; decoded_us: it was decoded.
    """

    planes: Planes
    captured_us: int
    pts_90k: int
    received_us: int = 0
    heard_us: int = 0
    decoded_us: int = 0
    run: str = ""
    fragment_sha256: str = ""
    masks: tuple[Polygon, ...] = ()
    _canvases: dict[tuple[int, int], Canvas] = field(default_factory=dict)

    @property
    def width(self) -> int:
        return self.planes.width

    @property
    def height(self) -> int:
        return self.planes.height

    @property
    def aspect(self) -> float:
        return self.width / self.height

    def canvas(self, width: int, height: int) -> Canvas:
        """(height, width, 3) uint8 RGB, parts that may not be looked at greyed; made once for each size."""
        made = self._canvases.get((width, height))
        if made is None:
            made = self._canvases[width, height] = self.planes.canvas(width, height, self.masks)
        return made

    def made(self, width: int, height: int) -> Canvas | None:
        """A canvas of that size if it was made already."""
        return self._canvases.get((width, height))

    def crop(self, left: int, top: int, right: int, bottom: int, size: int) -> Canvas:
        return self.planes.crop(left, top, right, bottom, size)

    def sharpness(self, box: Box) -> float:
        """Mean absolute second difference of the luma in that part, levels; 0 where it is empty."""
        left, top = int(box.left * self.width), int(box.top * self.height)
        part = self.planes.part(left, top, int(box.right * self.width) + 1, int(box.bottom * self.height) + 1)
        if min(part.shape) < 5:
            return 0.0
        small = cv2.resize(part, (48, 48), interpolation=cv2.INTER_AREA if min(part.shape) > 48 else cv2.INTER_LINEAR)
        return float(np.abs(cv2.Laplacian(small, cv2.CV_16S)).mean())


def in_memory(canvas: Canvas) -> Bytes:
    """A canvas as an array, wherever it was made."""
    return np.asarray(canvas.cpu().numpy() if hasattr(canvas, "cpu") else canvas, np.uint8)
