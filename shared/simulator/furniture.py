"""The things that stand in a kitchen, drawn flat. x, y is the top left corner; all sizes in pixels of 1280 x 720."""

from __future__ import annotations

from collections.abc import Sequence

from shared.simulator.brush import Brush, Colour

STEEL, STEEL_LIGHT, STEEL_DARK, STEEL_EDGE = (188, 197, 203), (222, 228, 231), (146, 157, 165), (108, 119, 128)
INK = (52, 60, 70)
WOOD, WOOD_DARK = (206, 164, 112), (166, 124, 78)
GREENS, CARROT, TOMATO, RICE = (104, 166, 84), (232, 142, 60), (204, 72, 58), (244, 240, 228)


def wall(brush: Brush, tile: Colour, grout: Colour, bottom: float) -> None:
    """Tiles to the height of the shelves, plaster above, light from the ceiling."""
    brush.shade(0, 0, 1280, bottom, (238, 240, 238), (226, 231, 230))
    brush.box(0, 120, 1280, bottom - 120, tile)
    for row in range(int((bottom - 120) // 30) + 1):
        y = 120 + row * 30
        brush.line([(0, y), (1280, y)], grout, 1.2)
        for column in range(23):
            x = column * 60 + (30 if row % 2 else 0)
            brush.line([(x, y), (x, min(y + 30, bottom))], grout, 1.2)
    brush.box(0, 116, 1280, 6, grout)
    brush.box(0, bottom - 16, 1280, 16, (150, 158, 160))


def floor(brush: Brush, light: Colour, dark: Colour, top: float) -> None:
    """A chequered floor that runs to a vanishing point above the wall."""
    brush.shade(0, top, 1280, 720 - top, dark, light)
    depths = [top + (720 - top) * (step / 9) ** 1.7 for step in range(10)]

    def x_at(column: float, y: float) -> float:
        return 640 + column * 34 * (y - top + 160) / 160

    for row, (near, far) in enumerate(zip(depths[1:], depths, strict=False)):
        for column in range(-19, 19):
            if (row + column) % 2:
                corners = [(x_at(column, far), far), (x_at(column + 1, far), far)]
                brush.shape([*corners, (x_at(column + 1, near), near), (x_at(column, near), near)], (*light[:3], 130))
    brush.shade(0, top, 1280, 46, (40, 46, 52, 70), (40, 46, 52, 0))


def ceiling_lights(brush: Brush, places: Sequence[float]) -> None:
    for x in places:
        brush.box(x - 96, 42, 192, 12, (250, 252, 248), 6)
        brush.shape([(x - 90, 56), (x + 90, 56), (x + 170, 230), (x - 170, 230)], (255, 255, 246, 26))


def counter(brush: Brush, x: float, y: float, width: float, height: float, doors: int) -> None:
    """A steel base cupboard with a worktop."""
    brush.box(x + 4, y + height - 4, width - 8, 12, (30, 36, 42, 70), 5)
    brush.shade(x, y + 10, width, height - 10, (*STEEL, 255), (*STEEL_DARK, 255))
    for door in range(doors):
        left = x + door * width / doors
        brush.box(left + 6, y + 28, width / doors - 12, height - 40, (*STEEL_LIGHT, 120), 5)
        brush.box(left + width / doors / 2 - 22, y + 38, 44, 6, STEEL_EDGE, 3)
    brush.box(x - 6, y, width + 12, 16, STEEL_LIGHT, 4)
    brush.box(x - 6, y + 12, width + 12, 5, STEEL_EDGE, 2)


def front_table(brush: Brush, x: float, width: float, y: float = 588) -> None:
    """The table nearest to the camera: its top seen from above, its edge below."""
    brush.shape([(x + 34, y), (x + width - 34, y), (x + width, y + 74), (x, y + 74)], STEEL_LIGHT)
    brush.shape([(x + 120, y + 6), (x + 330, y + 6), (x + 270, y + 70), (x + 60, y + 70)], (230, 234, 237))
    brush.shade(x, y + 74, width, 720 - y - 74, (*STEEL, 255), (*STEEL_DARK, 255))
    brush.box(x, y + 72, width, 7, STEEL_EDGE, 3)


def stove(brush: Brush, x: float, y: float, width: float, burners: int) -> list[tuple[float, float]]:
    """A range with pots; returns where each pot's mouth is, for steam to rise from."""
    counter(brush, x, y, width, 132, burners)
    mouths = []
    for number in range(burners):
        middle = x + (number + 0.5) * width / burners
        brush.box(middle - 52, y - 7, 104, 9, INK, 4)
        if number % 2:
            brush.shape(
                [(middle - 62, y - 38), (middle + 62, y - 38), (middle + 34, y - 6), (middle - 34, y - 6)], (70, 76, 84)
            )
            brush.oval(middle, y - 38, 62, 10, (96, 104, 112))
            brush.oval(middle, y - 38, 54, 7, (196, 148, 76))
            brush.line([(middle + 60, y - 38), (middle + 96, y - 54)], WOOD_DARK, 8)
        else:
            brush.shade(middle - 50, y - 74, 100, 68, (*STEEL_LIGHT, 255), (*STEEL_DARK, 255))
            brush.oval(middle, y - 74, 50, 9, STEEL_EDGE)
            brush.oval(middle, y - 73, 44, 6, (226, 206, 168))
            for side in (-1, 1):
                brush.box(middle + side * 58 - 9, y - 56, 18, 8, STEEL_EDGE, 4)
        for knob in (-20, 0, 20):
            brush.oval(middle + knob, y + 24, 6, 6, INK)
        mouths.append((middle, y - (46 if number % 2 else 82)))
    return mouths


def hood(brush: Brush, x: float, width: float) -> None:
    brush.shape([(x + 40, 122), (x + width - 40, 122), (x + width, 196), (x, 196)], STEEL)
    brush.shape([(x + 90, 122), (x + 190, 122), (x + 168, 196), (x + 52, 196)], (255, 255, 255, 60))
    brush.box(x + width / 2 - 52, 34, 104, 90, STEEL_DARK)
    brush.box(x - 6, 194, width + 12, 20, STEEL_LIGHT, 5)
    brush.box(x - 6, 209, width + 12, 5, STEEL_EDGE, 2)
    for number in range(4):
        brush.box(x + width * (number + 0.5) / 4 - 22, 199, 44, 7, (255, 244, 204), 3)


def sinks(brush: Brush, x: float, y: float, width: float, count: int) -> None:
    counter(brush, x, y, width, 132, count)
    for number in range(count):
        middle = x + (number + 0.5) * width / count
        brush.box(middle - 58, y - 2, 116, 14, STEEL_DARK, 5)
        brush.box(middle - 50, y + 1, 100, 9, (160, 200, 214), 4)
        brush.line([(middle, y - 2), (middle, y - 46), (middle + 26, y - 50), (middle + 28, y - 32)], STEEL_EDGE, 7)
        brush.oval(middle - 16, y - 12, 7, 5, (206, 90, 80))
        brush.oval(middle + 16, y - 12, 7, 5, (86, 140, 196))


def shelf(brush: Brush, x: float, y: float, width: float, things: Sequence[tuple[str, Colour]]) -> None:
    """A board on the wall with pots, jars and bowls."""
    step = width / max(1, len(things))
    for number, (kind, colour) in enumerate(things):
        middle = x + (number + 0.5) * step
        if kind == "pot":
            brush.box(middle - 26, y - 40, 52, 40, colour, 6)
            brush.box(middle - 29, y - 44, 58, 7, STEEL_EDGE, 3)
            brush.oval(middle, y - 46, 6, 4, INK)
        elif kind == "jar":
            brush.box(middle - 14, y - 38, 28, 38, colour, 6)
            brush.box(middle - 12, y - 44, 24, 8, INK, 3)
            brush.box(middle - 10, y - 26, 20, 14, (250, 248, 240), 2)
        elif kind == "bowls":
            for layer in range(5):
                brush.box(middle - 27, y - 9 - layer * 8, 54, 7, colour if layer % 2 else STEEL_LIGHT, 3)
        else:
            brush.box(middle - 32, y - 34, 64, 34, colour, 4)
            brush.box(middle - 18, y - 24, 36, 12, (255, 255, 255, 170), 3)
    brush.box(x - 8, y, width + 16, 9, STEEL_EDGE, 3)
    for bracket in (x + 12, x + width - 18):
        brush.box(bracket, y + 8, 6, 20, STEEL_DARK)


def door(brush: Brush, x: float, bottom: float, colour: Colour) -> None:
    brush.box(x - 9, bottom - 268, 140, 268, (126, 134, 140))
    brush.box(x, bottom - 260, 122, 260, colour)
    brush.box(x + 32, bottom - 236, 58, 66, (196, 220, 230), 8)
    brush.line([(x + 40, bottom - 178), (x + 74, bottom - 232)], (255, 255, 255, 150), 6)
    brush.oval(x + 106, bottom - 126, 7, 7, STEEL_LIGHT)
    brush.box(x, bottom - 34, 122, 30, STEEL_DARK)


def fridge(brush: Brush, x: float, bottom: float) -> None:
    brush.shade(x, bottom - 280, 146, 280, (*STEEL_LIGHT, 255), (*STEEL, 255))
    brush.line([(x, bottom - 142), (x + 146, bottom - 142)], STEEL_EDGE, 3)
    for y in (bottom - 236, bottom - 104):
        brush.box(x + 122, y, 8, 64, STEEL_EDGE, 4)
    brush.box(x + 20, bottom - 258, 50, 18, INK, 3)
    brush.box(x + 26, bottom - 253, 30, 8, (112, 220, 150), 2)


def clock_face(brush: Brush, x: float, y: float, radius: float) -> None:
    brush.oval(x, y, radius + 5, radius + 5, INK)
    brush.oval(x, y, radius, radius, (252, 252, 248))


def board_with(brush: Brush, x: float, y: float, kind: str) -> None:
    """A chopping board on the front table and what lies on it."""
    brush.shape([(x + 12, y), (x + 148, y), (x + 160, y + 42), (x, y + 42)], WOOD)
    brush.box(x, y + 40, 160, 7, WOOD_DARK, 3)
    if kind == "greens":
        for number in range(9):
            colour = (GREENS, (132, 190, 104), (84, 144, 70))[number % 3]
            brush.oval(x + 34 + number * 12, y + 14 + number % 3 * 6, 15, 10, colour)
    elif kind == "carrots":
        for number in range(5):
            brush.line([(x + 30 + number * 22, y + 32), (x + 48 + number * 22, y + 10)], CARROT, 10)
            brush.line([(x + 48 + number * 22, y + 10), (x + 54 + number * 22, y + 2)], GREENS, 5)
    elif kind == "tomatoes":
        for number in range(5):
            brush.oval(x + 34 + number * 23, y + 18 + number % 2 * 5, 12, 11, TOMATO)
            brush.oval(x + 34 + number * 23, y + 9 + number % 2 * 5, 4, 3, GREENS)
    else:
        for number in range(4):
            brush.oval(x + 32 + number * 32, y + 20, 17, 13, (240, 226, 196))
            brush.oval(x + 28 + number * 32, y + 16, 8, 5, (250, 242, 222))


def food_pan(brush: Brush, x: float, y: float, colour: Colour) -> None:
    brush.shape([(x + 10, y), (x + 122, y), (x + 134, y + 46), (x, y + 46)], STEEL_DARK)
    brush.shape([(x + 18, y + 5), (x + 114, y + 5), (x + 123, y + 40), (x + 10, y + 40)], colour)
    lighter = (min(255, colour[0] + 22), min(255, colour[1] + 22), min(255, colour[2] + 22))
    for number in range(8):
        brush.oval(x + 28 + number % 4 * 26 + number // 4 * 10, y + 14 + number // 4 * 14, 10, 5, lighter)


def sack(brush: Brush, x: float, y: float, colour: Colour) -> None:
    brush.box(x, y, 112, 76, colour, 24)
    brush.box(x + 26, y + 24, 60, 28, (250, 246, 236), 5)
    brush.box(x + 36, y + 34, 40, 7, (168, 76, 66), 3)


def carton(brush: Brush, x: float, y: float, width: float, height: float) -> None:
    brush.box(x, y, width, height, (198, 158, 108), 3)
    brush.box(x + width / 2 - 8, y, 16, height, (216, 184, 140))
    brush.box(x, y, width, 5, (168, 130, 84))
