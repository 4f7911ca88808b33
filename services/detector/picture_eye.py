"""What is found in every decoded picture before any model is asked: its quality, and what moves at night. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.detector.diagnosis.eye import Diagnosis
from services.detector.diagnosis.keeping import Kept, KeptBaselines
from services.detector.geometry import Box
from services.detector.motion import Motion
from services.detector.picture import Picture
from services.detector.small_movers.watch import NightWatch
from shared.messages.cameras import AnalysisPolicy, CameraState
from shared.messages.detector import DetectorFact, PictureVerdict, SeenMover
from shared.subjects import CameraRef


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded picture with what was found in it so far.

    Attributes:
        motion: where something large moves.
        facts: faults that began or ended with it.
    """

    picture: Picture
    verdict: PictureVerdict
    movers: tuple[SeenMover, ...] = ()
    is_night_watch: bool = False
    motion: tuple[Box, ...] = ()
    facts: tuple[DetectorFact, ...] = ()


class PictureEye(Protocol):
    """Of one camera. Called for each decoded picture, in order, in a decoding thread."""

    def observe(self, picture: Picture, is_night_watch: bool) -> Shown: ...

    def nothing_came(self, at_us: int) -> tuple[DetectorFact, ...]:
        """Called about once a second while no picture can be had; UTC microseconds."""
        ...


class CameraEye:
    """Diagnosis of the picture; what moves where the picture can be judged, and what is small at night."""

    def __init__(self, diagnosis: Diagnosis, watch: NightWatch, motion: Motion):
        self._diagnosis = diagnosis
        self._watch = watch
        self._motion = motion

    def observe(self, picture: Picture, is_night_watch: bool) -> Shown:
        verdict, facts = self._diagnosis.observe(picture)
        movers: tuple[SeenMover, ...] = ()
        motion: tuple[Box, ...] = ()
        if is_night_watch and verdict.is_usable:
            movers = self._watch.look(picture)
        else:
            self._watch.forget()
        measures = self._diagnosis.measures
        if verdict.is_usable and measures is not None:
            motion = self._motion.look(measures.small, picture.captured_us)
        else:
            self._motion.forget()
        return Shown(picture, verdict, movers, is_night_watch, motion, facts)

    def nothing_came(self, at_us: int) -> tuple[DetectorFact, ...]:
        return self._diagnosis.nothing_came(at_us)


def new_eye(
    camera: CameraRef,
    policy: AnalysisPolicy,
    state: Callable[[], CameraState | None],
    kept: Kept,
) -> PictureEye:
    """Args: state: what ingest finds of the camera; kept: what was learned of it earlier."""
    baselines = KeptBaselines(kept, policy.view_accepted_us)
    return CameraEye(
        Diagnosis(camera, baselines, state, policy.may_repeat),
        NightWatch(policy.zones, policy.masks),
        Motion([mask.polygon for mask in policy.masks]),
    )
