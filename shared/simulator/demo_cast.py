"""The demo's cast: which room each camera sees, who works there and what one does not wear."""

from __future__ import annotations

from shared.simulator.interiors import cooking, cutting, preparing, serving, storage
from shared.simulator.movement import Actor, Mouse, stations
from shared.simulator.scenes import Scene
from shared.simulator.worker import Outfit

_NAVY, _GREEN = (52, 92, 116), (66, 120, 96)

SCENES: tuple[Scene, ...] = (
    Scene(
        "cooking",
        "烹饪间",
        "Cooking",
        cooking,
        (
            Actor(
                Outfit(0, apron=_NAVY),
                566,
                0.82,
                stations("0 470 stir, 6 470 walk, 7.6 640 stir, 13 640 walk, 14.6 470 stir, 16 470 stir"),
            ),
            Actor(
                Outfit(1, has_mask=False),
                574,
                0.83,
                stations("0 860 stir, 9 860 walk, 11.2 1110 stand, 13 1110 walk, 15.2 860 stir, 16 860 stir"),
            ),
            Actor(Outfit(2), 684, 0.94, stations("0 240 chop, 10 240 stand, 11 240 chop, 16 240 chop")),
            Actor(
                Outfit(3, has_hat=False),
                716,
                1.0,
                stations("0 1400 carry, 5 930 stand, 8 930 carry, 13 1400 stand, 16 1400 stand"),
                is_in_front=True,
            ),
        ),
        sound="aac",
    ),
    Scene(
        "cutting",
        "洗切间",
        "Washing and cutting",
        cutting,
        (
            Actor(
                Outfit(2, apron=_GREEN),
                560,
                0.8,
                stations("0 190 stir, 7 190 walk, 9 370 stir, 14 370 walk, 16 190 stir"),
            ),
            Actor(Outfit(0), 686, 0.94, stations("0 320 chop, 16 320 chop")),
            Actor(Outfit(3, has_hat=False), 686, 0.94, stations("0 600 chop, 6 600 stand, 7.5 600 chop, 16 600 chop")),
            Actor(
                Outfit(1, has_uniform=False, clothes=(84, 118, 178)),
                686,
                0.94,
                stations("0 880 stand, 2 880 walk, 4 1040 chop, 12 1040 walk, 14 880 stand, 16 880 stand"),
            ),
        ),
        sound="pcm_mulaw",
    ),
    Scene(
        "serving",
        "出餐口",
        "Serving and dishes",
        serving,
        (
            Actor(
                Outfit(1, apron=_NAVY),
                684,
                0.94,
                stations("0 250 stir, 5 250 walk, 7 450 stir, 12 450 walk, 14 250 stir, 16 250 stir"),
            ),
            Actor(Outfit(2, apron=_NAVY), 684, 0.94, stations("0 690 stir, 16 690 stir")),
            Actor(
                Outfit(0, has_mask=False, apron=_NAVY),
                684,
                0.94,
                stations("0 930 stand, 3 930 stir, 11 930 stand, 16 930 stand"),
            ),
            Actor(
                Outfit(3), 560, 0.8, stations("0 -120 carry, 6 560 stand, 8 560 walk, 13.6 -120 stand, 16 -120 stand")
            ),
        ),
        sound="aac",
    ),
    Scene(
        "storage-night",
        "食材库（夜间）",
        "Storage at night",
        storage,
        mouse=Mouse(
            (
                (0, -60),
                (1.5, -60),
                (2.8, 260),
                (4.2, 260),
                (5.2, 560),
                (5.6, 560),
                (7, 940),
                (9, 940),
                (10.2, 620),
                (11.4, 620),
                (13.6, -60),
                (16, -60),
            ),
            524,
        ),
        is_night=True,
    ),
    Scene(
        "preparing",
        "面点间",
        "Pastry",
        preparing,
        (
            Actor(
                Outfit(3, apron=_GREEN),
                684,
                0.94,
                stations("0 300 chop, 8 300 walk, 10 500 chop, 14 500 walk, 16 300 chop"),
            ),
            Actor(Outfit(1), 684, 0.94, stations("0 760 stir, 16 760 stir")),
            Actor(
                Outfit(0, has_hat=False, has_mask=False),
                684,
                0.94,
                stations("0 980 stand, 4 980 chop, 12 980 stand, 16 980 stand"),
            ),
            Actor(
                Outfit(2, has_uniform=False, has_hat=False, has_mask=False, clothes=(178, 74, 66)),
                552,
                0.8,
                stations("0 1000 stand, 3 1000 walk, 9 250 stand, 10 250 walk, 16 1000 stand"),
            ),
        ),
    ),
)
