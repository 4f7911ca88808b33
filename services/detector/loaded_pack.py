"""One loaded pack, asked about pictures or about heads. Pure: who runs it is handed in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.detector.attribute_memory import Band
from services.detector.model_outputs import DECODERS, Labelled, attribute_scores
from services.detector.pack_manifest import PackInput, PackManifest
from services.detector.picture import Bytes, Canvas, Picture

Outputs = list[NDArray[np.float32]]
Pending = Callable[[], Outputs]
"""Waits for what was begun; outputs in the manifest's order, the batch first."""

HEADS_AT_ONCE = 64


class DeviceLost(Exception):
    """The device answers no more, and will not before the process starts anew. Never caught on the way out."""


class Runner(Protocol):
    """One model on one device.

    Attributes:
        device: "cpu", "cuda:0", …
        at_once: pictures of one call that suit it best, at most.
    """

    device: str
    at_once: int

    def begin(self, canvases: Sequence[Canvas]) -> Pending:
        """Give it pictures of one size; a GPU goes on with them while the next are prepared."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack that was verified, loaded and run once."""

    manifest: PackManifest
    digest: str
    runner: Runner


Boxes = Callable[[], list[list[Labelled]]]
Scores = Callable[[], list[dict[str, float]]]


def begin_boxes(pack: LoadedPack, pictures: Sequence[Picture], batch_max: int) -> Boxes:
    """Ask a model of boxes about each picture; pictures of one size go together. Returns what waits for the answer."""
    sizes: dict[tuple[int, int], list[int]] = {}
    for at, picture in enumerate(pictures):
        sizes.setdefault(pack.manifest.input.size_for(picture.aspect), []).append(at)
    at_once = max(1, min(batch_max, pack.runner.at_once))
    begun: list[tuple[tuple[int, int], list[int], Pending]] = []
    for size, places in sizes.items():
        for begin in range(0, len(places), at_once):
            some = places[begin : begin + at_once]
            begun.append((size, some, pack.runner.begin([pictures[at].canvas(*size) for at in some])))

    def answer() -> list[list[Labelled]]:
        found: list[list[Labelled]] = [[] for _ in pictures]
        decode = DECODERS[pack.manifest.decoder]
        for size, some, pending in begun:
            for at, boxes in zip(some, decode(pending(), pack.manifest, size), strict=True):
                found[at] = boxes
        return found

    return answer


def begin_scores(pack: LoadedPack, crops: Sequence[Canvas]) -> Scores:
    """Ask a model of attributes about crops as large as the manifest wants them."""
    at_once = max(1, min(HEADS_AT_ONCE, pack.runner.at_once))
    begun = [pack.runner.begin(crops[begin : begin + at_once]) for begin in range(0, len(crops), at_once)]
    return lambda: [row for pending in begun for row in attribute_scores(pending(), pack.manifest)]


def scores_of(pack: LoadedPack, crops: Sequence[Canvas]) -> list[dict[str, float]]:
    """Scores of each crop, by class."""
    return begin_scores(pack, crops)()


def bands_of(manifest: PackManifest) -> dict[str, Band]:
    return {
        name: Band(manifest.band(name).absent_below, manifest.band(name).present_above) for name in manifest.classes
    }


def batch_of(canvases: Sequence[Bytes], wanted: PackInput) -> NDArray[np.generic]:
    """(n, 3, h, w) or (n, h, w, 3), of the type, colour order and range that a model wants."""
    stacked = np.stack(canvases)
    if wanted.colour == "BGR":
        stacked = stacked[..., ::-1]
    if wanted.layout == "NCHW":
        stacked = stacked.transpose(0, 3, 1, 2)
    if wanted.dtype == "uint8":
        return np.ascontiguousarray(stacked)
    numbers = np.ascontiguousarray(stacked, np.float32)
    if wanted.scale != 1.0:
        numbers *= np.float32(wanted.scale)
    shape = (1, 3, 1, 1) if wanted.layout == "NCHW" else (1, 1, 1, 3)
    if any(wanted.mean):
        numbers -= np.array(wanted.mean, np.float32).reshape(shape)
    if any(value != 1.0 for value in wanted.std):
        numbers /= np.array(wanted.std, np.float32).reshape(shape)
    return numbers
