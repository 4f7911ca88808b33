"""What of one analysed picture one rule looks at, and what of it breaks the rule. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from shared.messages.detector import FrameAnalysed, SeenBox, SeenPerson
from shared.messages.rules import Rule, WatchedKind


@dataclass(frozen=True, slots=True)
class Sighting:
    """One object of one picture, as one rule sees it. Args: score: of what breaks the rule, 0 to 1."""

    track: int
    is_broken: bool
    score: float
    box: SeenBox


@dataclass(frozen=True, slots=True)
class _Eye:
    """A rule and the zones of one camera that it is about."""

    rule: Rule
    zones: frozenset[str]

    def is_there(self, at: tuple[str, ...]) -> bool:
        return not self.rule.where.zones or not self.zones.isdisjoint(at)

    def is_enough(self, score: float, box: SeenBox) -> bool:
        condition = self.rule.condition
        return score >= condition.score and box.height >= condition.height


Looker = Callable[[FrameAnalysed], Iterator[Sighting]]


Token = tuple[str, ...]


def shown_in(frame: FrameAnalysed) -> set[Token]:
    """What a picture shows that a rule may be about, a token each: read once for all rules."""
    shown: set[Token] = {(one.name, one.state) for person in frame.people for one in person.attributes}
    if frame.people:
        shown.add(("person",))
    shown.update(("thing", thing.label, "") for thing in frame.things)
    shown.update((mover.kind,) for mover in frame.movers)
    return shown


def token_of(rule: Rule) -> Token:
    """Without it in `shown_in`, no sighting of a picture breaks the rule."""
    watched = rule.watched
    match watched.kind:
        case "attribute_absent":
            return (watched.name or "", "absent")
        case "attribute_present":
            return (watched.name or "", "present")
        case "thing":
            return ("thing", watched.name or "", "")
        case "small_mover":
            return ("small",)
        case "large_mover":
            return ("large",)
        case _:
            return (watched.kind,)


def looker(rule: Rule, zone_purposes: Mapping[str, str]) -> Looker | None:
    """How this rule looks at pictures of one camera; None for one that does not look at pictures.

    Args:
        zone_purposes: id of each zone of the camera and what it is for.
    """
    look = _LOOKS.get(rule.watched.kind)
    if look is None:
        return None
    eye = _Eye(rule, frozenset(id for id, purpose in zone_purposes.items() if purpose in rule.where.zones))
    return lambda frame: look(eye, frame)


def _attributes(eye: _Eye, frame: FrameAnalysed) -> Iterator[Sighting]:
    for person in frame.people:
        if eye.is_there(person.zones):
            yield from _attributes_of(eye, person)


def _attributes_of(eye: _Eye, person: SeenPerson) -> Iterator[Sighting]:
    watched = eye.rule.watched
    breaking = "absent" if watched.kind == "attribute_absent" else "present"
    for attribute in person.attributes:
        # Unknown is no look at all: it neither breaks the rule nor clears anybody.
        if attribute.name != watched.name or attribute.state == "unknown":
            continue
        if attribute.is_advisory and not watched.is_advisory_enough:
            continue
        score = attribute.score if attribute.state == "present" else 1.0 - attribute.score
        box = person.head or person.box
        yield Sighting(person.track, attribute.state == breaking and eye.is_enough(score, box), score, box)


def _people(eye: _Eye, frame: FrameAnalysed) -> Iterator[Sighting]:
    for person in frame.people:
        if eye.is_there(person.zones):
            yield Sighting(person.track, eye.is_enough(person.score, person.box), person.score, person.box)


def _things(eye: _Eye, frame: FrameAnalysed) -> Iterator[Sighting]:
    for thing in frame.things:
        if thing.label == eye.rule.watched.name and eye.is_there(thing.zones):
            yield Sighting(thing.track, eye.is_enough(thing.score, thing.box), thing.score, thing.box)


def _movers(eye: _Eye, frame: FrameAnalysed) -> Iterator[Sighting]:
    kind = "small" if eye.rule.watched.kind == "small_mover" else "large"
    for mover in frame.movers:
        if mover.kind == kind and eye.is_there(mover.zones):
            is_broken = eye.is_enough(mover.score, mover.box) and (kind == "large" or mover.is_suspected)
            yield Sighting(mover.track, is_broken, mover.score, mover.box)


_LOOKS: Mapping[WatchedKind, Callable[[_Eye, FrameAnalysed], Iterator[Sighting]]] = {
    "attribute_absent": _attributes,
    "attribute_present": _attributes,
    "thing": _things,
    "person": _people,
    "small_mover": _movers,
    "large_mover": _movers,
}
