"""What a camera shows when all is well: learned for each time of the day, in colour and in infrared light. Pure.

A dark kitchen at six, a bright one at noon and an infrared picture at night are all healthy, and differ more from each
other than from a fault. So there is one baseline for each part of the day and kind of light; where one is not learned
yet, the nearest of the same light stands in for it.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, fields

import numpy as np

from services.detector.diagnosis.measures import COLUMNS, EDGE_SIZE, ROWS, Floats, Measures

_HOURS = 4
_US_PER_HOUR = 3_600_000_000
# Pictures after which a baseline is used, and those after which the oldest fade away.
LEARNED_AFTER = 15
_REMEMBERED = 600
_EVERY_US = 900_000
_VERSION = 2


@dataclass(slots=True)
class Baseline:
    """Running means of what `Measures` holds, of one part of the day; `alike`: how like their mean the edges are."""

    count: int
    mean: float
    white_share: float
    cb: float
    cr: float
    noise: float
    alike: float
    detail: Floats
    coarse: Floats
    edges: Floats

    @property
    def is_learned(self) -> bool:
        return self.count >= LEARNED_AFTER


_SHAPES = {
    "detail": (ROWS, COLUMNS),
    "coarse": (ROWS, COLUMNS),
    "edges": (EDGE_SIZE[1], EDGE_SIZE[0]),
}
_NUMBERS = tuple(field.name for field in fields(Baseline) if field.name not in _SHAPES and field.name != "count")


class Baselines:
    """All of one camera. Not shared between threads.

    Attributes:
        has_news: something was learned since `pack`.
        began_us: when learning began, UTC microseconds; 0: not yet.
    """

    def __init__(self) -> None:
        self._slots: dict[tuple[bool, int], Baseline] = {}
        self._taken_us = 0
        self.has_news = False
        self.began_us = 0

    def nearest(self, measures: Measures) -> Baseline | None:
        """The one in force for a picture; None while nothing of its light is learned."""
        is_grey, part = _slot(measures)
        parts = 24 // _HOURS
        learned = [(at, one) for (grey, at), one in self._slots.items() if grey == is_grey and one.is_learned]
        if not learned:
            return None
        return min(learned, key=lambda item: min((item[0] - part) % parts, (part - item[0]) % parts))[1]

    def learn(self, measures: Measures) -> None:
        """Of a picture in which nothing is wrong. At most one a second counts."""
        if 0 <= measures.at_us - self._taken_us < _EVERY_US:
            return
        self._taken_us = measures.at_us
        slot = _slot(measures)
        known = self._slots.get(slot)
        if known is None:
            self._slots[slot] = _first(measures)
            return
        alike = likeness(measures.edges, known.edges)
        known.count += 1
        share = 1 / min(known.count, _REMEMBERED)
        known.alike += share * (alike - known.alike)
        for name in (*_NUMBERS, *_SHAPES):
            if name != "alike":
                old = getattr(known, name)
                setattr(known, name, old + share * (getattr(measures, name) - old))
        self.has_news = True

    def pack(self) -> bytes:
        """What `unpack` reads: compressed JSON, about 5 kB for each part of the day; arrays rounded."""
        self.has_news = False
        slots = []
        for (is_grey, part), one in self._slots.items():
            if one.is_learned:
                numbers = {name: round(float(getattr(one, name)), 4) for name in _NUMBERS}
                arrays = {name: np.round(getattr(one, name), 2).ravel().tolist() for name in _SHAPES}
                slots.append({"is_grey": is_grey, "part": part, "count": one.count} | numbers | arrays)
        return zlib.compress(json.dumps({"version": _VERSION, "began_us": self.began_us, "slots": slots}).encode())

    @classmethod
    def unpack(cls, data: bytes) -> Baselines:
        """Raises ValueError for what this version did not write."""
        try:
            # = 64 parts of the day; a bomb is not unpacked
            found = json.loads(zlib.decompressobj().decompress(data, 4_000_000))
            baselines = cls()
            if found["version"] != _VERSION:
                raise ValueError(f"baselines of version {found['version']} are not read: learned anew")
            baselines.began_us = int(found["began_us"])
            for slot in found["slots"]:
                arrays = {name: np.array(slot[name], np.float32).reshape(shape) for name, shape in _SHAPES.items()}
                numbers = {name: float(slot[name]) for name in _NUMBERS}
                key = bool(slot["is_grey"]), int(slot["part"])
                baselines._slots[key] = Baseline(int(slot["count"]), **numbers, **arrays)  # type: ignore[arg-type]
        except (zlib.error, KeyError, TypeError) as error:
            raise ValueError(f"not baselines of a camera: {error}") from error
        return baselines


def likeness(one: Floats, other: Floats) -> float:
    """Correlation of two pictures of edges, -1 to 1."""
    first, second = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum()) / norm if norm > 1e-6 else 0.0


def _slot(measures: Measures) -> tuple[bool, int]:
    return measures.is_grey, int(measures.at_us // _US_PER_HOUR % 24) // _HOURS


def _first(measures: Measures) -> Baseline:
    numbers = {name: float(getattr(measures, name)) for name in _NUMBERS if name != "alike"}
    arrays = {name: np.array(getattr(measures, name), np.float32) for name in _SHAPES}
    return Baseline(1, alike=1.0, **numbers, **arrays)  # type: ignore[arg-type]
