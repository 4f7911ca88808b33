"""Marks in sound: chirps every half second, found again in what was heard to an eighth of a millisecond."""

from __future__ import annotations

import asyncio
import fractions
import time
from collections.abc import Sequence
from dataclasses import dataclass

import av
import numpy as np
from aiortc import MediaStreamTrack
from av import AudioFrame
from numpy.typing import NDArray

from services.intercom.g711 import encoded
from tests.intercom.heard import Heard

RATE = 48_000
SAMPLES = RATE // 50
PERIOD_S = 0.5
CHIRP_S = 0.040
LEVEL = 0.4
TONE_HZ = 440.0
# From when to when after a chirp's beginning the tone sounds.
TONE_S = (0.1, 0.45)
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

    Args:
        tone: level of a tone of 440 Hz between the chirps, 0 to 1.
        speed: of its clock, beside ours.
    """

    kind = "audio"

    def __init__(self, tone: float = 0.0, speed: float = 1.0) -> None:
        super().__init__()
        self._period = np.zeros(round(PERIOD_S * RATE), np.int16)
        one = chirp(RATE) * LEVEL * 32767
        self._period[: len(one)] = one.astype(np.int16)
        begin, end = (round(at_s * RATE) for at_s in TONE_S)
        wave = np.sin(2 * np.pi * TONE_HZ * np.arange(end - begin) / RATE) * np.minimum(1, fades(end - begin))
        self._period[begin:end] = (wave * tone * 32767).astype(np.int16)
        self._speed = speed
        self._sent = 0
        self._began: float | None = None
        self.began_s = 0.0

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        if self._began is None:
            self._began, self.began_s = loop.time(), time.time()
        await asyncio.sleep(max(0.0, self._began + (self._sent + SAMPLES) / RATE / self._speed - loop.time()))
        at = np.arange(self._sent, self._sent + SAMPLES) % len(self._period)
        # Two channels: libav makes stereo of mono 3 dB quieter, and aiortc's Opus is stereo.
        frame = AudioFrame.from_ndarray(np.repeat(self._period[at], 2)[None, :], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, fractions.Fraction(1, RATE)
        self._sent += SAMPLES
        return frame

    def found_in(self, packets: Sequence[Heard], rate: int) -> list[Found]:
        """Its chirps, in what was heard."""
        return found(self.began_s, packets, rate, PERIOD_S / self._speed)


class CodedChirps(Chirps):
    """The same microphone, its packets encoded when their last sample was said, as a browser does: PCMU. aiortc's own
    encoder of G.711 holds a whole packet back (20 ms) until its resampler is filled."""

    async def recv(self) -> av.Packet:  # type: ignore[override]
        frame = await super().recv()
        sound = frame.to_ndarray()[0, ::2].astype(np.float64)
        # From 48 to 8 kHz: chirps end at 3 kHz, so the mean of six samples is filter enough.
        packet = av.Packet(encoded(sound.reshape(-1, RATE // 8000).mean(axis=1).astype(np.int16), "pcmu"))
        packet.time_base, packet.pts = fractions.Fraction(1, 8000), frame.pts * 8000 // RATE
        return packet


@dataclass(frozen=True)
class Found:
    """A chirp: when it was said, wall clock; how long after that it began to sound; at which sample of all."""

    said_s: float
    delay_s: float
    place: int


def found(began_s: float, packets: Sequence[Heard], rate: int, period_s: float = PERIOD_S) -> list[Found]:
    """Every chirp that was heard, of those that were said every `period_s` from `began_s` on."""
    if not packets:
        return []
    samples = np.concatenate([one.samples for one in packets]).astype(np.float64)
    at_s = np.concatenate([one.at_s + np.arange(len(one.samples)) / rate for one in packets])
    template = chirp(rate)
    there = []
    number = int(np.ceil((at_s[0] - began_s) / period_s))
    while (said_s := began_s + number * period_s) < at_s[-1] - _WITHIN_S - CHIRP_S:
        begin, end = np.searchsorted(at_s, (said_s, said_s + _WITHIN_S + CHIRP_S))
        place = _place(samples[begin:end], template)
        if place is not None:
            there.append(Found(said_s, float(at_s[begin + place] - said_s), int(begin + place)))
        number += 1
    return there


def fades(samples: int) -> NDArray[np.float64]:
    """From 0 up by 1 in 5 ms, and down again at the end."""
    up = np.arange(samples) / (0.005 * RATE)
    return np.asarray(np.minimum(up, up[::-1]))


def _place(samples: NDArray[np.float64], template: NDArray[np.float64]) -> int | None:
    """Where the template begins; None where nothing is like it."""
    if len(samples) < len(template):
        return None
    products = np.correlate(samples, template, "valid")
    energy = np.sqrt(np.convolve(samples**2, np.ones(len(template)), "valid") * np.sum(template**2)) + 1e-9
    place = int(np.argmax(np.abs(products)))
    return place if abs(products[place]) / energy[place] >= _ALIKE else None
