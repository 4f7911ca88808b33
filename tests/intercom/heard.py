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


def heard(path: Path) -> list[Heard]:
    data = path.read_bytes() if path.exists() else b""
    found, place = [], 0
    while place + _HEAD.size <= len(data):
        at_s, count = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        if place + 2 * count > len(data):
            break
        found.append(Heard(at_s, np.frombuffer(data, "<i2", count, place)))
        place += 2 * count
    return found


def sound(packets: list[Heard]) -> NDArray[np.float64]:
    return np.concatenate([one.samples for one in packets] or [np.zeros(0)]).astype(np.float64)


def frequency(samples: NDArray[np.float64]) -> float:
    """The strongest, Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))
