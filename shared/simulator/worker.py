"""A drawn kitchen worker: what one wears, and how one stands or walks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

from PIL import Image

from shared.simulator.brush import Brush, Colour
from shared.simulator.face import head

WIDTH, HEIGHT = 220, 400
POSES = 12

Action = Literal["walk", "chop", "stir", "carry", "stand"]

_WHITE, _FOLD, _BUTTON = (244, 245, 243), (214, 219, 222), (120, 130, 140)
_TROUSERS, _SHOE = (58, 66, 82), (32, 36, 44)
_SKIN, _GLOVE = (226, 178, 146), (150, 196, 228)
_MASK, _MASK_FOLD = (158, 205, 232), (128, 180, 212)
_MIDDLE, _SHOULDER, _HIP = WIDTH / 2, 152.0, 262.0


@dataclass(frozen=True, slots=True)
class Outfit:
    """What the rules of hygiene are about, and what tells one worker from another."""

    person: int = 0
    has_hat: bool = True
    has_mask: bool = True
    has_uniform: bool = True
    clothes: Colour = (178, 74, 66)
    apron: Colour | None = None


@cache
def worker(outfit: Outfit, action: Action, pose: int) -> Image.Image:
    """RGBA picture of WIDTH x HEIGHT, feet at the bottom; poses 0 to POSES - 1 are one turn of a movement."""
    brush = Brush(WIDTH, HEIGHT)
    swing = math.sin(2 * math.pi * pose / POSES)
    bob = abs(swing) * 3 if action in ("walk", "carry") else 0.0
    brush.oval(_MIDDLE, HEIGHT - 10, 62, 9, (0, 0, 0, 60))
    _legs(brush, swing if action in ("walk", "carry") else 0.0)
    cloth = _WHITE if outfit.has_uniform else outfit.clothes
    if action in ("walk", "stand"):
        _arms(brush, outfit, cloth, action, swing, bob)
    _torso(brush, outfit, cloth, bob)
    if action not in ("walk", "stand"):
        _arms(brush, outfit, cloth, action, swing, bob)
    _head(brush, outfit, bob)
    return brush.finish()


def _legs(brush: Brush, swing: float) -> None:
    for side in (-1, 1):
        foot = _MIDDLE + side * 24 + swing * side * 16
        lift = max(0.0, swing * side) * 12
        hip = _MIDDLE + side * 22
        knee = ((hip + foot) / 2 + side * 2, 318 - lift / 2)
        brush.line([(hip, _HIP), knee, (foot, 376 - lift)], _TROUSERS, 36)
        brush.box(foot - 21, 370 - lift, 44, 22, _SHOE, 10)


def _torso(brush: Brush, outfit: Outfit, cloth: Colour, bob: float) -> None:
    top, x = _SHOULDER - 14 - bob, _MIDDLE
    brush.box(x - 15, top - 22, 30, 36, _SKIN, 10)
    brush.shape(
        [(x - 40, top + 4), (x - 18, top - 6), (x + 18, top - 6), (x + 40, top + 4), (x + 50, 282), (x - 50, 282)],
        cloth,
    )
    brush.box(x - 52, top, 104, 60, cloth, 26)
    brush.box(x - 50, 262, 100, 26, cloth, 10)
    if outfit.has_uniform:
        brush.line([(x - 16, top - 2), (x + 4, top + 40), (x + 4, 280)], _FOLD, 2.5)
        brush.shape([(x - 19, top - 7), (x, top + 16), (x + 19, top - 7), (x + 9, top - 10), (x - 9, top - 10)], _FOLD)
        for row in range(4):
            for column in (-13, 20):
                brush.oval(x + column, top + 34 + row * 23, 3, 3, _BUTTON)
    else:
        brush.shape([(x - 15, top - 7), (x, top + 10), (x + 15, top - 7)], _SKIN)
        brush.line([(x, top + 12), (x, 280)], _darker(cloth), 2)
    if outfit.apron is not None:
        brush.box(x - 38, 212, 76, 112, outfit.apron, 8)
        brush.line([(x - 48, 216), (x + 48, 216)], _darker(outfit.apron), 5)
        brush.box(x - 22, 250, 44, 30, _darker(outfit.apron), 5)


def _arms(brush: Brush, outfit: Outfit, cloth: Colour, action: Action, swing: float, bob: float) -> None:
    top = _SHOULDER - bob
    sleeve = _FOLD if outfit.has_uniform else _darker(cloth)
    for side in (-1, 1):
        shoulder = (_MIDDLE + side * 44, top + 6)
        if action == "walk":
            hand = (_MIDDLE + side * 62 - swing * side * 6, 268 - abs(swing) * 8 + swing * side * 8)
            elbow = (_MIDDLE + side * 64, 212.0)
        elif action == "stand":
            hand, elbow = (_MIDDLE + side * 58, 272.0), (_MIDDLE + side * 66, 214.0)
        elif action == "chop":
            height = (swing * 14 if side > 0 else 0.0) + 236
            hand, elbow = (_MIDDLE + side * 22, height), (_MIDDLE + side * 70, 214 + swing * side * 3)
        elif action == "stir":
            turn = math.asin(swing) * 2
            hand = (
                _MIDDLE + side * 24 + (math.sin(turn) * 13 if side > 0 else 0),
                232 + (swing * 5 if side > 0 else 6),
            )
            elbow = (_MIDDLE + side * 70, 212.0)
        else:
            hand, elbow = (_MIDDLE + side * 40, 226 - bob), (_MIDDLE + side * 68, 212.0)
        brush.line([shoulder, elbow], sleeve, 30)
        brush.line([shoulder, elbow, hand], sleeve, 27)
        brush.line([shoulder, elbow], cloth, 27)
        brush.oval(*hand, 13, 13, _GLOVE if outfit.has_mask and outfit.has_uniform else _SKIN)
        if action == "chop" and side > 0:
            brush.shape(
                [
                    (hand[0] - 4, hand[1]),
                    (hand[0] - 46, hand[1] + 2),
                    (hand[0] - 46, hand[1] + 20),
                    (hand[0] - 8, hand[1] + 16),
                ],
                (196, 204, 210),
            )
        if action == "stir" and side > 0:
            brush.line([hand, (hand[0] - 34, hand[1] + 46)], (116, 92, 70), 6)
    if action == "carry":
        brush.box(_MIDDLE - 66, 196 - bob, 132, 44, (186, 194, 200), 8)
        brush.box(_MIDDLE - 66, 196 - bob, 132, 9, (220, 226, 230), 4)
        for number in range(5):
            brush.oval(_MIDDLE - 46 + number * 23, 194 - bob, 16, 9, ((92, 158, 84), (226, 148, 62))[number % 2])


def _head(brush: Brush, outfit: Outfit, bob: float) -> None:
    x, top = _MIDDLE, 42 - bob
    width, height = 88.0, 89.0
    brush.stamp(head(outfit.person), x - width / 2, top, width, height)
    # The face is not in the middle of the head with its hair.
    face = x + (2.5 if outfit.person % 2 else -2.5)
    if outfit.has_mask:
        brush.line([(face - 28, top + 50), (face - 20, top + 64)], (232, 238, 242), 1.6)
        brush.line([(face + 28, top + 50), (face + 20, top + 64)], (232, 238, 242), 1.6)
        brush.shape(
            [
                (face - 25, top + 60), (face - 9, top + 57), (face, top + 54), (face + 9, top + 57),
                (face + 25, top + 60), (face + 24, top + 76), (face + 11, top + 91), (face - 11, top + 91), (face - 24, top + 76),
            ],
            _MASK,
        )  # fmt: skip
        for fold in (66, 73, 80):
            brush.line([(face - 22, top + fold), (face + 22, top + fold)], _MASK_FOLD, 1.4)
    if outfit.has_hat:
        brush.box(x - 43, top, 86, 31, _WHITE, 7)
        brush.box(x - 43, top + 22, 86, 11, _FOLD, 5)
        for offset, radius in ((-30, 20), (30, 20), (-10, 25), (12, 25)):
            brush.oval(x + offset, top - 10, radius, radius * 0.92, _WHITE)
        for offset in (-16, 4, 22):
            brush.line([(x + offset, top - 18), (x + offset, top + 8)], _FOLD, 2)


def _darker(colour: Colour) -> Colour:
    return (round(colour[0] * 0.78), round(colour[1] * 0.78), round(colour[2] * 0.78))
