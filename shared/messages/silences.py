"""What is kept quiet for a while: a person's silence, or maintenance that was planned. Alerts are kept, nobody told."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message
from shared.messages.cameras import RecordingWindow
from shared.messages.rules import Token

SilenceKind = Literal["silence", "maintenance"]
_US = "UTC microseconds"


class Silence(Message):
    """KV bucket `silences`, key = its id. Where, which rules, from when until when. Empty: all."""

    silence: str = Field(description="id")
    kind: SilenceKind = "silence"
    sites: tuple[Token, ...] = Field((), max_length=1000)
    cameras: tuple[Token, ...] = Field((), max_length=1000, description="of those sites, these alone")
    rules: tuple[Token, ...] = Field((), max_length=200)
    covers_class_1: bool = Field(False, description="otherwise class 1 is told even so")
    reason: str = Field(max_length=500)
    from_us: int = Field(description=_US)
    until_us: int = Field(description=f"it ends by itself, {_US}")
    weekly: tuple[RecordingWindow, ...] = Field((), max_length=20, description="maintenance: in these hours alone")
    time_zone: str = Field("Asia/Shanghai", description="IANA name of the clock of `weekly`")
    made_by: str
    made_us: int = Field(description=_US)
    ended_by: str | None = None
    ended_us: int | None = Field(None, description=f"ended by a person before its time, {_US}")


class SilenceWanted(Message):
    """Command `silence_add`."""

    silence: Silence = Field(description="its id and when it was made are given by alerting; from_us 0: now")
    may_class_1: bool = Field(False, description="whether who asks may configure: then it may cover class 1")


class SilenceEnd(Message):
    """Command `silence_end`: over now. Twice is once."""

    silence: str
    by: str


class SilencesWanted(Message):
    """Command `silences`: newest first."""

    is_current: bool | None = Field(None, description="true: in force or still to come")
    silence: str | None = Field(None, description="this one alone")
    sites: tuple[str, ...] | None = Field(None, description="counted is what was kept quiet at these schools alone")
    limit: int = Field(200, ge=1, le=1000)


class SilenceStatus(Message):
    """One silence, and what it has kept quiet."""

    silence: Silence
    is_in_force: bool = Field(description="at this moment")
    suppressed: int = Field(description="alerts that were kept and not told")
    suppressed_by_rule: dict[str, int] = Field(default_factory=dict)


class SilenceList(Message):
    """Answer of `silences`, `silence_add` and `silence_end`."""

    items: tuple[SilenceStatus, ...] = ()
