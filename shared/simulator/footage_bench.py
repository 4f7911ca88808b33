"""Footage for measuring: 1080p25 H.264 at 4 Mbit/s, two seconds a GOP, ten seconds a loop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from shared.simulator.footage_writer import Encoding, FootageWriter
from shared.simulator.picture_index import Pixels, burn_index

_VERSION = 1
_WIDTH, _HEIGHT, _PICTURES = 1920, 1080, 250


def bench_footage(cache_dir: Path) -> Path:
    """The file; composed where it is not there yet (about 15 s).

    Pictures weigh about 20 kB and IDRs about 120 kB, as of a camera that films a busy room: a textured ground that
    moves slowly, shapes that move quickly, and noise as of a sensor.
    """
    path = cache_dir / f"bench-1080p25-4m-v{_VERSION}.mov"
    if not path.exists():
        encoding = Encoding(_WIDTH, _HEIGHT, frame_rate=25, gop_pictures=50, bitrate_kbps=4000, is_constant=True)
        with FootageWriter(path, encoding) as writer:
            for pixels in _pictures():
                writer.add(pixels)
            writer.finish()
    return path


def _pictures() -> Iterator[Pixels]:
    random = np.random.default_rng(7)
    coarse = random.integers(40, 200, (_HEIGHT // 8 + 80, _WIDTH // 8 + 80, 3), dtype=np.uint8)
    ground = coarse.repeat(8, axis=0).repeat(8, axis=1)
    noise = [random.integers(-3, 4, (_HEIGHT, _WIDTH, 1), dtype=np.int8) for _ in range(5)]
    shapes = [
        (random.integers(60, 200, 3).astype(np.uint8), *random.uniform(0.0, 6.28, 2), size)
        for size in range(60, 220, 20)
    ]
    for index in range(_PICTURES):
        turn = 2 * np.pi * index / _PICTURES  # everything comes back to where it was: a loop without a jump
        top, left = round(160 + 150 * np.sin(turn)), round(160 + 150 * np.cos(turn))
        pixels = ground[top : top + _HEIGHT, left : left + _WIDTH].copy()
        for colour, phase_x, phase_y, size in shapes:
            x = round((_WIDTH - size) * (0.5 + 0.49 * np.sin(3 * turn + phase_x)))
            y = round((_HEIGHT - size) * (0.5 + 0.49 * np.sin(2 * turn + phase_y)))
            pixels[y : y + size, x : x + size] = colour
        pixels = (pixels.astype(np.int16) + noise[index % 5]).clip(0, 255).astype(np.uint8)
        burn_index(pixels, index)
        yield pixels
