"""The sound of a kitchen at work: a fan's hum, a hiss, and now and then a clink. Its end fits its beginning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CLINK_HZ = (1310.0, 1870.0, 2490.0, 3120.0)


def kitchen_hum(duration_s: int, sample_rate: int, seed: int) -> NDArray[np.float32]:
    """Mono samples, quiet: about -30 dB of full scale."""
    random = np.random.default_rng(seed)
    count = duration_s * sample_rate
    time_s = np.arange(count) / sample_rate
    # Whole numbers of cycles, and noise made of its spectrum, so that the loop closes without a click.
    sound = sum(0.012 / harmonic * np.sin(2 * np.pi * 50 * harmonic * time_s) for harmonic in (1, 2, 3, 6))
    frequencies = np.fft.rfftfreq(count, 1 / sample_rate)
    shape = 1 / (1 + (frequencies / 600) ** 2) + 0.25 * np.exp(-(((frequencies - 2600) / 700) ** 2))
    phases = np.exp(2j * np.pi * random.random(len(frequencies)))
    hiss = np.fft.irfft(shape * phases, count)
    sound = sound + hiss * (0.012 / hiss.std())
    for _ in range(duration_s):
        sound = sound + _clink(random, count, sample_rate)
    return np.asarray(sound, np.float32).clip(-1, 1)


def _clink(random: np.random.Generator, count: int, sample_rate: int) -> NDArray[np.float64]:
    length = sample_rate // 4
    time_s = np.arange(length) / sample_rate
    strength, tone = random.uniform(0.01, 0.05), random.choice(_CLINK_HZ)
    ring = (
        strength
        * np.exp(-time_s * 22)
        * (np.sin(2 * np.pi * tone * time_s) + 0.4 * np.sin(4.1 * np.pi * tone * time_s))
    )
    whole = np.zeros(count)
    whole[:length] = ring
    return np.roll(whole, int(random.integers(count)))
