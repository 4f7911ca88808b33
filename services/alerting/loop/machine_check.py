"""Whether a correction is seen: the same camera under the same rule, looked at again after the answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.alerting.rules.sightings import Looker, Sighting, looker
from shared.messages.alerting import Alert, BestFrame
from shared.messages.cameras import DesiredCamera
from shared.messages.detector import FrameAnalysed
from shared.messages.orders import CheckResult, MachineCheck
from shared.messages.rules import Rule

# = how long after the answer it is looked at most
GIVE_UP_US = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class CheckPolicy:
    """How long after the answer it is looked at least, and how much must have been seen to say "corrected"."""

    window_us: int = 10 * 60 * 1_000_000
    looks_min: int = 20


@dataclass(slots=True)
class Observation:
    """Of one rule on one camera. `show` each picture since the answer, then `judged`."""

    alert: Alert
    rule: Rule
    camera: DesiredCamera
    from_us: int
    policy: CheckPolicy = CheckPolicy()
    looked: int = 0
    broken: int = 0
    _clean: tuple[float, BestFrame] | None = None
    _dirty: tuple[float, BestFrame] | None = None
    _look: Looker | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        zones = {zone.id: zone.purpose for zone in self.camera.analysis.zones}
        self._look = looker(self.rule, zones)

    def show(self, frame: FrameAnalysed) -> None:
        if self._look is None or frame.at_us < self.from_us or not frame.picture.is_usable:
            return
        for sighting in self._look(frame):
            self.looked += 1
            self.broken += sighting.is_broken
            best = (sighting.box.height, _shown(frame, sighting))
            if sighting.is_broken:
                self._dirty = max(self._dirty or best, best, key=lambda one: one[0])
            else:
                self._clean = max(self._clean or best, best, key=lambda one: one[0])

    def judged(self, raised_since: str | None, now_us: int) -> MachineCheck | None:
        """None while it is too early to say. Args: raised_since: an alert of the same rule and camera since then."""
        if raised_since is not None:
            return self._check("failed", now_us, self._dirty, raised_since)
        age_us = now_us - self.from_us
        if age_us >= self.policy.window_us and self.looked >= self.policy.looks_min:
            # Single looks are wrong too often to call a correction none: what raises an alert counts.
            return self._check("passed", now_us, self._clean)
        return self._check("inconclusive", now_us, self._clean) if age_us >= GIVE_UP_US else None

    def _check(
        self, result: CheckResult, now_us: int, after: tuple[float, BestFrame] | None, alert: str | None = None
    ) -> MachineCheck:
        return MachineCheck(
            camera=self.camera.camera,
            rule=self.rule.rule,
            result=result,
            from_us=self.from_us,
            to_us=now_us,
            looked=self.looked,
            broken=self.broken,
            before=self.alert.best,
            after=None if after is None else after[1],
            alert=alert,
        )


def _shown(frame: FrameAnalysed, sighting: Sighting) -> BestFrame:
    return BestFrame(
        camera=frame.camera,
        at_us=frame.at_us,
        stream=frame.stream,
        run=frame.run,
        pts_90k=frame.pts_90k,
        fragment_sha256=frame.fragment_sha256,
        width=frame.width,
        height=frame.height,
        boxes=(sighting.box,),
        score=sighting.score,
    )
