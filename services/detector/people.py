"""Who is there: bodies and heads of one picture put together into people. Pure.

A detector of persons misses the worker who is seen from above; one of heads misses who turns away. Together they
miss few: a head belongs to the body whose upper part it lies in, and each that is left over is a person of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.detector.geometry import Box

# A head lies in the upper part of its body, give or take what boxes are wrong by.
_HEAD_ZONE = 0.45
_INSIDE_MIN = 0.6
# The body under a lone head, in heads: as wide as the shoulders, and as far down as can be told from above.
_BODY_WIDTH_HEADS = 2.4
_BODY_HEIGHT_HEADS = 4.0


@dataclass(frozen=True, slots=True)
class Found:
    """One box that a model found, with how sure it is."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class Person:
    """`head` is None where none was found; `has_body` is False where the box is guessed from the head."""

    box: Box
    score: float
    head: Found | None
    has_body: bool


def united(bodies: Sequence[Found], heads: Sequence[Found], aspect: float) -> list[Person]:
    """Everybody in the picture, once.

    Args:
        aspect: width of the picture through its height: boxes are in shares of each.
    """
    owner: dict[int, int] = {}
    for place, head in sorted(enumerate(heads), key=lambda one: -one[1].score):
        best = max(
            (at for at in range(len(bodies)) if at not in owner.values()),
            key=lambda at: _belongs(head.box, bodies[at].box),
            default=None,
        )
        if best is not None and _belongs(head.box, bodies[best].box) >= _INSIDE_MIN:
            owner[place] = best
    people = [
        Person(bodies[at].box, max(bodies[at].score, heads[place].score), heads[place], True)
        for place, at in owner.items()
    ]
    people += [Person(body.box, body.score, None, True) for at, body in enumerate(bodies) if at not in owner.values()]
    people += [
        Person(_body_under(head.box, aspect), head.score, head, False)
        for place, head in enumerate(heads)
        if place not in owner
    ]
    return people


def _belongs(head: Box, body: Box) -> float:
    """Share of the head that lies in the upper part of the body; a smaller body that holds it is the likelier one."""
    if head.area <= 0.0 or head.width > body.width * 1.1:
        return 0.0
    upper = Box(body.left, body.top - head.height * 0.3, body.right, body.top + body.height * _HEAD_ZONE)
    inside = head.shared(upper) / head.area
    return inside * (1.0 - 0.1 * min(1.0, body.area))


def _body_under(head: Box, aspect: float) -> Box:
    centre = (head.left + head.right) / 2
    # A head is about as wide as it is high, in pixels.
    width = max(head.width, head.height / max(aspect, 0.1)) * _BODY_WIDTH_HEADS
    return Box(centre - width / 2, head.top, centre + width / 2, head.top + head.height * _BODY_HEIGHT_HEADS).clipped()
