"""G.711 (ITU-T G.711): sound of 8 kHz in one byte a sample, mu-law and A-law. Pure, by tables."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Law = Literal["pcmu", "pcma"]
Sound = NDArray[np.int16]
"""(samples,) linear, full scale 32767."""

RATE = 8000
_SEGMENTS = 8
_ULAW_BIAS = 33
# What plays as nothing.
SILENCE: dict[Law, int] = {"pcmu": 0xFF, "pcma": 0xD5}


def encoded(sound: Sound, law: Law) -> bytes:
    """One byte a sample."""
    return bytes(_encoding(law)[sound.astype(np.int32) + 32768])


def decoded(data: bytes, law: Law) -> Sound:
    return _decoding(law)[np.frombuffer(data, np.uint8)]


def silence(law: Law, samples: int) -> bytes:
    return bytes([SILENCE[law]]) * samples


@cache
def _decoding(law: Law) -> Sound:
    codes = np.arange(256)
    if law == "pcmu":
        codes = ~codes & 0xFF
        exponent, mantissa = codes >> 4 & 7, codes & 15
        magnitude = (((mantissa << 1) + _ULAW_BIAS) << exponent) - _ULAW_BIAS
        return np.where(codes & 0x80, -magnitude, magnitude).astype(np.int16) * 4
    codes = codes ^ 0x55
    exponent, mantissa = codes >> 4 & 7, codes & 15
    magnitude = np.where(exponent == 0, (mantissa << 1) + 1, ((mantissa << 1) + 33) << np.maximum(exponent - 1, 0))
    # A-law's sign is the other way round: a set bit is positive.
    return np.where(codes & 0x80, magnitude, -magnitude).astype(np.int16) * 8


@cache
def _encoding(law: Law) -> NDArray[np.uint8]:
    """(65536,) Of every 16-bit value the code whose value is nearest."""
    values = _decoding(law).astype(np.int32)
    order = np.argsort(values, kind="stable")
    edges = (values[order][1:] + values[order][:-1]) / 2
    return order[np.searchsorted(edges, np.arange(-32768, 32768), side="right")].astype(np.uint8)
