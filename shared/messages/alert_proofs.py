"""What an alert is proved with: picture, clip and facts, each kept and hashed; whether it stands when ruled again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message
from shared.messages.detector import FrameAnalysed
from shared.messages.rules import Rule

ProofState = Literal["waiting", "ready", "impossible"]
ReplayVerdict = Literal["same", "stands", "falls", "unknown"]
_US = "UTC microseconds"
FRAMES_MAX = 600


class AlertProof(Message):
    """How far it is collected. Whatever is None is not there (yet)."""

    state: ProofState = Field("waiting", description="of the clip, which comes last")
    why: str = Field("", description="stable: what it waits for, or why there will be none")
    detail: str = Field("", description="the same in words")
    from_us: int = Field(0, description="of the clip, and of what no retention deletes, " + _US)
    to_us: int = 0
    kept_until_us: int = Field(0, description="all of it is kept until then")
    is_held: bool = Field(False, description="the recorder keeps the range, however old it becomes")
    clip: str | None = Field(None, description="id at the recorder")
    clip_sha256: str | None = None
    clip_bytes: int | None = None
    clip_from_us: int | None = Field(None, description="what it really shows")
    clip_to_us: int | None = None
    clips_asked: int = Field(0, description="how many were asked for: one that failed is asked for again")
    crop: str | None = Field(None, description="clip at the recorder: the part in which something small runs")
    crop_sha256: str | None = None
    crop_bytes: int | None = None
    crop_why: str = Field("", description="why there is none, where the alert names a part")
    picture_at_us: int | None = Field(None, description="which picture is kept: that of `best`")
    picture_captured_us: int | None = None
    picture_sha256: str | None = None
    picture_bytes: int | None = None
    picture_why: str = Field("", description="why there is none")
    facts: int | None = Field(None, description="facts that are kept to rule it again")
    facts_sha256: str | None = None
    facts_bytes: int | None = None
    tries: int = Field(0, description="how often something of it could not be had")


class AlertPictureWanted(Message):
    """Command `alert_picture`: the best picture as it is kept with the alert."""

    alert: str


class AlertPicture(Message):
    """The bytes, as they were when they were hashed."""

    at_us: int = Field(description=_US)
    captured_us: int
    sha256: str
    data_base64: str


class ReplayWanted(Message):
    """Command `alert_replay`: rule it again over the facts that were kept, or over `frames`."""

    alert: str
    rule_version: int | None = Field(None, ge=1, description="None: the version that raised it")
    frames: tuple[FrameAnalysed, ...] = Field(
        (), max_length=FRAMES_MAX, description="what other models saw in the same pictures, instead of the kept facts"
    )


class ReplayFound(Message):
    """An incident that the rule finds in them."""

    id: str
    first_us: int
    raised_us: int
    last_us: int
    broken: int


class AlertReplay(Message):
    """Answer of `alert_replay`."""

    alert: str
    verdict: ReplayVerdict = Field(
        description="same: the same alert to the last picture; stands: broken again, elsewhere in it; falls: not broken"
    )
    why: str = Field("", description="stable, where it is not the same")
    detail: str = Field("", description="in words")
    rule: Rule
    version_then: int
    found: tuple[ReplayFound, ...] = ()
    facts: int = Field(description="that were ruled again")
    from_us: int = Field(description=_US)
    to_us: int
    facts_sha256: str = Field("", description="of what was kept; empty: other frames were given")
