"""One hour on a sheet: a small picture a minute, ten to a row."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

CELL_WIDTH, CELL_HEIGHT = 160, 90
COLUMNS, ROWS = 10, 6
MINUTES = COLUMNS * ROWS
MINUTE_US = 60_000_000
_DARK = (16, 20, 25)


class Sheet:
    """Filled picture by picture, so that only one is in memory at full size."""

    def __init__(self) -> None:
        self._image = Image.new("RGB", (CELL_WIDTH * COLUMNS, CELL_HEIGHT * ROWS), _DARK)
        self._filled = [False] * MINUTES

    @property
    def filled(self) -> Sequence[bool]:
        """Which minutes have a picture."""
        return tuple(self._filled)

    def place(self, minute: int, picture: Image.Image) -> None:
        """Its proportions stay: what does not fill the cell leaves it dark."""
        picture.draft("RGB", (CELL_WIDTH, CELL_HEIGHT))
        scale = min(CELL_WIDTH / picture.width, CELL_HEIGHT / picture.height)
        small = picture.resize(
            (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))), Image.Resampling.BILINEAR,
            reducing_gap=2.0,
        )  # fmt: skip
        row, column = divmod(minute, COLUMNS)
        left = column * CELL_WIDTH + (CELL_WIDTH - small.width) // 2
        top = row * CELL_HEIGHT + (CELL_HEIGHT - small.height) // 2
        self._image.paste(small, (left, top))
        self._filled[minute] = True

    def jpeg(self) -> bytes:
        out = io.BytesIO()
        self._image.save(out, "JPEG", quality=70)
        return out.getvalue()
