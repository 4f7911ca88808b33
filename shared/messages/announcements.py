"""What kitchens are told again and again: a library of sounds, when they are played, and who asks for one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message
from shared.messages.broadcasts import Addressed, Language
from shared.messages.intercom import TalkPriority

AnnouncementKind = Literal["text", "file"]
ScheduleOutcome = Literal["played", "missed", "failed"]
# = base64 of 5,000,000 bytes
SOUND_CHARACTERS_MAX = 6_666_672
TEXT_CHARACTERS_MAX = 400
_US = "UTC microseconds"


class AnnouncementWanted(Message):
    """Request `announcement_add`: keep a text as speech, or a sound file. One of text and sound."""

    name: str = Field(min_length=1, max_length=100)
    language: Language = "zh-CN"
    text: str | None = Field(None, max_length=TEXT_CHARACTERS_MAX)
    sound: str | None = Field(None, description="a file, base64; at most 5 MB", max_length=SOUND_CHARACTERS_MAX)
    made_by: str


class AnnouncementStatus(Message):
    """One announcement of the library."""

    announcement: str = Field(description="id")
    name: str
    kind: AnnouncementKind
    language: Language
    text: str | None = None
    voice: str | None = Field(None, description="what spoke the text")
    duration_s: float
    loudness_lufs: float = Field(description="integrated, EBU R128, after it was normalised")
    peak_dbfs: float
    size_bytes: int
    sha256: str = Field(description="of the sound as it is kept, hexadecimal")
    made_by: str
    made_us: int = Field(description=_US)


class AnnouncementRef(Message):
    """Request `announcement`, `announcement_remove`, or `announcement_sound`: where its sound can be read."""

    announcement: str


class AnnouncementsOf(Message):
    """Request `announcements`: the library, newest first."""

    limit: int = Field(500, ge=1, le=1000)


class AnnouncementList(Message):
    """Answer of `announcements`."""

    items: tuple[AnnouncementStatus, ...] = ()


class SpeechWanted(Message):
    """Request `announcement_preview`: how a text will sound. Nothing is kept."""

    text: str = Field(max_length=TEXT_CHARACTERS_MAX)
    language: Language = "zh-CN"


class SpeechMade(Message):
    """Its answer."""

    sound: str = Field(description="WAV, base64")
    duration_s: float
    loudness_lufs: float


class AnnouncementPlay(Message):
    """Request `announcement_play`: say this to these cameras now. Answered with a `BroadcastStatus`.

    This is what a rule asks that wants a kitchen told of a violation.
    """

    to: Addressed
    announcement: str | None = Field(None, description="id; one of announcement and text")
    text: str | None = Field(None, max_length=TEXT_CHARACTERS_MAX)
    language: Language = "zh-CN"
    priority: TalkPriority = Field("routine", description="routine ones count toward a camera's limit per hour")
    reason: str = Field(description="such as the rule and the alert", max_length=500)
    asked_by: str = Field(description="shown as the talker")


class ScheduleWanted(Message):
    """Request `schedule_add`: an announcement at times of the week, on a kitchen's clock."""

    announcement: str
    to: Addressed
    days: tuple[int, ...] = Field(description="ISO weekdays: 1 is Monday, 7 is Sunday", min_length=1, max_length=7)
    minutes: tuple[int, ...] = Field(description="minutes after midnight", min_length=1, max_length=48)
    time_zone: str = Field("Asia/Shanghai", description="IANA name of the kitchens' clock")
    priority: TalkPriority = "routine"
    made_by: str


class ScheduleStatus(Message):
    """One schedule, when it is due next, and how the last time went."""

    schedule: str = Field(description="id")
    announcement: str
    to: Addressed
    days: tuple[int, ...]
    minutes: tuple[int, ...]
    time_zone: str
    priority: TalkPriority
    made_by: str
    made_us: int = Field(description=_US)
    next_us: int | None = None
    last_us: int | None = Field(None, description=f"when it was due last, {_US}")
    outcome: ScheduleOutcome | None = Field(None, description="missed: no worker was there in time, and late is never")
    broadcast: str | None = Field(None, description="the one it was played by")
    detail: str = ""


class ScheduleRef(Message):
    """Request `schedule_remove`."""

    schedule: str


class SchedulesOf(Message):
    """Request `schedules`."""

    limit: int = Field(500, ge=1, le=1000)


class ScheduleList(Message):
    """Answer of `schedules`."""

    items: tuple[ScheduleStatus, ...] = ()


class AnnouncementsHeard(Message):
    """KV bucket `announcements_heard`, key = camera: when it was told something as a matter of routine lately."""

    at_us: tuple[int, ...] = ()
