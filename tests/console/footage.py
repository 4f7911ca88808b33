"""A short film for a camera of a test: the brightness of each picture tells its place."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

RATE = 25
GOP = 25
SECONDS = 8


def film(path: Path, *, b_frames: int) -> Path:
    """640x360 H.264; with `b_frames` the pictures are decoded in another order than shown."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {
            "preset": "veryfast",
            "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes={b_frames}:b-adapt=0:open-gop=0",
        }
        for number in range(RATE * SECONDS):
            picture = np.full((360, 640, 3), 40 + number % 100 * 2, np.uint8)
            picture[:, number * 4 % 600 : number * 4 % 600 + 40] = (255, 120, 0)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path
