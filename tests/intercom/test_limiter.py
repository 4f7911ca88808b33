"""Loud comes down, quiet is left alone, and nothing cracks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intercom.g711 import Sound
from services.intercom.limiter import CEILING, Limiter

PACKET = 160


def tone(level: float, packets: int, hz: float = 440.0) -> list[Sound]:
    at = np.arange(packets * PACKET) / 8000
    wave = (np.sin(2 * np.pi * hz * at) * level * 32767).astype(np.int16)
    return [wave[k : k + PACKET] for k in range(0, len(wave), PACKET)]


def test_what_is_not_loud_is_not_touched() -> None:
    limiter = Limiter()
    for packet in tone(0.5, 20):
        assert limiter.limited(packet) is packet
    assert limiter.gain == 1.0


def test_what_is_loud_keeps_its_shape_below_the_ceiling() -> None:
    limiter = Limiter()
    said = tone(0.99, 50)
    heard = np.concatenate([limiter.limited(packet) for packet in said])
    assert np.abs(heard).max() <= CEILING
    assert limiter.gain == pytest.approx(CEILING / (0.99 * 32767), rel=0.01)
    # After the first packet it is the tone that was said: hardly anything at other frequencies.
    steady = heard[PACKET * 10 :].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady)))) ** 2
    strongest = int(np.argmax(spectrum))
    beside = spectrum.copy()
    beside[strongest - 3 : strongest + 4] = 0
    assert beside.sum() / spectrum.sum() < 1e-3


def test_after_a_shout_the_gain_comes_back_slowly() -> None:
    limiter = Limiter()
    limiter.limited(tone(0.99, 1)[0])
    down = limiter.gain
    gains = []
    for packet in tone(0.1, 50):
        limiter.limited(packet)
        gains.append(limiter.gain)
    assert down < gains[5] < 1.0, "no pumping within a word"
    assert gains[-1] == 1.0
    assert np.diff(gains).max() < 0.02


@given(st.lists(st.lists(st.integers(-32768, 32767), min_size=0, max_size=PACKET), max_size=20))
def test_nothing_goes_beyond_the_ceiling_once_it_is_limited(packets: list[list[int]]) -> None:
    limiter = Limiter()
    for samples in packets:
        heard = limiter.limited(np.array(samples, np.int16))
        assert len(heard) == len(samples)
        assert np.abs(heard.astype(np.int32)).max(initial=0) <= CEILING
