"""The coded tone of a drill: eight syllables of phase-keyed sound between 1 and 3 kHz, different for every code.

Theory of operation. What a camera's loudspeaker and a small room leave of a sound is its fine structure in time: that
is what is recognised, so the tone is a long pseudo-random sequence and not a melody. 1 to 3 kHz is what telephone
codecs, small loudspeakers and cheap microphones all pass. It comes in syllables with rests between them, at the pace of
speech, because cameras suppress what is as even as a fan; and because each syllable is recognised by itself, a packet
lost or a clock that strays costs one syllable and not the tone.

Chips are keyed onto a carrier of 2 kHz, 1,000 a second, with root-raised-cosine pulses (roll-off 0.8): nine tenths of
the power lie between 1.4 and 2.6 kHz, nothing outside 1.1 to 2.9 kHz.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

RATE = 8000
CARRIER_HZ = 2000
CHIPS_PER_S = 1000
SYLLABLES = 8
SYLLABLE_CHIPS = 200
REST_CHIPS = 50
STEP_S = (SYLLABLE_CHIPS + REST_CHIPS) / CHIPS_PER_S
TONE_S = SYLLABLES * STEP_S - REST_CHIPS / CHIPS_PER_S
# = how loud it is by default, of full scale, while it sounds: as loud as a person who speaks up, peaks at -7 dB
LEVEL_DBFS = -12.0

# Complex samples a second of the band around the carrier; two a chip.
BASE_RATE = 2000
_CHIP_SAMPLES = RATE // CHIPS_PER_S
_BASE_CHIP_SAMPLES = BASE_RATE // CHIPS_PER_S
_ROLL_OFF = 0.8
_PULSE_CHIPS = 8

Sound = NDArray[np.float32]
"""(samples,) at RATE, full scale 1."""
Base = NDArray[np.complex64]
"""(samples,) at BASE_RATE: the band around the carrier."""


def chips_of(code: str) -> NDArray[np.float64]:
    """(SYLLABLES, SYLLABLE_CHIPS) of 1 and -1: the same for the same code on every machine and for ever."""
    count = SYLLABLES * SYLLABLE_CHIPS
    digest = b"".join(sha256(f"{code}#{block}".encode()).digest() for block in range(-(-count // 256)))
    bits = np.unpackbits(np.frombuffer(digest, np.uint8))[:count]
    return np.asarray(2.0 * bits - 1.0, np.float64).reshape(SYLLABLES, SYLLABLE_CHIPS)


def tone(code: str, level_dbfs: float = LEVEL_DBFS) -> Sound:
    """What is played. Args: level_dbfs: root mean square of a syllable; a full-scale square wave is 0."""
    sound = np.zeros(round(TONE_S * RATE), np.float64)
    length = SYLLABLE_CHIPS * _CHIP_SAMPLES
    at = np.arange(length)
    carrier = np.cos(2 * np.pi * CARRIER_HZ * at / RATE)
    for number, chips in enumerate(chips_of(code)):
        keyed = _shaped(chips, _CHIP_SAMPLES)[:length] * carrier
        keyed *= 10 ** (level_dbfs / 20) / np.sqrt(np.mean(keyed**2))
        begin = round(number * STEP_S * RATE)
        sound[begin : begin + length] = keyed
    return sound.clip(-1, 1).astype(np.float32)


@lru_cache(maxsize=256)
def syllables(code: str) -> Base:
    """(SYLLABLES, samples) What is looked for: each syllable in the band around the carrier, of unit energy."""
    rows = [_shaped(chips, _BASE_CHIP_SAMPLES)[: SYLLABLE_CHIPS * _BASE_CHIP_SAMPLES] for chips in chips_of(code)]
    found = np.array(rows)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.complex64)


def _shaped(chips: NDArray[np.float64], samples: int) -> NDArray[np.float64]:
    """Chips as pulses, `samples` apart; a chip's pulse is centred on the middle of its time."""
    spread = np.zeros(len(chips) * samples)
    spread[samples // 2 :: samples] = chips
    pulse = _pulse(samples)
    middle = len(pulse) // 2
    return np.convolve(spread, pulse)[middle : middle + len(spread)]


@lru_cache(maxsize=4)
def _pulse(samples: int) -> NDArray[np.float64]:
    """A root-raised-cosine pulse, `samples` a chip. Source: Proakis, Digital Communications, 9.2-1."""
    t = np.arange(-_PULSE_CHIPS * samples // 2, _PULSE_CHIPS * samples // 2 + 1) / samples
    a = _ROLL_OFF
    with np.errstate(divide="ignore", invalid="ignore"):
        pulse = (np.sin(np.pi * t * (1 - a)) + 4 * a * t * np.cos(np.pi * t * (1 + a))) / (
            np.pi * t * (1 - (4 * a * t) ** 2)
        )
    pulse[np.isclose(t, 0)] = 1 - a + 4 * a / np.pi
    edge = np.isclose(np.abs(t), 1 / (4 * a))
    pulse[edge] = a / np.sqrt(2) * ((1 + 2 / np.pi) * np.sin(np.pi / 4 / a) + (1 - 2 / np.pi) * np.cos(np.pi / 4 / a))
    return pulse
