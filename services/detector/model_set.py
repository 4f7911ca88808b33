"""The models in force, asked together about many pictures: bodies, heads, what heads wear, things.

Every model is asked once for all pictures of a batch that have the size it wants. Heads are judged by the attribute
model in one more call for all heads of all pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.detector.attribute_memory import Band
from services.detector.camera_sight import HeadLook, PictureLook, ThingLook
from services.detector.geometry import Box
from services.detector.head_crop import can_be_judged, head_crop
from services.detector.model_outputs import DECODERS, Labelled, attribute_scores
from services.detector.pack_manifest import PackInput, PackManifest
from services.detector.people import Found
from services.detector.picture import Bytes, Picture
from services.detector.uniform.torso import is_whole, torso_crop, torsos

# What the product always tells the state of, whether there is a pack for it or not.
CORE_CAPABILITIES = ("people", "heads", "head_attributes")
# Asked about torsos; without a pack of it, kitchens enrol their own (services/detector/uniform).
UNIFORM = "uniform"


class Runner(Protocol):
    """One loaded model."""

    device: str

    def run(self, batch: NDArray[np.generic]) -> list[NDArray[np.float32]]:
        """Outputs in the manifest's order, the batch first."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack that was verified, loaded and run once."""

    manifest: PackManifest
    digest: str
    runner: Runner


@dataclass(frozen=True, slots=True)
class ModelSet:
    """Args:
    packs: by capability, those in force.
    shadows: by capability, those that are asked beside them; what they see is compared and never acted on.
    missing: capabilities that some pack should bring and none does.
    batch_max: pictures in one call of a model.
    """

    packs: Mapping[str, LoadedPack] = field(default_factory=dict)
    shadows: Mapping[str, LoadedPack] = field(default_factory=dict)
    missing: tuple[str, ...] = CORE_CAPABILITIES
    batch_max: int = 16

    def prepare(self, picture: Picture) -> None:
        """Make what the models will want of it: called where it was decoded, so that inference need not wait."""
        for pack in (*self.packs.values(), *self.shadows.values()):
            if pack.manifest.task not in ("head_attributes", UNIFORM):
                picture.canvas(*pack.manifest.input.size_for(picture.aspect))

    def look(self, pictures: Sequence[Picture]) -> list[PictureLook]:
        bodies = self._boxes("people", pictures)
        faces = self._boxes("heads", pictures)
        heads = self._heads(pictures, faces)
        things = self._things(pictures)
        attributes = self.packs.get("head_attributes")
        bands = {} if attributes is None else bands_of(attributes.manifest)
        models = {capability: pack.digest for capability, pack in self.packs.items()}
        looks = [
            PictureLook(
                bodies=[Found(box, score) for _, box, score in bodies[at]],
                heads=heads[at],
                things=things[at],
                bands=bands,
                models=models,
                unavailable=self.missing,
            )
            for at in range(len(pictures))
        ]
        return looks if UNIFORM not in self.packs else self.dressed(pictures, looks)

    def shadowed(self, pictures: Sequence[Picture], looks: Sequence[PictureLook]) -> dict[str, float]:
        """By capability the share of these pictures in which the shadow counts otherwise than the pack in force."""
        differs: dict[str, float] = {}
        for capability, pack in self.shadows.items():
            if capability not in ("people", "heads") and pack.manifest.task != "things":
                continue
            seen = boxes_of(pack, pictures, self.batch_max)
            counts = [_count(capability, look) for look in looks]
            differs[capability] = float(np.mean([len(found) != n for found, n in zip(seen, counts, strict=True)]))
        return differs

    def dressed(self, pictures: Sequence[Picture], looks: Sequence[PictureLook]) -> list[PictureLook]:
        """Torsos judged by the pack of uniforms, all of all pictures in one call."""
        pack = self.packs[UNIFORM]
        judged = [
            (at, person, torso)
            for at, look in enumerate(looks)
            for person, torso in torsos(pictures[at], look)
            if is_whole(pictures[at], torso)
        ]
        crops = [torso_crop(pictures[at], torso, pack.manifest.input.width) for at, _, torso in judged]
        worn: list[dict[Box, dict[str, float]]] = [{} for _ in pictures]
        for (at, person, _), scores in zip(judged, scores_of(pack, crops), strict=True):
            worn[at][person] = scores
        bands = bands_of(pack.manifest)
        return [replace(look, worn=worn[at], bands={**look.bands, **bands}) for at, look in enumerate(looks)]

    def _boxes(self, capability: str, pictures: Sequence[Picture]) -> list[list[Labelled]]:
        pack = self.packs.get(capability)
        return [[] for _ in pictures] if pack is None else boxes_of(pack, pictures, self.batch_max)

    def _heads(self, pictures: Sequence[Picture], faces: Sequence[Sequence[Labelled]]) -> list[list[HeadLook]]:
        pack = self.packs.get("head_attributes")
        judged = [
            (at, box)
            for at, found in enumerate(faces)
            for _, box, _ in found
            if pack is not None and can_be_judged(box, pictures[at])
        ]
        scores: dict[tuple[int, Box], dict[str, float]] = {}
        if pack is not None and judged:
            crops = [head_crop(box, pictures[at], pack.manifest.input.width) for at, box in judged]
            scores = dict(zip(judged, scores_of(pack, crops), strict=True))
        return [
            [HeadLook(box, score, scores.get((at, box))) for _, box, score in found] for at, found in enumerate(faces)
        ]

    def _things(self, pictures: Sequence[Picture]) -> list[list[ThingLook]]:
        things: list[list[ThingLook]] = [[] for _ in pictures]
        for capability, pack in self.packs.items():
            if not capability.startswith("things."):
                continue
            for at, found in enumerate(boxes_of(pack, pictures, self.batch_max)):
                things[at] += [ThingLook(label, box, score, pack.digest) for label, box, score in found]
        return things


def bands_of(manifest: PackManifest) -> dict[str, Band]:
    return {
        name: Band(manifest.band(name).absent_below, manifest.band(name).present_above) for name in manifest.classes
    }


def boxes_of(pack: LoadedPack, pictures: Sequence[Picture], batch_max: int) -> list[list[Labelled]]:
    """What a model of boxes finds in each picture; pictures of one size go together."""
    found: list[list[Labelled]] = [[] for _ in pictures]
    sizes: dict[tuple[int, int], list[int]] = {}
    for at, picture in enumerate(pictures):
        sizes.setdefault(pack.manifest.input.size_for(picture.aspect), []).append(at)
    decode = DECODERS[pack.manifest.decoder]
    for size, places in sizes.items():
        for begin in range(0, len(places), batch_max):
            some = places[begin : begin + batch_max]
            batch = batch_of([pictures[at].canvas(*size) for at in some], pack.manifest.input)
            for at, boxes in zip(some, decode(pack.runner.run(batch), pack.manifest, size), strict=True):
                found[at] = boxes
    return found


def scores_of(pack: LoadedPack, crops: Sequence[Bytes], batch_max: int = 64) -> list[dict[str, float]]:
    """Attribute scores of each head crop, as large as the manifest wants."""
    scores: list[dict[str, float]] = []
    for begin in range(0, len(crops), batch_max):
        batch = batch_of(crops[begin : begin + batch_max], pack.manifest.input)
        scores += attribute_scores(pack.runner.run(batch), pack.manifest)
    return scores


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


def _count(capability: str, look: PictureLook) -> int:
    if capability == "people":
        return len(look.bodies)
    return len(look.heads) if capability == "heads" else len(look.things)
