"""What was said in talks and heard meanwhile, as it is kept: facts, lists, and where the sound lies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message
from shared.messages.intercom import IntercomFact, TalkEnding, TalkPriority

SoundForm = Literal["matroska", "wav"]


class TalkRecorded(IntercomFact):
    """Fact `talk_recorded`: a talk is over and on record, its sound kept where there was any."""

    record: str
    case: str | None = None
    from_us: int
    to_us: int
    sha256: str | None = Field(None, description="hex, of the Matroska file; None: no sound was kept")
    size_bytes: int | None = None
    has_microphone: bool = Field(description="whether the camera was heard meanwhile")


class TalkRecord(Message):
    """One talk: from its first press until nobody answers any more."""

    record: str = Field(description="<talk>-<number>: a talk with long silences is kept in parts")
    talk: str
    site: str
    camera: str
    case: str | None = Field(None, description="id of the case it belongs to, as whoever opened the talk said")
    talker: str
    priority: TalkPriority
    from_us: int
    to_us: int
    presses: int
    spoken_s: float = Field(description="pressed, altogether")
    ending: TalkEnding | Literal["released", "worker_lost"] = Field(description="how its last press ended")
    codec: str = Field(description="what was sent: pcmu or pcma, as it was given to the camera's leg")
    has_microphone: bool
    size_bytes: int | None = Field(None, description="of the Matroska file; None: no sound was kept")
    sha256: str | None = Field(None, description="hex, of the Matroska file")
    transcript: str | None = Field(None, description="nobody writes it yet")


class TalkRecordsWanted(Message):
    """Request `talk_records`: newest first."""

    sites: tuple[str, ...] | None = Field(None, description="of these alone; None: of all")
    camera: str | None = None
    case: str | None = None
    from_us: int | None = None
    to_us: int | None = None
    before: str | None = Field(None, description="go on behind this record")
    limit: int = Field(100, ge=1, le=501)


class TalkRecordList(Message):
    """Answer of `talk_records`."""

    items: tuple[TalkRecord, ...]


class TalkSoundWanted(Message):
    """Request `talk_sound`: where the sound of a record lies."""

    record: str
    form: SoundForm = Field("matroska", description="matroska: the bytes as they were; wav: to listen to")


class TalkSound(Message):
    """Answer of `talk_sound`: the record, and a signed URL that reads its file for a while."""

    record: TalkRecord
    url: str
    lasts_s: int
