"""One incident: one rule broken in front of one camera, from the first picture until it is over. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from services.alerting.rules.look_window import Found
from services.alerting.rules.sightings import Sighting
from shared.messages.alerting import Alert, BestFrame, FrameRef, Progress
from shared.messages.detector import FrameAnalysed, Hops, MoverClip, SeenBox
from shared.messages.rules import Rule

_ID_DIGITS = 20


def incident_id(site: str, camera: str, rule: str, first_us: int) -> str:
    """The same incident has the same id whoever works it out, and however often."""
    return sha256(f"{site}/{camera}/{rule}/{first_us}".encode()).hexdigest()[:_ID_DIGITS]


@dataclass(slots=True)
class Incident:
    """Times are UTC microseconds of when things were filmed, never of when we heard of them."""

    site: str
    camera: str
    rule: Rule
    first_us: int
    raised_us: int
    last_us: int
    detail: str = ""
    broken: int = 0
    looked: int = 0
    track: int | None = None
    best: BestFrame | None = None
    crop: MoverClip | None = None
    frames: tuple[FrameRef, ...] = ()
    models: dict[str, str] = field(default_factory=dict)
    picture_faults: tuple[str, ...] = ()
    hops: Hops | None = None
    closed_us: int | None = None
    silence: str | None = None

    @property
    def id(self) -> str:
        return incident_id(self.site, self.camera, self.rule.rule, self.first_us)

    @property
    def progress(self) -> Progress:
        return "going_on" if self.closed_us is None else "over"

    @property
    def over_us(self) -> int:
        """When it is over, unless it is broken again before."""
        return self.last_us + round(self.rule.over_after_s * 1e6)

    def reopens_until_us(self, rule: Rule) -> int:
        """Args: rule: as it is in force now, which may be a later version than the one that raised it."""
        return self.last_us + round(rule.reopen_s * 1e6)

    @classmethod
    def of_pictures(cls, site: str, camera: str, rule: Rule, found: Found) -> Incident:
        """A new one, out of the looks that completed the condition."""
        made = cls(site, camera, rule, found.complete[0].at_us, found.frame.at_us, found.frame.at_us)
        assert found.complete[-1].sighting is not None
        made.track = found.complete[-1].sighting.track
        made.frames = tuple(
            FrameRef(camera=camera, at_us=look.at_us, fragment_sha256=look.frame.fragment_sha256)
            for look in found.complete
        )
        for look in found.complete[:-1]:
            assert look.sighting is not None
            made._show(look.frame, (look.sighting,))
        made.broken = len(found.complete)
        made.looked = len(found.complete)
        made.models = dict(found.frame.models)
        made.picture_faults = tuple(fault.fault for fault in found.frame.picture.faults)
        made.hops = found.frame.hops
        made._show(found.frame, found.broken)
        return made

    @classmethod
    def of_message(cls, alert: Alert, rule: Rule) -> Incident:
        """As it was stored. Args: rule: in the version that raised it."""
        return cls(
            alert.site,
            alert.camera,
            rule,
            alert.first_us,
            alert.raised_us,
            alert.last_us,
            alert.detail,
            alert.broken,
            alert.looked,
            alert.track,
            alert.best,
            alert.crop,
            alert.frames,
            dict(alert.models),
            alert.picture_faults,
            alert.hops,
            alert.closed_us,
            alert.silence,
        )

    def goes_on(self, found: Found) -> None:
        """One more picture that breaks it."""
        self.last_us = max(self.last_us, found.frame.at_us)
        self.closed_us = None
        self.broken += 1
        self._show(found.frame, found.broken)

    def message(self) -> Alert:
        condition = self.rule.condition
        return Alert(
            alert=self.id,
            site=self.site,
            camera=self.camera,
            cameras=(self.camera,),
            rule=self.rule.rule,
            rule_version=self.rule.version,
            about=self.rule.rule,
            detail=self.detail,
            risk=self.rule.risk,
            track=self.track,
            progress=self.progress,
            first_us=self.first_us,
            raised_us=self.raised_us,
            last_us=self.last_us,
            closed_us=self.closed_us,
            broken=self.broken,
            looked=self.looked,
            best=self.best,
            crop=self.crop,
            frames=self.frames,
            models=self.models,
            thresholds={
                "broken": condition.broken,
                "looked": condition.looked,
                "seconds": condition.seconds,
                "score": condition.score,
                "height": condition.height,
            },
            picture_faults=self.picture_faults,
            is_silent=self.silence is not None,
            silence=self.silence,
            hops=self.hops,
        )

    def _show(self, frame: FrameAnalysed, broken: tuple[Sighting, ...]) -> None:
        """Keep the picture in which it is seen best: surest first, then largest."""
        tracks = {one.track for one in broken}
        for mover in frame.movers:
            if mover.clip is not None and mover.track in tracks:
                self.crop = mover.clip  # the newest tells of the whole run
        by_worth = sorted(broken, key=lambda one: (-one.score, -one.box.height))
        surest = by_worth[0]
        if self.best is not None and _how_good(surest.score, surest.box) <= _how_good(
            self.best.score, self.best.boxes[0]
        ):
            return
        self.best = BestFrame(
            camera=self.camera,
            at_us=frame.at_us,
            stream=frame.stream,
            run=frame.run,
            pts_90k=frame.pts_90k,
            fragment_sha256=frame.fragment_sha256,
            width=frame.width,
            height=frame.height,
            boxes=tuple(one.box for one in by_worth),
            score=surest.score,
        )


def _how_good(score: float, box: SeenBox) -> tuple[float, float]:
    """Two digits: a hair's breadth of score is no better picture."""
    return round(score, 2), round(box.height, 3)
