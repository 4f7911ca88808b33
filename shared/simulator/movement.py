"""What moves in a composed room: workers on their rounds, steam, the clock's hands, a mouse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast, get_args

from PIL import Image, ImageFilter

from shared.simulator.brush import Brush, Point
from shared.simulator.worker import HEIGHT, POSES, WIDTH, Action, Outfit, worker

_STRIDE_PX = 7.0  # way walked from one pose to the next
_STEAM_PERIOD_S, _STEAM_STEPS, _PUFFS = 4.0, 40, 5
_TURNS_PER_S = {"chop": 2.0, "stir": 0.75, "stand": 0.25}


@dataclass(frozen=True, slots=True)
class Station:
    """From `at_s` on one is at `x` and does `action`, or is under way to the next station (walk, carry)."""

    at_s: float
    x: float
    action: Action


def stations(script: str) -> tuple[Station, ...]:
    """A round as a stage manager writes it: "0 470 stir, 6 470 walk, 7.6 640 stir" (seconds, x, action)."""
    found = []
    for line in script.split(","):
        at_s, x, action = line.split()
        if action not in get_args(Action):
            raise ValueError(f"nobody can {action}")
        found.append(Station(float(at_s), float(x), cast(Action, action)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Actor:
    """One worker's round; ends where it begins. `feet_y` in pixels; `scale` 1 is 400 px tall."""

    outfit: Outfit
    feet_y: float
    scale: float
    round: tuple[Station, ...]
    is_in_front: bool = False

    def draw(self, picture: Image.Image, time_s: float) -> None:
        here, there = _between(self.round, time_s)
        if here.action in ("walk", "carry"):
            part = (time_s - here.at_s) / max(0.04, there.at_s - here.at_s)
            x = here.x + (there.x - here.x) * part
            pose = int(abs(x - here.x) / _STRIDE_PX) % POSES
        else:
            x = here.x
            pose = int(time_s * _TURNS_PER_S[here.action] * POSES) % POSES
        is_turned = there.x < here.x
        sprite = _scaled(self.outfit, here.action, pose, self.scale, is_turned)
        place = (round(x - sprite.width / 2), round(self.feet_y - sprite.height))
        picture.paste(sprite, place, sprite)


def _between(stations: Sequence[Station], time_s: float) -> tuple[Station, Station]:
    number = max(number for number, station in enumerate(stations) if station.at_s <= time_s)
    return stations[number], stations[min(number + 1, len(stations) - 1)]


@cache
def _scaled(outfit: Outfit, action: Action, pose: int, scale: float, is_turned: bool) -> Image.Image:
    size = (round(WIDTH * scale), round(HEIGHT * scale))
    sprite = worker(outfit, action, pose).resize(size, Image.Resampling.LANCZOS)
    return sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if is_turned else sprite


def draw_steam(picture: Image.Image, source: Point, time_s: float) -> None:
    for puff in range(_PUFFS):
        age = (time_s / _STEAM_PERIOD_S + puff / _PUFFS) % 1
        cloud = _cloud(int(age * _STEAM_STEPS))
        x = source[0] + math.sin(age * 5 + puff * 2.1) * 14
        y = source[1] - age * 110
        picture.paste(cloud, (round(x - cloud.width / 2), round(y - cloud.height / 2)), cloud)


@cache
def _cloud(step: int) -> Image.Image:
    age = step / _STEAM_STEPS
    radius = 12 + 34 * age
    side = round(radius * 3)
    mask = Image.new("L", (side, side))
    brush = Brush(side, side, 2, (0, 0, 0))
    brush.oval(side / 2, side / 2, radius, radius * 0.8, (255, 255, 255))
    strength = 105 * math.sin(math.pi * age)
    mask = (
        brush.finish().convert("L").filter(ImageFilter.GaussianBlur(radius * 0.35)).point(lambda v: v * strength / 255)
    )
    cloud = Image.new("RGBA", (side, side), (252, 253, 253, 255))
    cloud.putalpha(mask)
    return cloud


def draw_clock(picture: Image.Image, middle: Point, time_s: float) -> None:
    hands = _hands(int(time_s))
    picture.paste(hands, (round(middle[0] - hands.width / 2), round(middle[1] - hands.height / 2)), hands)


@cache
def _hands(second: int) -> Image.Image:
    side = 60
    brush = Brush(side, side)
    for part, length, width, colour in (
        (10.15 / 12, 13, 4.0, (52, 60, 70)),
        (9 / 60 + second / 3600, 20, 3.0, (52, 60, 70)),
        (second / 60, 22, 1.4, (206, 66, 56)),
    ):
        angle = 2 * math.pi * part
        tip = (side / 2 + length * math.sin(angle), side / 2 - length * math.cos(angle))
        brush.line([(side / 2, side / 2), tip], colour, width)
    brush.oval(side / 2, side / 2, 2.5, 2.5, (206, 66, 56))
    return brush.finish()


@dataclass(frozen=True, slots=True)
class Mouse:
    """Runs along a wall in darts; `way` is (seconds, x), standing still where x does not change."""

    way: tuple[Point, ...]
    feet_y: float

    def draw(self, picture: Image.Image, time_s: float) -> None:
        number = max(number for number, (at_s, _) in enumerate(self.way) if at_s <= time_s)
        begin_s, from_x = self.way[number]
        end_s, to_x = self.way[min(number + 1, len(self.way) - 1)]
        x = from_x + (to_x - from_x) * (time_s - begin_s) / max(0.04, end_s - begin_s)
        sprite = _mouse(int(abs(x) / 9) % 2 if to_x != from_x else 0, to_x < from_x)
        picture.paste(sprite, (round(x - sprite.width / 2), round(self.feet_y - sprite.height)), sprite)


@cache
def _mouse(pose: int, is_turned: bool) -> Image.Image:
    fur, dark = (58, 60, 62), (36, 38, 40)
    brush = Brush(72, 30)
    brush.oval(40, 27, 24, 3, (0, 0, 0, 80))
    brush.line([(20, 20), (10, 17 + pose * 3), (1, 20 - pose * 4)], dark, 2.2)
    brush.oval(36, 19, 18, 9, fur)
    brush.oval(56, 18, 10, 7, fur)
    brush.oval(51, 11, 4.5, 4.5, dark)
    brush.oval(60, 16, 1.8, 1.8, (240, 246, 246))
    for foot in (28 + pose * 5, 48 - pose * 4):
        brush.oval(foot, 27, 4, 2, dark)
    sprite = brush.finish().resize((50, 21), Image.Resampling.LANCZOS)
    return sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if is_turned else sprite
