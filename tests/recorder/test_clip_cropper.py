"""A part of a clip: the right pixels, every picture at its time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import numpy as np
import pytest

from services.recorder.adapters.clip_cropper import cropped, pixels
from shared.errors import RequestRefused

WIDTH, HEIGHT, RATE, COUNT = 1280, 720, 10, 30


def film(path: Path) -> None:
    """Dark, and a bright square of 100 pixels that stands at 900, 500."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
        picture[450:550, 850:950] = 230
        for _ in range(COUNT):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())


def test_the_part_is_shown_picture_by_picture(tmp_path: Path) -> None:
    whole, part = tmp_path / "whole.mp4", tmp_path / "part.mp4"
    film(whole)
    size_bytes, digest = cropped(whole, part, (900 / WIDTH - 0.2, 500 / HEIGHT - 0.2, 0.4, 0.4))
    data = part.read_bytes()
    assert (size_bytes, digest) == (len(data), hashlib.sha256(data).hexdigest())
    with av.open(str(part)) as file:
        frames = list(file.decode(video=0))
        times = [float(frame.pts * frame.time_base) for frame in frames]
    assert times == pytest.approx([number / RATE for number in range(COUNT)], abs=0.001)
    shown = frames[-1].to_ndarray(format="gray")
    assert shown.shape == (288, 512)
    bright = np.argwhere(shown > 120)
    # The middle of the square is the middle of the part.
    assert bright.mean(axis=0) == pytest.approx((144, 256), abs=3)
    assert len(bright) == pytest.approx(100 * 100, rel=0.06)


@pytest.mark.parametrize(
    ("crop", "expected"),
    [
        ((0.0, 0.0, 0.01, 0.01), (320, 180, 0, 0)),
        ((0.99, 0.99, 0.01, 0.01), (320, 180, 960, 540)),
        ((0.0, 0.0, 1.0, 1.0), (1280, 720, 0, 0)),
        ((-0.5, -0.5, 3.0, 3.0), (1280, 720, 0, 0)),
    ],
)
def test_it_stays_inside_the_picture(crop: tuple[float, float, float, float], expected: tuple[int, ...]) -> None:
    assert pixels(crop, WIDTH, HEIGHT) == expected
    wide, high, x, y = pixels(crop, 161, 97)
    assert (wide + x <= 161, high + y <= 97, wide % 2, high % 2, x % 2, y % 2) == (True, True, 0, 0, 0, 0)


def test_what_is_no_film_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.mp4").write_bytes(b"no film")
    with pytest.raises(RequestRefused, match="cannot be decoded"):
        cropped(tmp_path / "none.mp4", tmp_path / "out.mp4", (0, 0, 1, 1))
