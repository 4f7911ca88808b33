"""Which parts of a picture nobody outside may see: heads, and where heads must be though none was found. Pure.

Boxes are generous, because what is not hidden is published. A head is also hidden where it was in the pictures before
and after, so that one in which the model missed it does not show it; and of a body without a sure head, the upper part.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from services.detector.geometry import Box
from services.detector.large_movers import moves
from services.detector.people import Found, united

# On each side of a face, in faces: hat, chin and hair, and what the box is wrong by.
_HEAD_MARGIN = 0.6
# A head below that does not stand for its body: the upper part is hidden too.
_SURE = 0.6
_UPPER = 0.45
_ABOVE = 0.12
_BESIDE = 0.1
# Between two looks a head crosses so many of its own sizes, and hardly changes it.
_REACH = 3.0
_SIZES = 2.0


def parts_of(bodies: Sequence[Found], heads: Sequence[Found], motion: Sequence[Box], aspect: float) -> tuple[Box, ...]:
    """What is to be hidden in a picture by what was found in it.

    Args:
        motion: where something large moves: what is nobody we found is hidden whole.
        aspect: width of the picture through its height: boxes are in shares of each.
    """
    people = united(bodies, heads, aspect)
    parts = [_around(head.box, aspect) for head in heads]
    parts += [_upper(person.box) for person in people if person.has_body and not _is_sure(person.head)]
    parts += [one for one in motion if not any(moves(person.box, [one]) for person in people)]
    return tuple(parts)


def way_of_heads(before: Sequence[Box], after: Sequence[Box]) -> tuple[Box, ...]:
    """Where heads may have been between two looks: from each to each that may be the same."""
    return tuple(
        Box(min(a.left, b.left), min(a.top, b.top), max(a.right, b.right), max(a.bottom, b.bottom))
        for a, b in product(before, after)
        if _may_be_one(a, b)
    )


def around_heads(heads: Sequence[Found], aspect: float) -> tuple[Box, ...]:
    return tuple(_around(head.box, aspect) for head in heads)


def _is_sure(head: Found | None) -> bool:
    return head is not None and head.score >= _SURE


def _around(face: Box, aspect: float) -> Box:
    side = max(face.width, face.height / aspect)  # in picture widths
    across, down = side * _HEAD_MARGIN, side * aspect * _HEAD_MARGIN
    return Box(face.left - across, face.top - down, face.right + across, face.bottom + down).clipped()


def _upper(body: Box) -> Box:
    beside, above = body.width * _BESIDE, body.height * _ABOVE
    return Box(body.left - beside, body.top - above, body.right + beside, body.top + body.height * _UPPER).clipped()


def _may_be_one(a: Box, b: Box) -> bool:
    if not 1 / _SIZES <= a.height / max(b.height, 1e-9) <= _SIZES:
        return False
    (x, y), (was_x, was_y) = a.centre, b.centre
    width, height = max(a.width, b.width), max(a.height, b.height)
    return abs(x - was_x) <= _REACH * width and abs(y - was_y) <= _REACH * height
