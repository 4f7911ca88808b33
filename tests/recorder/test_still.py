"""Stills: the picture that was shown, at its full size, or why there is none."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from services.recorder.adapters.still import first_picture, still
from services.recorder.thumbnails import CELL_HEIGHT, CELL_WIDTH, Sheet
from shared.errors import RequestRefused
from tests.recorder.recorded_video import BEGAN_US, footage, number_of


def shown(data: bytes) -> int:
    luma = np.asarray(Image.open(io.BytesIO(data)).convert("YCbCr"))[:, :, 0]
    # Pictures are full range, video is 16 to 235.
    return number_of(float(luma.mean()) * 219 / 255 + 16)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize(("at_ms", "number"), [(0, 0), (39, 0), (40, 1), (500, 12), (999, 24), (5000, 24), (-300, 0)])
def test_the_picture_that_was_shown_then(codec: str, b_frames: int, at_ms: int, number: int) -> None:
    gop = footage(1, codec=codec, b_frames=b_frames)[0]
    found = still(gop, BEGAN_US + at_ms * 1000, "png")
    assert shown(found.data) == number
    assert found.captured_us == BEGAN_US + number * 40_000
    assert (found.width, found.height) == (160, 96)


def test_smaller_keeps_its_proportions_and_is_never_larger() -> None:
    gop = footage(1)[0]
    assert (still(gop, BEGAN_US, max_width=80).width, still(gop, BEGAN_US, max_width=80).height) == (80, 48)
    assert still(gop, BEGAN_US, max_width=4000).width == 160


@pytest.mark.parametrize("damage", [lambda data: data[:700], lambda data: b"\0" * len(data), lambda data: b""])
def test_broken_bytes_are_refused_in_words(damage: object) -> None:
    gop = footage(1)[0]
    broken = replace(gop, data=damage(gop.data))  # type: ignore[operator]
    with pytest.raises(RequestRefused, match="cannot be decoded"):
        still(broken, BEGAN_US)
    with pytest.raises(RequestRefused, match="cannot be decoded"):
        first_picture(broken)


def test_a_sheet_has_each_picture_in_its_minute() -> None:
    sheet = Sheet()
    sheet.place(0, Image.new("RGB", (1920, 1080), (255, 255, 255)))
    sheet.place(23, Image.new("RGB", (1080, 1920), (255, 255, 255)))
    image = Image.open(io.BytesIO(sheet.jpeg()))
    assert image.size == (1600, 540)
    assert [minute for minute, is_filled in enumerate(sheet.filled) if is_filled] == [0, 23]

    def grey(column: int, row: int, x: int) -> int:
        return int(image.convert("L").getpixel((column * CELL_WIDTH + x, row * CELL_HEIGHT + 45)))  # type: ignore[arg-type]

    assert grey(0, 0, 2) > 240
    assert grey(3, 2, 80) > 240
    assert grey(3, 2, 2) < 40  # an upright picture leaves bars
    assert grey(5, 5, 80) < 40
