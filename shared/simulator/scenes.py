"""A composed scene: a room, who moves in it, what is heard; and its pictures one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from shared.simulator import interiors
from shared.simulator.caption import Caption
from shared.simulator.movement import Actor, Mouse, draw_clock, draw_steam
from shared.simulator.picture_index import Pixels

FRAME_RATE = 25
LOOP_S = 16  # 250 AAC access units at 16 kHz, 800 G.711 packets: sound and picture close together
PICTURES = FRAME_RATE * LOOP_S


@dataclass(frozen=True, slots=True)
class Scene:
    """`slug` is part of the file's name. A night scene is seen as an infrared camera shows it."""

    slug: str
    name_zh: str
    name_en: str
    interior: Callable[[], interiors.Interior]
    actors: tuple[Actor, ...] = ()
    mouse: Mouse | None = None
    sound: Literal["aac", "pcm_mulaw"] | None = None
    is_night: bool = False


def pictures(scene: Scene) -> Iterator[Pixels]:
    """Every picture of the loop, RGB, captioned."""
    room = scene.interior()
    caption = Caption(room.ground.width, scene.name_zh, scene.name_en)
    night = _Night(room.ground.width, room.ground.height) if scene.is_night else None
    behind = [actor for actor in scene.actors if not actor.is_in_front]
    before = [actor for actor in scene.actors if actor.is_in_front]
    for index in range(PICTURES):
        time_s = index / FRAME_RATE
        picture = room.ground.copy()
        if room.clock is not None:
            draw_clock(picture, room.clock, time_s)
        for source in room.steam:
            draw_steam(picture, source, time_s)
        for actor in behind:
            actor.draw(picture, time_s)
        if scene.mouse is not None:
            scene.mouse.draw(picture, time_s)
        picture.paste(room.front, (0, 0), room.front)
        for actor in before:
            actor.draw(picture, time_s)
        yield caption.burn(picture if night is None else night.seen(picture, index), index, FRAME_RATE)


class _Night:
    """Grey, lit from the camera, and noisy."""

    def __init__(self, width: int, height: int):
        random = np.random.default_rng(3)
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        self._light = np.clip(0.82 - 0.5 * (x**2 + 0.7 * y**2), 0.12, 1).astype(np.float32)
        self._noise = [random.normal(0, 3.2, (height, width)).astype(np.float32) for _ in range(5)]

    def seen(self, picture: Image.Image, index: int) -> Image.Image:
        gray = np.asarray(picture.convert("L"), np.float32) * self._light + self._noise[index % 5]
        return Image.fromarray(gray.clip(0, 255).astype(np.uint8)).convert("RGB")
