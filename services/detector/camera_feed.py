"""All that belongs to one camera in this worker: plan, intake, decoder, eye, sight, coverage. No I/O of its own."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.detector.analysis_plan import AnalysisPlan
from services.detector.camera_sight import CameraSight
from services.detector.coverage import CameraCoverage
from services.detector.gop_intake import DecodeJob, GopIntake
from services.detector.kitchen_nights import UNTOLD, Night
from services.detector.picture import Picture
from services.detector.picture_eye import PictureEye, Shown
from services.detector.public_sight import PublicSight
from shared.errors import ProtocolViolation, ResourceExhausted
from shared.media.fragment import Fragment
from shared.messages.cameras import AnalysisPolicy
from shared.messages.detector import CoverageMinute, DetectorFact
from shared.subjects import CameraRef

# A picture that comes a little before it is due is shown to the models.
_EARLY_SHARE = 0.3
# Pictures due within so long may wait for the models together: a fragment brings those of 200 ms at once.
_TOGETHER_S = 0.25


class Decoder(Protocol):
    """Decodes one stream; raises ProtocolViolation for broken bytes, after the pictures before them."""

    def decode(self, job: DecodeJob) -> Iterator[Picture]: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class Seen:
    """What one job brought.

    Attributes:
        shown: pictures that the models are to be asked about, oldest first.
        facts: faults that began or ended.
        decoded: pictures; late_us: when those were filmed that were due and overtaken by newer ones of the same job.
        broken: why the rest of it could not be decoded.
    """

    shown: deque[Shown]
    facts: list[DetectorFact] = field(default_factory=list)
    decoded: int = 0
    late_us: list[int] = field(default_factory=list)
    broken: ProtocolViolation | ResourceExhausted | None = None


class CameraFeed:
    """`take` and `job` are called in the event loop, `show` in a decoding thread, one at a time."""

    def __init__(
        self,
        camera: CameraRef,
        policy: AnalysisPolicy,
        decoder: Decoder,
        eye: PictureEye,
        prepare: Callable[[Picture], None],
        device: int = 0,
        kitchen: Night = UNTOLD,
    ):
        """Args: device: number of the device whose models are asked about it, and that decodes it if it is a GPU;
        kitchen: when its kitchen is closed."""
        self.camera = camera
        self.policy = policy
        self.device = device
        self.plan = AnalysisPlan(policy, kitchen)
        self.intake = GopIntake(policy.rate_hz)
        self.sight = CameraSight(camera, policy.stream, policy.zones, policy.masks)
        self.coverage = CameraCoverage(camera)
        self.public = PublicSight(min(policy.rate_hz, policy.night_rate_hz))
        self._decoder = decoder
        self._eye = eye
        self._prepare = prepare
        self._masks = tuple(mask.polygon for mask in policy.masks)
        self._next_look_us = 0
        self.heard_us = 0

    @property
    def depth(self) -> int:
        """Pictures of it that may wait for the models at once."""
        return max(1, math.ceil(self.policy.rate_hz * _TOGETHER_S))

    def take(self, fragment: Fragment, now_us: int) -> bool:
        """Returns whether there is something to decode."""
        self.intake.set_rate(self.plan.pace(fragment.header.captured_us).decoded_hz)
        self.heard_us = now_us
        is_due = self.intake.take(fragment, now_us)
        self.coverage.late(self.intake.overtaken())
        return is_due

    def show(self, job: DecodeJob, now_us: int) -> Seen:
        """Decode, and look as far as no model is needed. What the models need not see is let go of at once."""
        seen = Seen(deque())
        try:
            for picture in self._decoder.decode(job):
                seen.decoded += 1
                picture.masks = self._masks
                picture.decoded_us = now_us
                shown = self._observed(picture, seen)
                if shown is None:
                    continue
                seen.shown.append(shown)
                while len(seen.shown) > self.depth:
                    seen.late_us.append(seen.shown.popleft().picture.captured_us)
            for shown in seen.shown:
                if shown.verdict.is_usable:
                    self._prepare(shown.picture)
                    self.public.prepare(shown.picture, now_us)
        except ProtocolViolation as error:
            seen.broken = error
        except ResourceExhausted as error:
            # The rest of the job is not decoded: it begins anew with the next IDR.
            self._decoder.close()
            seen.broken = error
        return seen

    def _observed(self, picture: Picture, seen: Seen) -> Shown | None:
        pace = self.plan.pace(picture.captured_us)
        shown = self._eye.observe(picture, pace.is_night_watch)
        seen.facts += shown.facts
        is_due = self._is_for_models(picture.captured_us, pace.analysed_hz)
        # Nobody waits a second to know whether it was a person that ran there.
        is_urgent = any(mover.is_suspected for mover in shown.movers)
        return shown if is_due or is_urgent else None

    def close(self) -> None:
        """The camera is ours no more."""
        self._decoder.close()

    def tick(self, now_us: int) -> tuple[Sequence[CoverageMinute], Sequence[DetectorFact]]:
        """About once a second: minutes that ended, and faults of a camera that sends nothing."""
        self.coverage.want(self.plan.pace(now_us).analysed_hz, now_us)
        self.public.let_go(now_us)
        facts = self._eye.nothing_came(now_us) if now_us - self.heard_us > 3_000_000 else ()
        return self.coverage.ended(now_us), facts

    def _is_for_models(self, at_us: int, rate_hz: float) -> bool:
        interval_us = 1e6 / rate_hz
        if at_us + interval_us * _EARLY_SHARE < self._next_look_us <= at_us + 10 * interval_us:
            return False
        begun_us = self._next_look_us if 0 <= at_us - self._next_look_us < interval_us else at_us
        self._next_look_us = round(begun_us + interval_us)
        return True
