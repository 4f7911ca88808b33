"""One camera under its rules: facts in the order in which they were filmed, incidents out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from services.alerting.rules.incident import Incident
from services.alerting.rules.kitchen_clock import KitchenClock
from services.alerting.rules.look_window import Found, LookWindow
from services.alerting.rules.sightings import Looker, Token, looker, shown_in, token_of
from shared.messages.cameras import DesiredCamera
from shared.messages.detector import FrameAnalysed
from shared.messages.rules import Rule

Happening = Literal["raised", "goes_on", "closed"]
_OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an incident; `happening` None: it was looked at again."""

    happening: Happening | None
    incident: Incident


@dataclass(slots=True)
class _PictureRule:
    rule: Rule
    look: Looker
    window: LookWindow
    token: Token

    def concerns(self, shown: set[Token]) -> bool:
        """Most pictures break nothing, and nobody who did is followed: they cost no more than this."""
        return self.token in shown or not self.window.is_empty


@dataclass(slots=True)
class _StateRule:
    """A rule of something that lasts: a fault of the picture, a camera that is away. `since`: what lasts now."""

    rule: Rule
    since: dict[str, int] = field(default_factory=dict)

    def concerns(self, name: str) -> bool:
        watched = self.rule.watched
        if name == _OFFLINE:
            return watched.kind == "offline"
        return watched.kind == "picture_fault" and watched.name in (None, name)


class CameraWatch:
    """Facts are brought in the order of `at_us`, each once; `until` tells how late it is when none comes."""

    def __init__(self, desired: DesiredCamera, rules: Iterable[Rule], clock: KitchenClock):
        self.desired = desired
        self._clock = clock
        self._pictures: list[_PictureRule] = []
        self._states: list[_StateRule] = []
        self._incidents: dict[str, Incident] = {}
        self._reasons: dict[str, str] = {}
        self.set_rules(rules)

    def set_rules(self, rules: Iterable[Rule]) -> None:
        """What is in force from now on. A rule that did not change keeps what it has seen."""
        pictures = {each.rule.rule: each for each in self._pictures}
        states = {each.rule.rule: each for each in self._states}
        zones = {zone.id: zone.purpose for zone in self.desired.analysis.zones}
        self._pictures, self._states = [], []
        for rule in rules:
            if not rule.is_enabled or not is_about(rule, self.desired):
                continue
            look = looker(rule, zones)
            if look is None:
                state = states.get(rule.rule)
                self._states.append(state if state is not None and state.rule == rule else _StateRule(rule))
                continue
            picture = pictures.get(rule.rule)
            if picture is None or picture.rule != rule:
                counts_missing = not rule.watched.kind.startswith("attribute")
                window = LookWindow(rule.condition, counts_missing, round(rule.over_after_s * 1e6))
                picture = _PictureRule(rule, look, window, token_of(rule))
            # The zones may be others even so.
            self._pictures.append(_PictureRule(rule, look, picture.window, picture.token))

    @property
    def going_on(self) -> list[Incident]:
        return [incident for incident in self._incidents.values() if incident.closed_us is None]

    @property
    def is_waiting(self) -> bool:
        """Whether the mere passing of time may change something."""
        return any(each.since for each in self._states) or any(
            incident.closed_us is None for incident in self._incidents.values()
        )

    def remember(self, incidents: Sequence[Incident]) -> None:
        """Incidents that were raised before, here or by another worker, and may still go on."""
        for incident in incidents:
            self._incidents[incident.rule.rule] = incident
            for each in self._states:
                if each.rule.rule == incident.rule.rule and incident.closed_us is None:
                    name = _OFFLINE if each.rule.watched.kind == "offline" else incident.detail
                    each.since[name] = incident.first_us

    def leave(self) -> list[Change]:
        """The camera is not watched any more: what goes on is over as far as anybody knows."""
        changes = []
        for incident in self._incidents.values():
            if incident.closed_us is None:
                incident.closed_us = incident.last_us
                changes.append(Change("closed", incident))
        return changes

    def past(self, frame: FrameAnalysed) -> None:
        """A picture that was judged before: what it showed is known again, and nothing follows from it."""
        shown = shown_in(frame)
        for each in self._pictures:
            if each.concerns(shown) and self._looks_at(each.rule, frame):
                each.window.add(frame, list(each.look(frame)))

    def frame(self, frame: FrameAnalysed) -> list[Change]:
        """One analysed picture."""
        changes = self.until(frame.at_us)
        shown = shown_in(frame)
        for each in self._pictures:
            incident = self._incidents.get(each.rule.rule)
            if incident is not None and incident.closed_us is None:
                incident.looked += 1
            if not each.concerns(shown) or not self._looks_at(each.rule, frame):
                continue
            found = each.window.add(frame, list(each.look(frame)))
            if found is not None:
                changes += self._found(each.rule, incident, found)
        return changes

    def _looks_at(self, rule: Rule, frame: FrameAnalysed) -> bool:
        if rule.condition.needs_usable_picture and not frame.picture.is_usable:
            return False
        return not rule.when or not self._clock.parts(self.desired, frame.at_us).isdisjoint(rule.when)

    def _found(self, rule: Rule, incident: Incident | None, found: Found) -> list[Change]:
        is_going_on = incident is not None and incident.closed_us is None
        is_reopened = (
            bool(found.complete) and incident is not None and found.frame.at_us <= incident.reopens_until_us(rule)
        )
        if incident is not None and (is_going_on or is_reopened):
            incident.goes_on(found)
            return [Change("goes_on", incident)]
        if not found.complete:
            return []
        made = Incident.of_pictures(self.desired.site, self.desired.camera, rule, found)
        self._incidents[rule.rule] = made
        return [Change("raised", made)]

    def began(self, name: str, since_us: int, at_us: int, reason: str = "") -> list[Change]:
        """Something began that lasts. Args: name: a fault of the picture, or `offline`; reason: in words."""
        changes = self.until(at_us)
        for each in self._states:
            if each.concerns(name):
                each.since.setdefault(name, since_us)
                self._reasons[name] = reason
        return changes + self.until(at_us)

    def ended(self, name: str, at_us: int) -> list[Change]:
        """It is over."""
        changes = self.until(at_us)
        for each in self._states:
            if each.since.pop(name, None) is not None and not each.since:
                incident = self._incidents.get(each.rule.rule)
                if incident is not None and incident.closed_us is None:
                    incident.last_us = incident.closed_us = at_us
                    changes.append(Change("closed", incident))
        return changes

    def until(self, now_us: int) -> list[Change]:
        """So late it is: what had to last long enough has, what was not seen again is over."""
        changes: list[Change] = []
        for each in self._states:
            if each.since:
                changes += self._lasts(each, now_us)
        for rule, incident in self._incidents.items():
            if incident.closed_us is None and incident.over_us <= now_us and not self._is_lasting(rule):
                incident.closed_us = incident.over_us
                for each_picture in self._pictures:
                    if each_picture.rule.rule == rule:
                        each_picture.window.clear()
                changes.append(Change("closed", incident))
        return changes

    def _lasts(self, each: _StateRule, now_us: int) -> list[Change]:
        name, since_us = min(each.since.items(), key=lambda one: (one[1], one[0]))
        due_us = since_us + round(each.rule.condition.seconds * 1e6)
        incident = self._incidents.get(each.rule.rule)
        if now_us < due_us or (incident is not None and incident.closed_us is None):
            return []
        if each.rule.when and self._clock.parts(self.desired, due_us).isdisjoint(each.rule.when):
            return []
        if incident is not None and since_us <= incident.reopens_until_us(each.rule):
            incident.closed_us, incident.last_us = None, due_us
            return [Change("goes_on", incident)]
        detail = self._reasons.get(name, "") if name == _OFFLINE else name
        made = Incident(self.desired.site, self.desired.camera, each.rule, since_us, due_us, due_us, detail, broken=1)
        self._incidents[each.rule.rule] = made
        return [Change("raised", made)]

    def _is_lasting(self, rule: str) -> bool:
        return any(each.since for each in self._states if each.rule.rule == rule)


def is_about(rule: Rule, camera: DesiredCamera) -> bool:
    """Whether the rule is about this camera at all."""
    where = rule.where
    return (
        (not where.sites or camera.site in where.sites)
        and (not where.units or not set(where.units).isdisjoint(camera.units))
        and (not where.site_kinds or camera.site_kind in where.site_kinds)
        and (not where.purposes or camera.purpose in where.purposes)
        and (not where.cameras or camera.camera in where.cameras)
    )
