"""What alerting says happened, and what an alert is: one incident of one rule, told once."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.messages.alert_proofs import AlertProof
from shared.messages.base import Fact, Message
from shared.messages.broadcasts import Receipt
from shared.messages.detector import Hops, MoverClip, SeenBox
from shared.messages.ingest import AT_US
from shared.messages.rules import RiskClass
from shared.subjects import CameraRef

Verdict = Literal["confirmed", "false", "unclear"]
Progress = Literal["going_on", "over"]
AnnouncementTrigger = Literal["at_once", "confirmed"]
Outage = Literal["site", "district"]
_US = "UTC microseconds"


class AlertFact(Fact):
    """What every fact about an alert carries."""

    owner: ClassVar[str] = "alerting"

    site: str
    camera: str
    alert: str = Field(description="id of the alert")
    rule: str = Field(description="stable name of the rule, such as no_mask")
    at_us: int = Field(description=AT_US)

    def about(self) -> CameraRef:
        return CameraRef(self.site, self.camera)


class AlertRaised(AlertFact):
    """Fact `alert_raised`: a rule was broken in front of a camera. `at_us` is the first picture that broke it."""

    risk: RiskClass | None = None
    is_silent: bool = Field(False, description="maintenance or a silence: kept, and nobody is told")
    hops: Hops | None = Field(None, description="of the picture that completed the condition")
    ruled_us: int | None = Field(None, description="the rule was found broken")
    stored_us: int | None = Field(None, description="the alert was in the database")
    outage: Outage | None = Field(None, description="most cameras of a school, or schools of a district, are away")


class AlertGoesOn(AlertFact):
    """Fact `alert_goes_on`: the same incident still lasts, or another camera of the kitchen sees it too."""

    last_us: int = Field(description="newest picture that broke it")
    cameras: tuple[str, ...] = Field((), description="all cameras that see it")
    outage: Outage | None = Field(None, description="it has become one: most cameras are away")
    folded_into: str | None = Field(None, description="from now on another alert, the district's, stands for it too")


class AlertAcknowledged(AlertFact):
    """Fact `alert_acknowledged`: a person has taken it; nobody else is called."""

    by: str


class AlertReviewed(AlertFact):
    """Fact `alert_reviewed`: a person judged it. A false one teaches: it counts in the rule's precision."""

    by: str
    verdict: Verdict
    note: str = ""


class AlertClosed(AlertFact):
    """Fact `alert_closed`: the incident is over."""

    first_us: int
    last_us: int
    folded_into: str | None = Field(None, description="not over: from now on this other alert stands for it")


class BestFrame(Message):
    """The picture that shows it best. Evidence finds it again by fragment and PTS; boxes are drawn, never burned in."""

    camera: str
    at_us: int
    stream: str
    run: str
    pts_90k: int
    fragment_sha256: str
    width: int
    height: int
    boxes: tuple[SeenBox, ...] = Field((), description="what broke the rule, 0 to 1 of the picture")
    score: float = Field(description="of what broke the rule, 0 to 1")


class FrameRef(Message):
    """One picture that an alert rests on."""

    camera: str
    at_us: int
    fragment_sha256: str


class Review(Message):
    """What a person made of it."""

    verdict: Verdict
    by: str
    at_us: int
    note: str = ""


class SpokenWarning(Message):
    """What was to be spoken in the kitchen because of it, and what the intercom answered."""

    trigger: AnnouncementTrigger = Field(description="class 1 at once, everything else when a person confirmed it")
    state: Literal["due", "asked", "played", "not_played", "too_late"]
    announcement: str | None = Field(None, description="of the library; or a text")
    text: str | None = None
    due_us: int = Field(description=_US)
    asked_us: int | None = None
    answered_us: int | None = None
    broadcast: str | None = Field(None, description="id at the intercom")
    reason: str | None = Field(None, description="not played: too_often, floor_taken, camera_unreachable, …")
    detail: str = Field("", description="the same in words")
    receipt: Receipt | None = Field(None, description="of the camera, as the intercom wrote it down")


class Alert(Message):
    """One alert, whole. What the picture was judged by travels with it, so that it can be judged again."""

    alert: str
    site: str
    camera: str = Field(description="the one that saw it first")
    cameras: tuple[str, ...] = Field((), description="all that see it, the first one among them")
    rule: str
    rule_version: int
    about: str = Field(description="class of violation: no_mask, rodent, picture_fault, … (shared/messages/rules.py)")
    detail: str = Field("", description="such as the fault of the picture, or the reason a camera is away")
    risk: RiskClass
    track: int | None = Field(None, description="object track of the first camera, where the rule follows one")
    progress: Progress
    first_us: int = Field(description="first picture that broke the rule, " + _US)
    raised_us: int = Field(description="picture that completed the condition, " + _US)
    last_us: int = Field(description="newest picture that broke it, " + _US)
    closed_us: int | None = None
    broken: int = Field(description="pictures that broke the rule so far")
    looked: int = Field(description="pictures looked at since the first of them")
    best: BestFrame | None = None
    crop: MoverClip | None = Field(None, description="of something small: what part of the clip to look at, and when")
    frames: tuple[FrameRef, ...] = Field((), description="those of the condition, at most 20")
    models: dict[str, str] = Field(default_factory=dict, description="capability and digest of its weights")
    thresholds: dict[str, float] = Field(default_factory=dict, description="of the rule, as it was in force")
    picture_faults: tuple[str, ...] = ()
    is_silent: bool = False
    silence: str | None = Field(None, description="id of the silence that kept it quiet")
    hops: Hops | None = None
    ruled_us: int | None = None
    stored_us: int | None = None
    acknowledged_by: str | None = None
    acknowledged_us: int | None = None
    review: Review | None = None
    case: str | None = Field(None, description="what is followed up")
    clip: str | None = Field(None, description="id at the recorder: 10 s before and after")
    proof: AlertProof | None = Field(None, description="of one that was asked for alone: what proves it")
    outage: Outage | None = Field(None, description="most cameras of the school, or schools of the district, are away")
    sites: tuple[str, ...] = Field((), description="outage: the schools, its own among them")
    cameras_away: tuple[str, ...] = Field((), description="outage: cameras that are not back yet")
    folded_into: str | None = Field(None, description="another alert stands for this one")
    warning: SpokenWarning | None = Field(None, description="what was spoken in the kitchen")


class AlertsWanted(Message):
    """Command `alerts`: newest first. Empty filters let everything through."""

    sites: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    risks: tuple[RiskClass, ...] = ()
    verdicts: tuple[Literal["confirmed", "false", "unclear", "none"], ...] = ()
    progress: Progress | None = None
    is_silent: bool | None = False
    silence: str | None = Field(None, description="kept quiet by this silence")
    is_in_case: bool | None = Field(None, description="followed up, or (false) not yet; none: both")
    from_us: int | None = None
    to_us: int | None = None
    before: str | None = Field(None, description="`<first_us>.<alert>` of the last one of the page before")
    limit: int = Field(100, ge=1, le=501)


class AlertList(Message):
    """Answer of `alerts`."""

    items: tuple[Alert, ...] = ()


class AlertRef(Message):
    """Command `alert`: one, whole."""

    alert: str


class AlertAcknowledgement(Message):
    """Command `alert_acknowledge`: a person takes it. Twice by the same person is once."""

    alert: str
    by: str


class AlertReview(Message):
    """Command `alert_review`: a person judges it. The newest judgement holds; every one is kept."""

    alert: str
    by: str
    verdict: Verdict
    note: str = Field("", max_length=2000)
