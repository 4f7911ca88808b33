"""A kitchen's uniform from a few photos: its own is known, another is not, and what cannot be is refused in words."""

from __future__ import annotations

import numpy as np
import pytest

from services.detector.geometry import Box
from services.detector.uniform.enrolment import Enrolment
from services.detector.uniform.torso import SIDE, Description, describe, description_of, torso_of
from tests.detector.test_diagnosis import as_picture

WHITE, NAVY, RED = (225, 222, 215), (38, 48, 92), (170, 40, 45)


def worn(colour: tuple[int, int, int], seed: int, light: float = 1.0) -> Description:
    """A torso in that colour: folds, a shadow, somebody else's kitchen at its edges."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
    folds = 1 + 0.12 * np.sin(9 * x + rng.uniform(0, 6) + 2 * y) - rng.uniform(0, 0.25) * y
    torso = np.array(colour) * (light * folds)[..., None] + rng.normal(0, 6, (SIDE, SIDE, 3))
    torso[:, : int(rng.uniform(0, 8))] = rng.integers(0, 255, 3)
    torso[:, SIDE - int(rng.uniform(1, 8)) :] = rng.integers(0, 255, 3)
    return description_of(np.clip(torso, 0, 255).astype(np.uint8))


def test_the_uniform_is_known_and_other_clothes_are_not() -> None:
    enrolled = Enrolment.of([worn(WHITE, seed, 0.8 + 0.05 * seed) for seed in range(6)])
    absent_below, present_from = enrolled.band
    own = [enrolled.score(worn(WHITE, 100 + seed, 0.8 + 0.02 * seed)) for seed in range(12)]
    others = [enrolled.score(worn(colour, seed)) for colour in (NAVY, RED) for seed in range(6)]
    assert np.mean([score >= present_from for score in own]) >= 0.8
    assert all(score >= absent_below for score in own)
    assert all(score < absent_below for score in others)


def test_too_few_photos_and_photos_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="4 photos: give 5 to 20"):
        Enrolment.of([worn(WHITE, seed) for seed in range(4)])
    odd = [worn(colour, 1) for colour in (WHITE, NAVY, RED, (30, 150, 60), (230, 200, 20))]
    with pytest.raises(ValueError, match="do not show the same uniform"):
        Enrolment.of(odd)


def test_a_torso_lies_under_the_head_and_a_small_one_is_not_judged() -> None:
    body, head = Box(0.4, 0.1, 0.6, 0.9), Box(0.46, 0.1, 0.54, 0.24)
    torso = torso_of(body, head)
    assert torso.top >= head.bottom
    assert abs(torso.centre[0] - head.centre[0]) < 1e-6
    assert torso_of(body, None).top > body.top
    picture = as_picture(np.full((360, 640, 3), 200, np.uint8), 0)
    assert describe(picture, torso) is not None
    assert describe(picture, Box(0.5, 0.5, 0.52, 0.52)) is None
    assert describe(picture, Box(0.95, 0.5, 1.15, 0.8)) is None
