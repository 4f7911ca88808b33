"""Opus as a browser makes it, by libav."""

from __future__ import annotations

import fractions

import av
import numpy as np
from av import AudioFrame
from numpy.typing import NDArray

RATE = 48_000
SAMPLES = RATE // 50


def wave(hz: float, seconds: float, level: float = 0.3) -> NDArray[np.int16]:
    at = np.arange(round(RATE * seconds)) / RATE
    return (np.sin(2 * np.pi * hz * at) * level * 32767).astype(np.int16)


def packets(sound: NDArray[np.int16], *, repairs: bool = False) -> list[bytes]:
    """20 ms each. Args: sound: 48 kHz; repairs: each packet repeats the one before it (in-band error correction)."""
    encoder: av.AudioCodecContext = av.CodecContext.create("libopus", "w")  # type: ignore[assignment]
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "s16"  # type: ignore[assignment]
    encoder.bit_rate = 24_000
    encoder.options = {"application": "voip", "fec": str(int(repairs)), "packet_loss": "20" if repairs else "0"}
    found: list[bytes] = []
    for number in range(len(sound) // SAMPLES):
        part = sound[number * SAMPLES : (number + 1) * SAMPLES]
        frame = AudioFrame.from_ndarray(part[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, number * SAMPLES, fractions.Fraction(1, RATE)
        found += [bytes(packet) for packet in encoder.encode(frame)]
    return found
