"""The models in force, asked together about many pictures: bodies, heads, what heads wear, things.

Every model is begun before the first is waited for, so that a GPU always has its next work. Heads are judged by the
attribute model in one more call for all heads of all pictures. A model that fails costs its own capability alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from services.detector.camera_sight import HeadLook, PictureLook, ThingLook
from services.detector.geometry import Box
from services.detector.head_crop import can_be_judged, head_crop
from services.detector.loaded_pack import Boxes, DeviceLost, LoadedPack, bands_of, begin_boxes, scores_of
from services.detector.model_outputs import Labelled
from services.detector.people import Found
from services.detector.picture import Picture
from services.detector.uniform.torso import is_whole, torso_crop, torsos

T = TypeVar("T")

# What the product always tells the state of, whether there is a pack for it or not.
CORE_CAPABILITIES = ("people", "heads", "head_attributes")
ATTRIBUTES = "head_attributes"
# Asked about torsos; without a pack of it, kitchens enrol their own (services/detector/uniform).
UNIFORM = "uniform"


def _ignored(capability: str, pack: LoadedPack, error: Exception | None) -> None:
    """Nobody keeps account of failures."""


@dataclass(frozen=True, slots=True)
class ModelSet:
    """Args:
    packs: by capability, those in force.
    shadows: by capability, those that are asked beside them; what they see is compared and never acted on.
    missing: capabilities that some pack should bring and none does.
    batch_max: pictures in one call of a model.
    outcome: told of each model that was asked, and why it could not answer, if so; called in the thread that asks.
    """

    packs: Mapping[str, LoadedPack] = field(default_factory=dict)
    shadows: Mapping[str, LoadedPack] = field(default_factory=dict)
    missing: tuple[str, ...] = CORE_CAPABILITIES
    batch_max: int = 16
    outcome: Callable[[str, LoadedPack, Exception | None], None] = _ignored

    def prepare(self, picture: Picture) -> None:
        """Make what the models will want of it: called where it was decoded, so that inference need not wait."""
        for pack in (*self.packs.values(), *self.shadows.values()):
            if not pack.manifest.is_of_crops:
                picture.canvas(*pack.manifest.input.size_for(picture.aspect))

    def look(self, pictures: Sequence[Picture]) -> list[PictureLook]:
        """Raises DeviceLost; any other failure of a model is a capability that these pictures went without."""
        lost: set[str] = set()
        begun = {
            capability: self._begun(capability, pack, pictures, lost)
            for capability, pack in self.packs.items()
            if not pack.manifest.is_of_crops
        }
        found = {capability: self._answered(capability, boxes, lost) for capability, boxes in begun.items()}
        nothing: list[list[Labelled]] = [[] for _ in pictures]
        bodies, faces = found.get("people") or nothing, found.get("heads") or nothing
        scores = self._judged(pictures, faces, lost)
        looks = [
            PictureLook(
                bodies=[Found(box, score) for _, box, score in bodies[at]],
                heads=[HeadLook(box, score, scores.get((at, box))) for _, box, score in faces[at]],
                things=self._things(found, at),
                bands={} if ATTRIBUTES not in self.packs else bands_of(self.packs[ATTRIBUTES].manifest),
                models={capability: pack.digest for capability, pack in self.packs.items()},
                unavailable=self.missing,
            )
            for at in range(len(pictures))
        ]
        if UNIFORM in self.packs:
            looks = self._ask(UNIFORM, lambda: self.dressed(pictures, looks), lost) or looks
        return [_without(look, lost) for look in looks] if lost else looks

    def shadowed(self, pictures: Sequence[Picture], looks: Sequence[PictureLook]) -> dict[str, float]:
        """By capability the share of pictures, heads or torsos of which the shadow says something else.

        Nothing is said of a capability that these pictures had no occasion for.
        """
        differs: dict[str, float] = {}
        for capability, pack in self.shadows.items():
            if pack.manifest.is_of_crops:
                share = self._attributes_differ(capability, pack, pictures, looks)
            else:
                seen = begin_boxes(pack, pictures, self.batch_max)()
                others = [len(found) != self._count(capability, look) for found, look in zip(seen, looks, strict=True)]
                share = sum(others) / len(others) if others else None
            if share is not None:
                differs[capability] = share
        return differs

    def dressed(self, pictures: Sequence[Picture], looks: Sequence[PictureLook]) -> list[PictureLook]:
        """Torsos judged by the pack of uniforms, all of all pictures in one call."""
        pack = self.packs[UNIFORM]
        judged = _whole_torsos(pictures, looks)
        crops = [torso_crop(pictures[at], torso, pack.manifest.input.width) for at, _, torso in judged]
        worn: list[dict[Box, dict[str, float]]] = [{} for _ in pictures]
        for (at, person, _), scores in zip(judged, scores_of(pack, crops), strict=True):
            worn[at][person] = scores
        bands = bands_of(pack.manifest)
        return [replace(look, worn=worn[at], bands={**look.bands, **bands}) for at, look in enumerate(looks)]

    def _begun(self, capability: str, pack: LoadedPack, pictures: Sequence[Picture], lost: set[str]) -> Boxes | None:
        return self._ask(capability, lambda: begin_boxes(pack, pictures, self.batch_max), lost, is_answer=False)

    def _ask(self, capability: str, ask: Callable[[], T], lost: set[str], *, is_answer: bool = True) -> T | None:
        try:
            answer = ask()
        except DeviceLost:
            raise
        except Exception as error:  # noqa: BLE001  # a stranger's model may fail in any way, and must not end the worker
            lost.add(capability)
            self.outcome(capability, self.packs[capability], error)
            return None
        if is_answer:
            self.outcome(capability, self.packs[capability], None)
        return answer

    def _answered(self, capability: str, boxes: Boxes | None, lost: set[str]) -> list[list[Labelled]] | None:
        return None if boxes is None else self._ask(capability, boxes, lost)

    def _judged(
        self, pictures: Sequence[Picture], faces: Sequence[Sequence[Labelled]], lost: set[str]
    ) -> dict[tuple[int, Box], dict[str, float]]:
        pack = self.packs.get(ATTRIBUTES)
        judged = [
            (at, box)
            for at, found in enumerate(faces)
            for _, box, _ in found
            if pack is not None and can_be_judged(box, pictures[at])
        ]
        if pack is None or not judged:
            return {}
        crops = [head_crop(box, pictures[at], pack.manifest.input.width) for at, box in judged]
        scores = self._ask(ATTRIBUTES, lambda: scores_of(pack, crops), lost)
        return {} if scores is None else dict(zip(judged, scores, strict=True))

    def _things(self, found: Mapping[str, list[list[Labelled]] | None], at: int) -> list[ThingLook]:
        return [
            ThingLook(label, box, score, self.packs[capability].digest)
            for capability, boxes in found.items()
            if capability.startswith("things.") and boxes is not None
            for label, box, score in boxes[at]
        ]

    def _count(self, capability: str, look: PictureLook) -> int:
        if capability == "people":
            return len(look.bodies)
        if capability == "heads":
            return len(look.heads)
        return sum(thing.digest == self.packs[capability].digest for thing in look.things)

    def _attributes_differ(
        self, capability: str, shadow: LoadedPack, pictures: Sequence[Picture], looks: Sequence[PictureLook]
    ) -> float | None:
        side, bands, ours = shadow.manifest.input.width, bands_of(shadow.manifest), self.packs[capability].manifest
        if capability == ATTRIBUTES:
            judged = [
                (at, head.box, head.scores) for at, look in enumerate(looks) for head in look.heads if head.scores
            ]
            crops = [head_crop(box, pictures[at], side) for at, box, _ in judged]
        else:
            torsos_of = [(at, torso, looks[at].worn.get(who)) for at, who, torso in _whole_torsos(pictures, looks)]
            judged = [(at, torso, worn) for at, torso, worn in torsos_of if worn]
            crops = [torso_crop(pictures[at], torso, side) for at, torso, _ in judged]
        if not judged:
            return None
        others = 0
        for (_, _, said), theirs in zip(judged, scores_of(shadow, crops), strict=True):
            shared = [name for name in theirs if name in said and name in ours.classes]
            mine = bands_of(ours)
            others += any(bands[name].state(theirs[name]) != mine[name].state(said[name]) for name in shared)
        return others / len(judged)


def _whole_torsos(pictures: Sequence[Picture], looks: Sequence[PictureLook]) -> list[tuple[int, Box, Box]]:
    """(picture, the box that names the person, torso) of everybody whose torso can be judged."""
    return [
        (at, person, torso)
        for at, look in enumerate(looks)
        for person, torso in torsos(pictures[at], look)
        if is_whole(pictures[at], torso)
    ]


def _without(look: PictureLook, lost: set[str]) -> PictureLook:
    """What could not be asked is named, and nothing is said in its name."""
    return replace(
        look,
        models={capability: digest for capability, digest in look.models.items() if capability not in lost},
        unavailable=tuple(sorted({*look.unavailable, *lost})),
    )
