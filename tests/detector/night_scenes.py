"""Nights in a kitchen, composed: a real photo under an infrared lamp, sensor noise, and things that move or shine.

No real film of a rodent is to be had; what is composed here says so. Sizes are pixels of a picture 640 wide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from tests.detector.degradations import FPS, RGB, SIZE, lamp, photo, with_noise

Act = Callable[[RGB, int, np.random.Generator], RGB]


@dataclass(frozen=True, slots=True)
class Night:
    """A room without people, and what happens in it."""

    room: RGB
    noise: float

    def filmed(self, act: Act | None, number: int, rng: np.random.Generator) -> RGB:
        picture = self.room.copy()
        if act is not None:
            picture = act(picture, number, rng)
        return with_noise(picture, self.noise, rng)


def nights() -> list[Night]:
    made = []
    for name, noise in (("coffee", 4.0), ("motorcycle", 6.0), ("chelsea", 5.0), ("astronaut", 7.0)):
        made.append(Night(room_of(name), noise))
    return made


def room_of(name: str) -> RGB:
    """A photo without anybody, in the light of the lamp."""
    grey = cv2.cvtColor(cv2.resize(photo(name), SIZE, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    lit = np.asarray(np.clip(grey * lamp() * 0.8 + 14, 0, 255), np.uint8)
    return np.asarray(cv2.merge([lit] * 3), np.uint8)


def rodent(size: int, seed: int, *, seconds: float = 6.0, darker: int = 45) -> Act:
    """A dark body of that length that runs along the floor, near a wall, with pauses; from 12 s on."""
    rng = np.random.default_rng(seed)
    y0 = rng.uniform(0.55, 0.92) * SIZE[1]
    slope = rng.uniform(-0.12, 0.12)
    speed = rng.uniform(0.07, 0.28) * SIZE[0]
    direction = rng.choice([-1, 1])
    pause_at, pause_s = rng.uniform(0.8, 2.5), rng.uniform(0.0, 1.2)
    wobble = rng.uniform(0, 6)

    def act(picture: RGB, number: int, noise: np.random.Generator) -> RGB:
        t = number / FPS - 12
        if not 0 <= t <= seconds:
            return picture
        run = t - min(max(0.0, t - pause_at), pause_s)
        x = (0 if direction > 0 else SIZE[0]) + direction * speed * run
        y = y0 + slope * speed * run + 0.15 * size * np.sin(3 * run + wobble)
        _body(picture, x, y, size, direction, darker, 0.35 + 0.1 * np.sin(9 * run))
        return picture

    return act


def _body(picture: RGB, x: float, y: float, size: int, direction: int, darker: int, ratio: float) -> None:
    mask = np.zeros(picture.shape[:2], np.uint8)
    scale = 16
    half = (max(1, int(size * scale / 2)), max(1, int(size * scale * ratio / 2)))
    cv2.ellipse(mask, (int(x * scale), int(y * scale)), half, 0, 0, 360, 255, -1, cv2.LINE_AA, 4)
    cv2.line(
        mask,
        (int(x - direction * size / 2), int(y)),
        (int(x - direction * size * 0.8), int(y + size * 0.1)),
        140, 1, cv2.LINE_AA,
    )  # fmt: skip
    share = (mask.astype(np.float32) / 255)[..., None]
    # Fur takes most of the light that falls on it.
    picture[:] = np.clip(picture * (1 - 0.6 * share) - share * darker * 0.25, 0, 255).astype(np.uint8)


def insect(seed: int) -> Act:
    """Bright, blurred, before the lens: loops, turns, comes and goes."""
    rng = np.random.default_rng(seed)
    size = rng.uniform(3, 14)
    rate = rng.uniform(2.0, 6.0)
    phases = rng.uniform(0, 6, 6)
    reach = rng.uniform(0.08, 0.4)
    centre = rng.uniform(0.2, 0.8, 2)

    def act(picture: RGB, number: int, noise: np.random.Generator) -> RGB:
        t = number / FPS
        if np.sin(0.4 * t + phases[0]) < -0.3:
            return picture
        x = centre[0] + reach * (np.sin(rate * t + phases[1]) + 0.5 * np.sin(2.3 * rate * t + phases[2])) / 1.5
        y = centre[1] + reach * (np.sin(1.3 * rate * t + phases[3]) + 0.5 * np.sin(2.9 * rate * t + phases[4])) / 1.5
        _shine(picture, x * SIZE[0], y * SIZE[1], size * (1 + 0.5 * np.sin(5 * t)), 120)
        return picture

    return act


def insect_passing(seed: int) -> Act:
    """Crosses the picture in less than a second, every few seconds."""
    rng = np.random.default_rng(seed)
    every = rng.uniform(2.5, 5.0)
    line = rng.uniform(0.1, 0.9, (40, 2))
    speed = rng.uniform(0.9, 2.5)

    def act(picture: RGB, number: int, noise: np.random.Generator) -> RGB:
        t = number / FPS
        turn, since = int(t / every), t % every
        if since * speed <= 1.1:
            y = line[turn % 40, 0] + (line[turn % 40, 1] - line[turn % 40, 0]) * since * speed
            _shine(picture, since * speed * SIZE[0], y * SIZE[1], 6, 110)
        return picture

    return act


def _shine(picture: RGB, x: float, y: float, size: float, level: float) -> None:
    left, top = int(x - 3 * size), int(y - 3 * size)
    right, bottom = min(picture.shape[1], int(x + 3 * size) + 1), min(picture.shape[0], int(y + 3 * size) + 1)
    left, top = max(0, left), max(0, top)
    if right <= left or bottom <= top:
        return
    ys, xs = np.mgrid[top:bottom, left:right]
    glow = level * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * size**2))
    part = picture[top:bottom, left:right]
    part[:] = np.clip(part + glow[..., None], 0, 255).astype(np.uint8)


def light_switching(seed: int) -> Act:
    """A light that goes on and off, also one of a neighbour's window in a part of the picture."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(3, 9, 60))
    part = rng.random() < 0.5
    left = int(rng.uniform(0, 0.6) * SIZE[0])

    def act(picture: RGB, number: int, noise: np.random.Generator) -> RGB:
        if int(np.searchsorted(times, number / FPS)) % 2:
            region = picture[:, left : left + SIZE[0] // 4] if part else picture
            region[:] = np.clip(region * 1.35 + 22, 0, 255).astype(np.uint8)
        return picture

    return act


def headlights(seed: int) -> Act:
    """The light of a passing car wanders over the wall."""
    rng = np.random.default_rng(seed)
    every, y = rng.uniform(5, 9), rng.uniform(0.1, 0.6)

    def act(picture: RGB, number: int, noise: np.random.Generator) -> RGB:
        since = (number / FPS) % every
        if since < 2.5:
            _shine(picture, since / 2.5 * SIZE[0], y * SIZE[1], 45, 70)
        return picture

    return act


def cat(seed: int) -> Act:
    """A body of 90 to 140 pixels that walks through."""
    size = int(np.random.default_rng(seed).uniform(90, 140))
    return rodent(size, seed, seconds=8.0, darker=50)


def person(seed: int) -> Act:
    """Somebody walks through with a torch; feet and hands are small movers."""
    rng = np.random.default_rng(seed)
    speed = rng.uniform(0.06, 0.15)

    def act(picture: RGB, number: int, noise: np.random.Generator) -> RGB:
        t = number / FPS - 8
        if not 0 <= t * speed <= 1.1:
            return picture
        x = int(t * speed * SIZE[0])
        cv2.ellipse(picture, (x, 190), (32, 100), 0, 0, 360, (38, 38, 38), -1)
        cv2.circle(picture, (x + 4, 80), 20, (90, 90, 90), -1)
        swing = int(30 * np.sin(4 * t))
        cv2.ellipse(picture, (x + swing, 305), (12, 7), 0, 0, 360, (30, 30, 30), -1)
        cv2.ellipse(picture, (x - swing, 305), (12, 7), 0, 0, 360, (30, 30, 30), -1)
        cv2.circle(picture, (x + 45 + swing // 2, 200), 8, (120, 120, 120), -1)
        return picture

    return act
