"""The measure itself: a known delay is found."""

from __future__ import annotations

import numpy as np
import pytest

from tests.intercom.chirps import PERIOD_S, chirp, found
from tests.intercom.heard import Heard


@pytest.mark.parametrize("delay_s", [0.0, 0.0325, 0.2])
def test_a_known_delay_is_found(delay_s: float) -> None:
    rate, began_s = 8000, 1000.0
    samples = np.random.default_rng(1).normal(0, 100, 5 * rate)
    for number in range(9):
        begin = round((number * PERIOD_S + delay_s) * rate)
        samples[begin : begin + len(chirp(rate))] += 9000 * chirp(rate)
    packets = [Heard(began_s + k / rate, samples[k : k + 160].astype(np.int16)) for k in range(0, len(samples), 160)]
    chirps = found(began_s, packets, rate)
    assert len(chirps) >= 8
    assert [one.delay_s for one in chirps] == pytest.approx([delay_s] * len(chirps), abs=0.0002)
