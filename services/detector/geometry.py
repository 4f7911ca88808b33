"""Boxes and polygons in a picture, 0 to 1 from its left and upper edge. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from shared.messages.detector import SeenBox

_DECIMALS = 5


@dataclass(frozen=True, slots=True)
class Box:
    """Left, upper, right and lower edge, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def feet(self) -> tuple[float, float]:
        """Where a person of that box stands."""
        return (self.left + self.right) / 2, self.bottom

    def shared(self, other: Box) -> float:
        """Area of what both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    def overlap(self, other: Box) -> float:
        """Intersection over union, 0 to 1."""
        shared = self.shared(other)
        whole = self.area + other.area - shared
        return shared / whole if whole > 0.0 else 0.0

    def moved(self, across: float, down: float) -> Box:
        return Box(self.left + across, self.top + down, self.right + across, self.bottom + down)

    def widened_to(self, columns: int, rows: int) -> Box:
        """The smallest box of whole cells that holds it, where the picture is divided into so many."""
        return Box(
            floor(self.left * columns) / columns,
            floor(self.top * rows) / rows,
            ceil(self.right * columns) / columns,
            ceil(self.bottom * rows) / rows,
        )

    def clipped(self) -> Box:
        """The part of it that lies in the picture."""
        left, top = min(max(self.left, 0.0), 1.0), min(max(self.top, 0.0), 1.0)
        return Box(left, top, min(max(self.right, left), 1.0), min(max(self.bottom, top), 1.0))


def seen_box(box: Box) -> SeenBox:
    """As it is told."""
    return SeenBox(
        x=round(box.left, _DECIMALS),
        y=round(box.top, _DECIMALS),
        width=round(box.width, _DECIMALS),
        height=round(box.height, _DECIMALS),
    )


def is_inside(point: tuple[float, float], polygon: Sequence[tuple[float, float]]) -> bool:
    """Whether a point lies in a polygon: an odd number of its edges is crossed by a ray to the right."""
    x, y = point
    is_in = False
    before = polygon[-1]
    for corner in polygon:
        if (corner[1] > y) != (before[1] > y):
            crossing = (before[0] - corner[0]) * (y - corner[1]) / (before[1] - corner[1]) + corner[0]
            if x < crossing:
                is_in = not is_in
        before = corner
    return is_in


def distinct(found: Iterable[tuple[Box, float]], overlap_max: float) -> list[tuple[Box, float]]:
    """The best of boxes that lie over each other (greedy non-maximum suppression), the surest first."""
    kept: list[tuple[Box, float]] = []
    for box, score in sorted(found, key=lambda one: -one[1]):
        if all(box.overlap(other) <= overlap_max for other, _ in kept):
            kept.append((box, score))
    return kept
