"""What tests/peers/gst_camera.py was given to play."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
_HEAD = struct.Struct("<dI")


@dataclass(frozen=True)
class Heard:
    """One packet: when it was there, seconds of the wall clock, and its samples, full scale 32767."""

    at_s: float
    samples: NDArray[np.int16]


class Ear:
    """Hears what was written since it was asked last."""

    def __init__(self, path: Path):
        self._path = path
        self._place = 0

    def new(self) -> list[Heard]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._place)
            data = file.read()
        found, place = [], 0
        while place + _HEAD.size <= len(data):
            at_s, count = _HEAD.unpack_from(data, place)
            end = place + _HEAD.size + 2 * count
            if end > len(data):
                break
            found.append(Heard(at_s, np.frombuffer(data, "<i2", count, place + _HEAD.size)))
            place = end
        self._place += place
        return found


def heard(path: Path) -> list[Heard]:
    return Ear(path).new()


def sound(packets: list[Heard]) -> NDArray[np.float64]:
    return np.concatenate([one.samples for one in packets] or [np.zeros(0)]).astype(np.float64)


def frequency(samples: NDArray[np.float64]) -> float:
    """The strongest, to a fraction of a Hz."""
    length = 32 * len(samples)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), length))
    return float(np.argmax(spectrum) * RATE / length)
