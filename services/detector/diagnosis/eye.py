"""Diagnosis of one camera's pictures: measured, compared with what is usual, believed, said. Pure.

Theory of operation. Each picture is measured once. Its measures are compared with the camera's baseline, which gives
each fault a strength; a strength that holds becomes an episode, and its beginning and end are facts. A picture in
which a fault that blinds is strong is not judged, even before the fault is believed: `cannot see` is not `nothing to
see`. The baseline learns only from pictures in which nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from services.detector.diagnosis.episodes import BEGINS_AT, ENDS_BELOW, Episodes, Fault
from services.detector.diagnosis.interference import Interference
from services.detector.diagnosis.keeping import KeptBaselines
from services.detector.diagnosis.measures import Measures, measure
from services.detector.diagnosis.repeats import Loops, Stillness
from services.detector.diagnosis.strengths import strengths
from services.detector.diagnosis.told import told_strengths
from services.detector.picture import Picture
from shared.messages.cameras import CameraState
from shared.messages.detector import PictureDegraded, PictureFault, PictureRecovered, PictureVerdict
from shared.subjects import CameraRef

# Seconds each fault has to hold before it is believed. Frozen and looped have waited already.
HOLDS_S = {
    "no_signal": 5.0,
    "black": 5.0,
    "frozen": 1.0,
    "looped": 1.0,
    "covered": 6.0,
    "blurred": 8.0,
    "moved": 8.0,
    "overexposed": 8.0,
    "underexposed": 8.0,
    "colour_cast": 10.0,
    "noise": 8.0,
    "stripes": 6.0,
    "low_bitrate": 20.0,
    "low_frame_rate": 30.0,
    "wrong_clock": 30.0,
}
# What is left cannot be judged.
BLINDING = frozenset({"no_signal", "black", "frozen", "looped", "covered", "blurred", "overexposed", "underexposed"})
_DAZZLING = ("black", "no_signal", "covered", "overexposed", "underexposed")
_NOTHING_CAME_S = 10.0
# A picture that has been the same for some seconds comes back as well.
_STANDS_STILL = 0.1
_MIN_SIDE = 32


class Diagnosis:
    """Of one camera. Pictures are shown to it in order. `measures`: of the last one, None where it was too small."""

    def __init__(
        self,
        camera: CameraRef,
        kept: KeptBaselines,
        state: Callable[[], CameraState | None],
        may_repeat: bool = False,
    ):
        """Args: may_repeat: a film that runs again and again is shown on purpose: a demonstration."""
        self._kept = kept
        self._camera = camera
        self._state = state
        self._may_repeat = may_repeat
        self._episodes = Episodes(HOLDS_S)
        self._stillness = Stillness()
        self._loops = Loops()
        self._interference = Interference()
        self._silent_since_us = 0
        self.measures: Measures | None = None

    def observe(self, picture: Picture) -> tuple[PictureVerdict, tuple[PictureDegraded | PictureRecovered, ...]]:
        """The verdict on this picture, and what began or ended with it."""
        self._silent_since_us = 0
        if min(picture.width, picture.height) < _MIN_SIDE:
            self.measures = None
            return PictureVerdict(is_usable=False), ()
        self.measures = measure(picture)
        return self.judge(self.measures)

    def judge(self, measures: Measures) -> tuple[PictureVerdict, tuple[PictureDegraded | PictureRecovered, ...]]:
        """The same of what was measured in it."""
        found = self._strengths(measures)
        facts = self._take(found, measures.at_us)
        holding = self._episodes.on()
        blind = any(found.get(name, 0.0) >= BEGINS_AT for name in BLINDING) or any(
            fault.name in BLINDING for fault in holding
        )
        faults = tuple(
            PictureFault(fault=fault.name, strength=round(fault.strength, 3), since_us=fault.since_us)
            for fault in holding
        )
        return PictureVerdict(is_usable=not blind, faults=faults), facts

    def nothing_came(self, at_us: int) -> tuple[PictureDegraded | PictureRecovered, ...]:
        """About once a second while there is no picture; UTC microseconds."""
        if not self._silent_since_us:
            self._silent_since_us = at_us
        silent_s = (at_us - self._silent_since_us) / 1e6
        strength = 1.0 if silent_s >= _NOTHING_CAME_S - HOLDS_S["no_signal"] else 0.0
        return self._take({"no_signal": strength} if strength else {}, at_us)

    def _strengths(self, measures: Measures) -> dict[str, float]:
        self._kept.turn(measures.at_us)
        usual = self._kept.baselines.nearest(measures)
        found = strengths(measures, usual)
        state = self._state()
        told = told_strengths(state)
        blocky = found.pop("blocky")
        found |= told | {"low_bitrate": max(blocky, told.get("low_bitrate", 0.0))}
        found["stripes"] = self._interference.strength(measures)
        if max(found[name] for name in _DAZZLING) >= BEGINS_AT:
            found["stripes"] = 0.0
        found["frozen"] = self._stillness.strength(measures, (state.gop_seconds if state else None) or 1.0)
        looped = self._loops.strength(measures)
        found["looped"] = 0.0 if self._may_repeat or found["frozen"] > _STANDS_STILL else looped
        # Of a picture that is one colour all over nobody can tell whether it stands still.
        if max(found["black"], found["no_signal"]) >= BEGINS_AT:
            found["frozen"] = found["looped"] = 0.0
        if not self._episodes.on() and max(found[name] for name in found if name not in told) < ENDS_BELOW:
            self._kept.baselines.learn(measures)
        return found

    def _take(self, found: dict[str, float], at_us: int) -> tuple[PictureDegraded | PictureRecovered, ...]:
        began, ended = self._episodes.take(found, at_us)
        return (*(self._degraded(fault, at_us) for fault in began), *(self._recovered(one, at_us) for one in ended))

    def _degraded(self, fault: Fault, at_us: int) -> PictureDegraded:
        return PictureDegraded(
            site=self._camera.site,
            camera=self._camera.camera,
            at_us=at_us,
            fault=fault.name,
            strength=round(fault.strength, 3),
            since_us=fault.since_us,
            is_usable=fault.name not in BLINDING,
        )

    def _recovered(self, fault: Fault, at_us: int) -> PictureRecovered:
        return PictureRecovered(
            site=self._camera.site, camera=self._camera.camera, at_us=at_us, fault=fault.name, since_us=fault.since_us
        )
