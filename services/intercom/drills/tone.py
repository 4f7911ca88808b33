"""The coded tone of a drill: eight syllables of phase-keyed sound between 1 and 3 kHz, different for every code.

Theory of operation. What a camera's loudspeaker and a small room leave of a sound is its fine structure in time: that
is what is recognised, so the tone is a long pseudo-random sequence and not a melody. 1 to 3 kHz is what telephone
codecs, small loudspeakers and cheap microphones all pass. It comes in syllables with rests between them, at the pace of
speech, because cameras suppress what is as even as a fan; and because each syllable is recognised by itself, a packet
lost or a clock that strays costs one syllable and not the tone.

Chips of four phases are keyed onto a carrier of 2 kHz, 1,600 a second, with root-raised-cosine pulses (roll-off 0.25),
which fill 1 to 3 kHz evenly. Four phases and not two: two tones whose chips fall together are then as unlike as noise.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

RATE = 8000
CARRIER_HZ = 2000
CHIPS_PER_S = 1600
SYLLABLES = 8
SYLLABLE_CHIPS = 320
REST_CHIPS = 80
SYLLABLE_S = SYLLABLE_CHIPS / CHIPS_PER_S
STEP_S = (SYLLABLE_CHIPS + REST_CHIPS) / CHIPS_PER_S
TONE_S = SYLLABLES * STEP_S - REST_CHIPS / CHIPS_PER_S
# = how loud it is by default, of full scale, while it sounds: as loud as a person who speaks up, peaks at -6 dB
LEVEL_DBFS = -12.0

# Complex samples a second of the band around the carrier.
BASE_RATE = 2000
_CHIP_SAMPLES = RATE // CHIPS_PER_S
_ROLL_OFF = 0.25
_PULSE_CHIPS = 16

Sound = NDArray[np.float32]
"""(samples,) at RATE, full scale 1."""
Base = NDArray[np.complex64]
"""(samples,) at BASE_RATE: the band around the carrier."""
_Waves = NDArray[np.float64]


def chips_of(code: str) -> NDArray[np.complex128]:
    """(SYLLABLES, SYLLABLE_CHIPS) of four phases: the same for the same code on every machine and for ever."""
    bits_count = 2 * SYLLABLES * SYLLABLE_CHIPS
    digest = b"".join(sha256(f"{code}#{block}".encode()).digest() for block in range(-(-bits_count // 256)))
    signs = 1.0 - 2.0 * np.unpackbits(np.frombuffer(digest, np.uint8))[:bits_count]
    return np.asarray(signs[0::2] + 1j * signs[1::2], np.complex128).reshape(SYLLABLES, SYLLABLE_CHIPS)


def tone(code: str, level_dbfs: float = LEVEL_DBFS) -> Sound:
    """What is played. Args: level_dbfs: root mean square of a syllable; a full-scale square wave is 0."""
    sound = np.zeros(round(TONE_S * RATE), np.float64)
    for number, wave in enumerate(_waves(code)):
        begin = round(number * STEP_S * RATE)
        sound[begin : begin + len(wave)] = wave * 10 ** (level_dbfs / 20)
    return sound.clip(-1, 1).astype(np.float32)


@lru_cache(maxsize=256)
def syllables(code: str) -> Base:
    """(SYLLABLES, samples) What is looked for: each syllable in the band around the carrier, of unit energy."""
    found = np.array([base_of(wave) for wave in _waves(code)])
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.complex64)


def base_of(sound: _Waves | Sound) -> Base:
    """The band of 2 kHz around the carrier, complex, at BASE_RATE."""
    step = RATE // BASE_RATE
    length = len(sound) // step * step
    if not length:
        return np.zeros(0, np.complex64)
    spectrum = np.fft.fft(sound[:length].astype(np.float64))
    wide = length // step
    carrier = round(CARRIER_HZ * length / RATE)
    kept = np.arange(-(wide // 2), wide - wide // 2)
    band = np.zeros(wide, np.complex128)
    band[kept % wide] = spectrum[(carrier + kept) % length]
    return np.asarray(np.fft.ifft(band) / step, np.complex64)


def _waves(code: str) -> _Waves:
    """(SYLLABLES, samples) of unit power."""
    count = SYLLABLE_CHIPS * _CHIP_SAMPLES
    carrier = np.exp(2j * np.pi * CARRIER_HZ * np.arange(count) / RATE)
    waves = []
    for chips in chips_of(code):
        spread = np.zeros(count, np.complex128)
        spread[_CHIP_SAMPLES // 2 :: _CHIP_SAMPLES] = chips
        keyed = (np.convolve(spread, _pulse(), "same") * carrier).real
        waves.append(keyed / np.sqrt(np.mean(keyed**2)))
    return np.array(waves)


@lru_cache(maxsize=1)
def _pulse() -> _Waves:
    """A root-raised-cosine pulse. Source: Proakis, Digital Communications, 9.2."""
    reach = _PULSE_CHIPS * _CHIP_SAMPLES // 2
    t = np.arange(-reach, reach + 1) / _CHIP_SAMPLES
    a = _ROLL_OFF
    with np.errstate(divide="ignore", invalid="ignore"):
        pulse = (np.sin(np.pi * t * (1 - a)) + 4 * a * t * np.cos(np.pi * t * (1 + a))) / (
            np.pi * t * (1 - (4 * a * t) ** 2)
        )
    pulse[np.isclose(t, 0)] = 1 - a + 4 * a / np.pi
    edge = np.isclose(np.abs(t), 1 / (4 * a))
    pulse[edge] = a / np.sqrt(2) * ((1 + 2 / np.pi) * np.sin(np.pi / 4 / a) + (1 - 2 / np.pi) * np.cos(np.pi / 4 / a))
    return np.asarray(pulse, np.float64)
