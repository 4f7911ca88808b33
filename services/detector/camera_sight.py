"""What one camera has shown so far, and what a new picture adds to it: tracks, attributes, zones, the fact. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.detector.attribute_memory import AttributeMemory, Band
from services.detector.geometry import Box, is_inside, seen_box
from services.detector.large_movers import LargeMovers, moves
from services.detector.object_tracks import SURE, ObjectTracks
from services.detector.people import Found, Person, united
from services.detector.picture_eye import Shown
from services.detector.small_movers.company import Company
from shared.messages.cameras import Zone
from shared.messages.detector import (
    FrameAnalysed,
    Hops,
    SeenAttribute,
    SeenPerson,
    SeenThing,
)
from shared.subjects import CameraRef


@dataclass(frozen=True, slots=True)
class HeadLook:
    """One head of one picture; `scores` by attribute, None where it could not be judged in this picture."""

    box: Box
    score: float
    scores: Mapping[str, float] | None


@dataclass(frozen=True, slots=True)
class ThingLook:
    """Something of the open catalogue."""

    label: str
    box: Box
    score: float
    digest: str


@dataclass(frozen=True, slots=True)
class PictureLook:
    """What the models saw in one picture.

    Attributes:
        worn: scores of what a torso wears, by the box of the head, or of the body where no head was found; who is
            not in it could not be judged.
        bands: of each attribute that was asked for: where its score means absent and present.
        advisory: attributes that nobody trusts yet.
        models: capability and digest of the weights that were asked.
        unavailable: capabilities that could not be asked.
    """

    bodies: Sequence[Found] = ()
    heads: Sequence[HeadLook] = ()
    things: Sequence[ThingLook] = ()
    worn: Mapping[Box, Mapping[str, float]] = field(default_factory=dict)
    bands: Mapping[str, Band] = field(default_factory=dict)
    advisory: frozenset[str] = frozenset()
    models: Mapping[str, str] = field(default_factory=dict)
    unavailable: tuple[str, ...] = ()


class CameraSight:
    """Of one camera. Pictures are shown to it in the order in which they were taken."""

    def __init__(self, camera: CameraRef, stream: str, zones: Sequence[Zone] = (), masks: Sequence[Zone] = ()):
        self.camera = camera
        self.stream = stream
        self.zones = tuple(zones)
        self.masks = tuple(masks)
        self._people = ObjectTracks()
        self._things: dict[str, ObjectTracks] = {}
        self._attributes = AttributeMemory()
        self._company = Company()
        self._large = LargeMovers(self._zones_of)

    def see(self, shown: Shown, look: PictureLook, inferred_us: int) -> FrameAnalysed:
        """One picture, what was found in it without models, and what the models saw in it."""
        picture, at_us = shown.picture, shown.picture.captured_us
        heads = {id(head): head for head in look.heads if not self._is_masked(head.box.centre)}
        found = {id(head): Found(head.box, head.score) for head in heads.values()}
        bodies = [body for body in look.bodies if not self._is_masked(body.box.centre)]
        people = united(bodies, list(found.values()), picture.aspect)
        looks = {id(found[key]): head for key, head in heads.items()}
        movers = self._company.judged(shown.movers, people, at_us)
        if not shown.is_night_watch:
            # At night the night watch says what is large, at the picture's own size.
            movers += self._large.seen(shown.motion, people, at_us)
        return FrameAnalysed(
            site=self.camera.site,
            camera=self.camera.camera,
            at_us=at_us,
            stream=self.stream,
            run=picture.run,
            pts_90k=picture.pts_90k,
            fragment_sha256=picture.fragment_sha256,
            width=picture.width,
            height=picture.height,
            people=self._seen_people(people, looks, shown.motion, look, at_us),
            things=self._seen_things(look, at_us),
            movers=movers,
            picture=shown.verdict,
            models=dict(look.models),
            unavailable=look.unavailable,
            is_night_watch=shown.is_night_watch,
            hops=Hops(
                captured_us=at_us,
                received_us=picture.received_us,
                heard_us=picture.heard_us,
                decoded_us=picture.decoded_us,
                inferred_us=inferred_us,
            ),
        )

    def _seen_people(
        self,
        people: Sequence[Person],
        looks: Mapping[int, HeadLook],
        motion: Sequence[Box],
        look: PictureLook,
        at_us: int,
    ) -> tuple[SeenPerson, ...]:
        """Args: looks: at the heads of `people`, by the identity of each."""
        # Whoever moves is there, however unsure a model is of a worker seen from above.
        sure = [max(person.score, SURE) if moves(person.box, motion) else person.score for person in people]
        tracks = self._people.follow([(one.box, score) for one, score in zip(people, sure, strict=True)], at_us)
        self._attributes.keep({track.number for track in self._people.tracks})
        seen = []
        for person, track in zip(people, tracks, strict=True):
            if track is None:
                continue  # too unsure to begin anything
            head = None if person.head is None else looks[id(person.head)]
            seen.append(self._seen_person(person, track.number, head, look, at_us))
        return tuple(seen)

    def _seen_person(
        self, person: Person, track: int, head: HeadLook | None, look: PictureLook, at_us: int
    ) -> SeenPerson:
        scores = dict(look.worn.get(person.box if head is None else head.box, {}))
        if head is not None and head.scores is not None:
            scores |= head.scores
        attributes: tuple[SeenAttribute, ...] = tuple(
            self._attributes.judge(track, name, scores.get(name), band, at_us, is_advisory=name in look.advisory)
            for name, band in look.bands.items()
        )
        return SeenPerson(
            track=track,
            box=seen_box(person.box),
            score=round(person.score, 4),
            head=None if head is None else seen_box(head.box),
            head_score=None if head is None else round(head.score, 4),
            attributes=attributes,
            zones=self._zones_of((person.box.feet, *(() if head is None else (head.box.centre,)))),
        )

    def _seen_things(self, look: PictureLook, at_us: int) -> tuple[SeenThing, ...]:
        seen: list[SeenThing] = []
        by_label: dict[str, list[ThingLook]] = {}
        for thing in look.things:
            if not self._is_masked(thing.box.centre):
                by_label.setdefault(thing.label, []).append(thing)
        for label, things in by_label.items():
            tracks = self._things.setdefault(label, ObjectTracks()).follow([(t.box, t.score) for t in things], at_us)
            seen += [
                SeenThing(
                    track=track.number,
                    label=label,
                    box=seen_box(thing.box),
                    score=round(thing.score, 4),
                    zones=self._zones_of((thing.box.centre, thing.box.feet)),
                    model=thing.digest,
                )
                for thing, track in zip(things, tracks, strict=True)
                if track is not None
            ]
        return tuple(seen)

    def _zones_of(self, points: Sequence[tuple[float, float]]) -> tuple[str, ...]:
        return tuple(zone.id for zone in self.zones if any(is_inside(point, zone.polygon) for point in points))

    def _is_masked(self, point: tuple[float, float]) -> bool:
        return any(is_inside(point, mask.polygon) for mask in self.masks)
