"""All that belongs to one camera in this worker: plan, intake, decoder, eye, sight, coverage. No I/O of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from services.detector.analysis_plan import AnalysisPlan
from services.detector.camera_sight import CameraSight
from services.detector.coverage import CameraCoverage
from services.detector.gop_intake import DecodeJob, GopIntake
from services.detector.picture import Picture
from services.detector.picture_eye import PictureEye, Shown
from shared.media.fragment import Fragment
from shared.messages.cameras import AnalysisPolicy
from shared.messages.detector import CoverageMinute, DetectorFact
from shared.subjects import CameraRef

# A picture that comes a little before it is due is shown to the models.
_EARLY_SHARE = 0.3


class Decoder(Protocol):
    """Decodes one stream; raises ProtocolViolation for broken bytes."""

    def decode(self, job: DecodeJob) -> list[Picture]: ...

    def close(self) -> None: ...


class CameraFeed:
    """`take` and `job` are called in the event loop, `show` in a decoding thread, one at a time."""

    def __init__(
        self,
        camera: CameraRef,
        policy: AnalysisPolicy,
        decoder: Decoder,
        eye: PictureEye,
        prepare: Callable[[Picture], None],
    ):
        self.camera = camera
        self.policy = policy
        self.plan = AnalysisPlan(policy)
        self.intake = GopIntake(policy.rate_hz)
        self.sight = CameraSight(camera, policy.stream, policy.zones, policy.masks)
        self.coverage = CameraCoverage(camera)
        self._decoder = decoder
        self._eye = eye
        self._prepare = prepare
        self._masks = tuple(mask.polygon for mask in policy.masks)
        self._late_told = 0
        self._next_look_us = 0
        self.heard_us = 0

    def take(self, fragment: Fragment, now_us: int) -> bool:
        """Returns whether there is something to decode."""
        self.intake.set_rate(self.plan.pace(fragment.header.captured_us).decoded_hz)
        self.heard_us = now_us
        is_due = self.intake.take(fragment, now_us)
        if self.intake.late > self._late_told:
            self.coverage.late(now_us, self.intake.late - self._late_told)
            self._late_told = self.intake.late
        return is_due

    def show(self, job: DecodeJob, now_us: int) -> list[Shown]:
        """Decode, and look as far as no model is needed. Raises ProtocolViolation for broken bytes."""
        shown = []
        for picture in self._decoder.decode(job):
            picture.masks = self._masks
            picture.decoded_us = now_us
            pace = self.plan.pace(picture.captured_us)
            seen = self._eye.observe(picture, pace.is_night_watch)
            if not self._is_for_models(picture.captured_us, pace.analysed_hz):
                seen = Shown(picture, seen.verdict, seen.movers, seen.is_night_watch, False, seen.facts)
            elif seen.verdict.is_usable:
                self._prepare(picture)
            shown.append(seen)
        return shown

    def close(self) -> None:
        """The camera is ours no more."""
        self._decoder.close()

    def tick(self, now_us: int) -> tuple[Sequence[CoverageMinute], Sequence[DetectorFact]]:
        """About once a second: minutes that ended, and faults of a camera that sends nothing."""
        self.coverage.want(self.plan.pace(now_us).analysed_hz, now_us)
        facts = self._eye.nothing_came(now_us) if now_us - self.heard_us > 3_000_000 else ()
        return self.coverage.ended(now_us), facts

    def _is_for_models(self, at_us: int, rate_hz: float) -> bool:
        interval_us = 1e6 / rate_hz
        if at_us + interval_us * _EARLY_SHARE < self._next_look_us <= at_us + 10 * interval_us:
            return False
        begun_us = self._next_look_us if 0 <= at_us - self._next_look_us < interval_us else at_us
        self._next_look_us = round(begun_us + interval_us)
        return True
