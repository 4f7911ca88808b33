"""Marks in sound: chirps every half second, found again in what was heard to an eighth of a millisecond."""

from __future__ import annotations

import asyncio
import fractions
import time
from collections.abc import Sequence

import numpy as np
from aiortc import MediaStreamTrack
from av import AudioFrame
from numpy.typing import NDArray

from tests.intercom.heard import Heard

RATE = 48_000
SAMPLES = RATE // 50
PERIOD_S = 0.5
CHIRP_S = 0.040
LEVEL = 0.4
_FROM_HZ, _TO_HZ = 500.0, 3000.0
# Latest that one is looked for after it was said; and how alike it must be.
_WITHIN_S = 0.4
_ALIKE = 0.7


def chirp(rate: int) -> NDArray[np.float64]:
    """From 500 to 3000 Hz in 40 ms, faded in and out; 1 at most."""
    at = np.arange(round(CHIRP_S * rate)) / rate
    phase = 2 * np.pi * (_FROM_HZ * at + (_TO_HZ - _FROM_HZ) / (2 * CHIRP_S) * at**2)
    return np.asarray(np.sin(phase) * np.hanning(len(at)))


class Chirps(MediaStreamTrack):
    """A microphone that hears a chirp every half second. `began_s`: wall clock, when its first sample was said.

    As a sound card does, it hands a frame over when its last sample was said.
    """

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        one = chirp(RATE) * LEVEL * 32767
        self._period = np.zeros(round(PERIOD_S * RATE), np.int16)
        self._period[: len(one)] = one.astype(np.int16)
        self._sent = 0
        self._began: float | None = None
        self.began_s = 0.0

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began, self.began_s = loop.time(), time.time()
        await asyncio.sleep(max(0.0, self._began + (self._sent + SAMPLES) / RATE - loop.time()))
        at = np.arange(self._sent, self._sent + SAMPLES) % len(self._period)
        frame = AudioFrame.from_ndarray(self._period[at][None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, fractions.Fraction(1, RATE)
        self._sent += SAMPLES
        return frame


def delays_s(began_s: float, packets: Sequence[Heard], rate: int) -> list[float]:
    """Of every chirp that was heard: seconds from when it was said to when it began to sound."""
    if not packets:
        return []
    samples = np.concatenate([one.samples for one in packets]).astype(np.float64)
    at_s = np.concatenate([one.at_s + np.arange(len(one.samples)) / rate for one in packets])
    template = chirp(rate)
    found = []
    number = int(np.ceil((at_s[0] - began_s) / PERIOD_S))
    while (said_s := began_s + number * PERIOD_S) < at_s[-1] - _WITHIN_S - CHIRP_S:
        begin, end = np.searchsorted(at_s, (said_s, said_s + _WITHIN_S + CHIRP_S))
        place = _place(samples[begin:end], template)
        if place is not None:
            found.append(float(at_s[begin + place] - said_s))
        number += 1
    return found


def _place(samples: NDArray[np.float64], template: NDArray[np.float64]) -> int | None:
    """Where the template begins; None where nothing is like it."""
    if len(samples) < len(template):
        return None
    products = np.correlate(samples, template, "valid")
    energy = np.sqrt(np.convolve(samples**2, np.ones(len(template)), "valid") * np.sum(template**2)) + 1e-9
    place = int(np.argmax(np.abs(products)))
    return place if abs(products[place]) / energy[place] >= _ALIKE else None
