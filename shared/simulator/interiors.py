"""Five rooms of a school canteen, empty: a background, and the table that stands before the workers."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from shared.simulator import furniture as thing
from shared.simulator.brush import Brush, Colour, Point

WIDTH, HEIGHT = 1280, 720
_WALL_BOTTOM = 352.0
_COUNTER_TOP = 306.0


@dataclass(frozen=True, slots=True)
class Interior:
    """`steam` are the points it rises from, `clock` the middle of the wall clock, both in pixels of WIDTH x HEIGHT.

    `front` is RGBA: what hides the workers' legs.
    """

    ground: Image.Image
    front: Image.Image
    steam: tuple[Point, ...] = ()
    clock: Point | None = None


def cooking() -> Interior:
    brush = _room((214, 226, 224), (190, 204, 202), (206, 196, 184), (176, 164, 152))
    thing.ceiling_lights(brush, (220, 1080))
    thing.door(brush, 44, _WALL_BOTTOM + 8, (96, 138, 132))
    thing.hood(brush, 380, 560)
    mouths = thing.stove(brush, 372, _COUNTER_TOP, 576, 4)
    things = [
        ("pot", thing.STEEL),
        ("jar", thing.TOMATO),
        ("jar", thing.CARROT),
        ("jar", thing.GREENS),
        ("bowls", (92, 142, 176)),
    ]
    thing.shelf(brush, 990, 206, 262, things)
    thing.counter(brush, 992, _COUNTER_TOP, 270, 132, 2)
    thing.carton(brush, 1040, 250, 84, 56)
    thing.clock_face(brush, 286, 166, 30)
    front = _front()
    thing.front_table(front, 60, 760)
    thing.board_with(front, 150, 602, "greens")
    thing.board_with(front, 350, 602, "carrots")
    thing.food_pan(front, 560, 600, thing.RICE)
    return Interior(brush.finish(), front.finish(), tuple(mouths), (286, 166))


def cutting() -> Interior:
    brush = _room((218, 224, 232), (194, 203, 214), (190, 200, 204), (160, 172, 178))
    thing.ceiling_lights(brush, (420, 860))
    thing.sinks(brush, 60, _COUNTER_TOP, 520, 3)
    things = [
        ("jar", (240, 236, 220)),
        ("bowls", (214, 126, 96)),
        ("bowls", (92, 142, 176)),
        ("jar", thing.GREENS),
        ("crate", (88, 150, 110)),
    ]
    thing.shelf(brush, 90, 212, 430, things)
    thing.fridge(brush, 660, _WALL_BOTTOM + 60)
    thing.counter(brush, 850, _COUNTER_TOP, 400, 132, 3)
    for place, colour in enumerate(((88, 150, 110), (214, 160, 70), (196, 92, 80))):
        brush.box(880 + place * 124, 262, 104, 44, colour, 6)
        brush.box(
            886 + place * 124,
            256,
            92,
            10,
            thing.GREENS if place == 0 else thing.CARROT if place == 1 else thing.TOMATO,
            5,
        )
    thing.clock_face(brush, 600, 164, 28)
    front = _front()
    thing.front_table(front, 120, 1060)
    for place, kind in enumerate(("greens", "tomatoes", "carrots", "greens")):
        thing.board_with(front, 200 + place * 250, 602, kind)
    return Interior(brush.finish(), front.finish(), (), (600, 164))


def serving() -> Interior:
    brush = _room((232, 226, 214), (214, 204, 188), (188, 178, 168), (158, 148, 140))
    thing.ceiling_lights(brush, (240, 640, 1040))
    brush.box(330, 140, 620, 170, (120, 128, 134), 8)
    brush.shade(342, 152, 596, 150, (150, 196, 214, 255), (206, 226, 222, 255))
    for place in range(5):
        middle = 402 + place * 118
        brush.box(middle - 36, 236, 72, 62, ((78, 116, 172), (216, 222, 226))[place % 2], 20)
        brush.oval(middle, 212, 24, 25, (48, 42, 44))
        brush.oval(middle, 219, 20, 19, (234, 194, 164))
    brush.box(330, 292, 620, 22, thing.STEEL_LIGHT, 4)
    thing.shelf(brush, 50, 216, 240, [("bowls", (214, 126, 96)), ("bowls", (92, 142, 176)), ("bowls", (214, 126, 96))])
    thing.counter(brush, 40, _COUNTER_TOP, 260, 132, 2)
    thing.counter(brush, 320, _COUNTER_TOP + 4, 640, 128, 4)
    brush.shade(1000, 214, 220, 224, (*thing.STEEL_LIGHT, 255), (*thing.STEEL_DARK, 255))
    brush.box(1016, 292, 188, 74, thing.INK, 8)
    brush.box(1024, 300, 172, 58, (120, 168, 186), 6)
    brush.box(1020, 228, 60, 20, (112, 220, 150), 4)
    thing.clock_face(brush, 1110, 164, 28)
    front = _front()
    thing.front_table(front, 90, 1100)
    for place, colour in enumerate(
        (thing.RICE, thing.GREENS, (190, 120, 70), thing.TOMATO, (232, 196, 96), thing.GREENS)
    ):
        thing.food_pan(front, 150 + place * 168, 598, colour)
    return Interior(brush.finish(), front.finish(), ((1110, 216), (216, 594), (720, 594)), (1110, 164))


def preparing() -> Interior:
    brush = _room((226, 230, 218), (205, 211, 194), (204, 188, 164), (178, 160, 138))
    thing.ceiling_lights(brush, (320, 760))
    brush.shade(70, 170, 230, 240, (*thing.STEEL, 255), (*thing.STEEL_DARK, 255))
    for y in (192, 296):
        brush.box(92, y, 186, 84, thing.INK, 8)
        brush.box(102, y + 12, 166, 56, (226, 150, 72), 6)
        brush.box(100, y - 12, 170, 8, thing.STEEL_LIGHT, 4)
    thing.counter(brush, 350, _COUNTER_TOP, 520, 132, 4)
    for place in range(3):
        middle = 430 + place * 170
        brush.shape([(middle - 50, 262), (middle + 50, 262), (middle + 34, 304), (middle - 34, 304)], thing.STEEL)
        brush.oval(middle, 262, 50, 12, (246, 236, 212))
    thing.shelf(
        brush,
        380,
        206,
        440,
        [("crate", thing.WOOD), ("jar", thing.RICE), ("jar", thing.RICE), ("crate", thing.WOOD), ("pot", thing.STEEL)],
    )
    thing.door(brush, 960, _WALL_BOTTOM + 8, (140, 112, 92))
    for row in range(2):
        thing.sack(brush, 1120, 330 - row * 62, (222, 208, 176))
    thing.clock_face(brush, 900, 166, 28)
    front = _front()
    thing.front_table(front, 160, 960)
    for place in range(4):
        thing.board_with(front, 220 + place * 230, 602, "dough")
    return Interior(brush.finish(), front.finish(), ((185, 186),), (900, 166))


def storage() -> Interior:
    brush = _room((214, 218, 214), (192, 198, 192), (186, 184, 178), (158, 156, 150))
    for place in (40, 470):
        for y in (150, 250, 350, 448):
            brush.box(place, y, 380, 10, thing.STEEL_EDGE, 3)
        for x in (place, place + 184, place + 370):
            brush.box(x, 120, 10, 372, thing.STEEL_DARK)
        for number in range(3):
            thing.sack(brush, place + 14 + number * 122, 374, (222, 208, 176))
            thing.carton(brush, place + 18 + number * 120, 268, 96, 82)
            brush.box(
                place + 24 + number * 120, 178, 84, 72, ((120, 160, 132), (206, 160, 88), (150, 170, 190))[number], 8
            )
    thing.fridge(brush, 910, 440)
    thing.door(brush, 1110, 420, (120, 128, 132))
    front = _front()
    thing.carton(front, 1010, 560, 190, 160)
    thing.sack(front, 60, 640, (222, 208, 176))
    return Interior(brush.finish(), front.finish())


def _room(tile: Colour, grout: Colour, floor_light: Colour, floor_dark: Colour) -> Brush:
    brush = Brush(WIDTH, HEIGHT, 2, (255, 255, 255))
    thing.wall(brush, tile, grout, _WALL_BOTTOM)
    thing.floor(brush, floor_light, floor_dark, _WALL_BOTTOM)
    return brush


def _front() -> Brush:
    return Brush(WIDTH, HEIGHT, 2)
