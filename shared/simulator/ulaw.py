"""Mu-law of ITU-T G.711, as simulated cameras take and give it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 8000
Sound = NDArray[np.float32]
"""(samples,) full scale 1."""

_CODES = np.arange(256) ^ 0xFF
_LINEAR = (((_CODES & 15) * 2 + 33) << (_CODES >> 4 & 7)) - 33
_LEVELS = np.where(_CODES & 0x80, -_LINEAR, _LINEAR) / 8159.0
_ORDER = np.argsort(_LEVELS, kind="stable")
_EDGES = (_LEVELS[_ORDER][1:] + _LEVELS[_ORDER][:-1]) / 2


def from_ulaw(data: bytes) -> Sound:
    return np.asarray(_LEVELS[np.frombuffer(data, np.uint8)], np.float32)


def to_ulaw(sound: Sound) -> bytes:
    """Of every sample the code that is nearest."""
    return bytes(_ORDER[np.searchsorted(_EDGES, sound)].astype(np.uint8))
