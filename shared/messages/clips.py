"""What the recorder can be asked to cut out of recordings: clips, still pictures, thumbnails."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message
from shared.messages.detector import SeenBox
from shared.messages.playback import RecordedStream

ClipState = Literal["queued", "running", "ready", "failed"]
_US = "UTC microseconds"

# Who asks for the clips that prove alerts.
ASKED_BY_ALERTING = "alerting"


class ClipWanted(Message):
    """Command `clip_make`: an MP4 of a stretch of a stream, not encoded again. The same id again is the same clip."""

    clip: str = Field(description="id, chosen by who asks")
    site: str
    camera: str
    stream: RecordedStream = "main"
    from_us: int = Field(description=_US)
    to_us: int
    is_exact: bool = Field(False, description="begins and ends with the picture; else with the GOP around it")
    asked_by: str
    keep_until_us: int | None = Field(None, description="kept so long, where that is longer than clips usually are")
    crop: SeenBox | None = Field(None, description="this part of the picture alone, encoded again; at most 120 s")


class ClipRef(Message):
    """Commands `clip`, `clip_remove`: one clip; of `sites` alone: another school's is not there."""

    clip: str
    sites: tuple[str, ...] | None = None


class ClipStatus(Message):
    """A clip, made or being made."""

    clip: str
    site: str
    camera: str
    stream: RecordedStream = "main"
    from_us: int
    to_us: int
    is_exact: bool
    asked_by: str
    asked_us: int
    state: ClipState
    progress: float = Field(description="0 to 1")
    size_bytes: int | None = None
    sha256: str | None = None
    shows_from_us: int | None = Field(None, description="of one that is ready: what there was to be shown")
    shows_to_us: int | None = None
    object_name: str | None = None
    error_code: str | None = Field(None, description="why it failed: stable")
    error: str | None = None
    expires_us: int = Field(description="removed then; the recording stays")


class ClipsOf(Message):
    """Command `clips`: those of one camera, newest first; without a camera those that somebody asked for."""

    camera: str | None = None
    asked_by: str | None = None
    sites: tuple[str, ...] | None = Field(None, description="of these schools alone")
    limit: int = Field(100, ge=1, le=500)


class ClipList(Message):
    """Clips, newest first."""

    items: tuple[ClipStatus, ...] = ()


class StillWanted(Message):
    """Command `still`: the picture that was shown at a moment, made from the recorded bytes."""

    site: str
    camera: str
    stream: RecordedStream = "main"
    at_us: int = Field(description=_US)
    kind: Literal["jpeg", "png"] = "jpeg"
    max_width: int | None = Field(None, ge=16, le=7680)


class StillReply(Message):
    """The picture."""

    data_base64: str
    captured_us: int = Field(description="when exactly it was taken")
    width: int
    height: int


class ThumbnailsWanted(Message):
    """Command `thumbnails`: one small picture a minute of one hour, on one sheet of ten columns and six rows."""

    site: str
    camera: str
    stream: RecordedStream = "main"
    hour_us: int = Field(description="begin of the hour, UTC microseconds")


class ThumbnailsReply(Message):
    """The sheet is an object; `filled` says which minutes have a picture."""

    object_name: str
    filled: tuple[bool, ...] = Field(min_length=60, max_length=60)
    cell_width: int
    cell_height: int
