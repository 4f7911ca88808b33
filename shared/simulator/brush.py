"""Draws flat shapes with smooth edges: everything is drawn larger and reduced at the end."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

Colour = tuple[int, int, int] | tuple[int, int, int, int]
Point = tuple[float, float]


class Brush:
    """A canvas of width x height pixels. All coordinates are in those pixels, whatever the oversampling.

    With a ground it is opaque, and a colour's fourth part says how much it covers. Without one it is transparent, and
    the fourth part is taken over: nothing is blended with what was drawn before.
    """

    def __init__(self, width: int, height: int, oversampling: int = 3, ground: Colour | None = None):
        self._scale = oversampling
        size = (width * oversampling, height * oversampling)
        self.image = Image.new("RGBA", size) if ground is None else Image.new("RGB", size, ground)
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    def box(self, x: float, y: float, width: float, height: float, colour: Colour, radius: float = 0) -> None:
        scale = self._scale
        corners = (x * scale, y * scale, (x + width) * scale - 1, (y + height) * scale - 1)
        self._draw.rounded_rectangle(corners, radius * scale, fill=colour)

    def shade(self, x: float, y: float, width: float, height: float, top: Colour, bottom: Colour) -> None:
        """A box whose colour runs from top to bottom."""
        scale = self._scale
        for row in range(round(y * scale), round((y + height) * scale)):
            part = (row / scale - y) / height
            colour = tuple(round(a + (b - a) * part) for a, b in zip(top, bottom, strict=True))
            self._draw.line((x * scale, row, (x + width) * scale - 1, row), fill=colour)

    def oval(self, x: float, y: float, radius_x: float, radius_y: float, colour: Colour) -> None:
        """Around its centre."""
        scale = self._scale
        self._draw.ellipse(
            ((x - radius_x) * scale, (y - radius_y) * scale, (x + radius_x) * scale, (y + radius_y) * scale),
            fill=colour,
        )

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        self._draw.polygon([(x * self._scale, y * self._scale) for x, y in points], fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """With round ends and joints."""
        scale = self._scale
        scaled = [(x * scale, y * scale) for x, y in points]
        self._draw.line(scaled, fill=colour, width=max(1, round(width * scale)), joint="curve")
        radius = width * scale / 2
        if radius > 1:
            for x, y in (scaled[0], scaled[-1]):
                self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def stamp(self, picture: Image.Image, x: float, y: float, width: float, height: float) -> None:
        """Lay an RGBA picture over, stretched. On a transparent canvas only."""
        scale = self._scale
        size = (round(width * scale), round(height * scale))
        resized = picture.resize(size, Image.Resampling.LANCZOS)
        self.image.alpha_composite(resized, (round(x * scale), round(y * scale)))

    def finish(self) -> Image.Image:
        return self.image.reduce(self._scale)
