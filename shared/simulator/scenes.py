"""The demo's cameras: which room, who works there and what one does not wear, what is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from shared.simulator import interiors
from shared.simulator.caption import Caption
from shared.simulator.movement import Actor, Mouse, Station, draw_clock, draw_steam
from shared.simulator.picture_index import Pixels
from shared.simulator.worker import Outfit

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


_NAVY, _GREEN = (52, 92, 116), (66, 120, 96)

SCENES: tuple[Scene, ...] = (
    Scene(
        "cooking",
        "烹饪间",
        "Cooking",
        interiors.cooking,
        (
            Actor(Outfit(0, apron=_NAVY), 566, 0.82, (Station(0, 470, "stir"), Station(6, 470, "walk"), Station(7.6, 640, "stir"), Station(13, 640, "walk"), Station(14.6, 470, "stir"), Station(16, 470, "stir"))),
            Actor(Outfit(1, has_mask=False), 574, 0.83, (Station(0, 860, "stir"), Station(9, 860, "walk"), Station(11.2, 1110, "stand"), Station(13, 1110, "walk"), Station(15.2, 860, "stir"), Station(16, 860, "stir"))),
            Actor(Outfit(2), 684, 0.94, (Station(0, 240, "chop"), Station(10, 240, "stand"), Station(11, 240, "chop"), Station(16, 240, "chop"))),
            Actor(Outfit(3, has_hat=False), 716, 1.0, (Station(0, 1400, "carry"), Station(5, 930, "stand"), Station(8, 930, "carry"), Station(13, 1400, "stand"), Station(16, 1400, "stand")), is_in_front=True),
        ),
        sound="aac",
    ),
    Scene(
        "cutting",
        "洗切间",
        "Washing and cutting",
        interiors.cutting,
        (
            Actor(Outfit(2, apron=_GREEN), 560, 0.8, (Station(0, 190, "stir"), Station(7, 190, "walk"), Station(9, 370, "stir"), Station(14, 370, "walk"), Station(16, 190, "stir"))),
            Actor(Outfit(0), 686, 0.94, (Station(0, 320, "chop"), Station(16, 320, "chop"))),
            Actor(Outfit(3, has_hat=False), 686, 0.94, (Station(0, 600, "chop"), Station(6, 600, "stand"), Station(7.5, 600, "chop"), Station(16, 600, "chop"))),
            Actor(Outfit(1, has_uniform=False, clothes=(84, 118, 178)), 686, 0.94, (Station(0, 880, "stand"), Station(2, 880, "walk"), Station(4, 1040, "chop"), Station(12, 1040, "walk"), Station(14, 880, "stand"), Station(16, 880, "stand"))),
        ),
        sound="pcm_mulaw",
    ),
    Scene(
        "serving",
        "出餐口",
        "Serving and dishes",
        interiors.serving,
        (
            Actor(Outfit(1, apron=_NAVY), 684, 0.94, (Station(0, 250, "stir"), Station(5, 250, "walk"), Station(7, 450, "stir"), Station(12, 450, "walk"), Station(14, 250, "stir"), Station(16, 250, "stir"))),
            Actor(Outfit(2, apron=_NAVY), 684, 0.94, (Station(0, 690, "stir"), Station(16, 690, "stir"))),
            Actor(Outfit(0, has_mask=False, apron=_NAVY), 684, 0.94, (Station(0, 930, "stand"), Station(3, 930, "stir"), Station(11, 930, "stand"), Station(16, 930, "stand"))),
            Actor(Outfit(3), 560, 0.8, (Station(0, -120, "carry"), Station(6, 560, "stand"), Station(8, 560, "walk"), Station(13.6, -120, "stand"), Station(16, -120, "stand"))),
        ),
        sound="aac",
    ),
    Scene(
        "storage-night",
        "食材库（夜间）",
        "Storage at night",
        interiors.storage,
        mouse=Mouse(
            ((0, -60), (1.5, -60), (2.8, 260), (4.2, 260), (5.2, 560), (5.6, 560), (7, 940), (9, 940), (10.2, 620), (11.4, 620), (13.6, -60), (16, -60)),
            524,
        ),
        is_night=True,
    ),
    Scene(
        "preparing",
        "面点间",
        "Pastry",
        interiors.preparing,
        (
            Actor(Outfit(3, apron=_GREEN), 684, 0.94, (Station(0, 300, "chop"), Station(8, 300, "walk"), Station(10, 500, "chop"), Station(14, 500, "walk"), Station(16, 300, "chop"))),
            Actor(Outfit(1), 684, 0.94, (Station(0, 760, "stir"), Station(16, 760, "stir"))),
            Actor(Outfit(0, has_hat=False, has_mask=False), 684, 0.94, (Station(0, 980, "stand"), Station(4, 980, "chop"), Station(12, 980, "stand"), Station(16, 980, "stand"))),
            Actor(Outfit(2, has_uniform=False, has_hat=False, has_mask=False, clothes=(178, 74, 66)), 552, 0.8, (Station(0, 1000, "stand"), Station(3, 1000, "walk"), Station(9, 250, "stand"), Station(10, 250, "walk"), Station(16, 1000, "stand"))),
        ),
    ),
)  # fmt: skip
