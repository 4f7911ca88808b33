"""Pictures that were there before, by their bytes alone."""

from __future__ import annotations

import numpy as np
import pytest

from services.detector.diagnosis.measures import Measures, measure
from services.detector.diagnosis.repeats import Loops, Stillness
from tests.detector.test_diagnosis import as_picture


def noise(seed: int, at_s: float) -> Measures:
    """A room in which nothing moves, with its sensor's noise."""
    room = np.tile(np.linspace(40, 200, 320, dtype=np.float32), (192, 1))
    grain = np.random.default_rng(seed).normal(0, 3, room.shape)
    grey = np.clip(room + grain, 0, 255).astype(np.uint8)
    return measure(as_picture(np.stack([grey] * 3, -1), at_s))


@pytest.mark.parametrize("length", [5, 17, 60])
def test_the_same_bytes_again_at_the_same_distance_are_a_loop(length: int) -> None:
    loops = Loops()
    strengths = [loops.strength(noise(at % length, at)) for at in range(length + 20)]
    assert max(strengths[: length + 5]) < 0.5
    assert strengths[length + 15] >= 0.5


def test_noise_that_never_comes_back_is_no_loop() -> None:
    loops = Loops()
    assert max(loops.strength(noise(at, at)) for at in range(90)) == 0


def test_a_hole_begins_anew() -> None:
    loops = Loops()
    for at in range(30):
        loops.strength(noise(at % 6, at))
    assert loops.strength(noise(0, 100)) < 0.5


def test_what_was_filmed_before_the_camera_was_away_is_a_replay() -> None:
    """Somebody pulls the cable, and a recorder shows the same hour again; and a real camera that only comes back."""
    replayed, live = Loops(), Loops()
    for at in range(60):
        assert replayed.strength(noise(at, at)) == live.strength(noise(at, at)) == 0
    again = [replayed.strength(noise(20 + at, 200 + at)) for at in range(20)]
    assert again[5] < 0.5 <= again[15]
    assert max(live.strength(noise(1000 + at, 200 + at)) for at in range(20)) == 0


def test_noise_that_stands_still_is_frozen_after_ten_seconds() -> None:
    stillness = Stillness()
    strengths = [stillness.strength(noise(1, at)) for at in range(15)]
    assert strengths[8] < 0.5 <= strengths[11]
    assert stillness.strength(noise(2, 15)) == 0
