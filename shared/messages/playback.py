"""What the recorder can be asked about what was recorded: the timeline, a playlist, where bytes lie."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message

RecordedStream = Literal["main", "sub"]
_US = "UTC microseconds"


class RecordedRange(Message):
    """Plays without a hole."""

    from_us: int = Field(description=_US)
    to_us: int


class RecordedGap(Message):
    """A hole in what was filmed, and why."""

    from_us: int = Field(description=_US)
    to_us: int
    cause: str = Field(description="as in the fact `gap_recorded`")


class TimelineWanted(Message):
    """Command `timeline`: what of one stream was recorded between two times."""

    site: str
    camera: str
    stream: RecordedStream = "main"
    from_us: int = Field(description=_US)
    to_us: int


class TimelineReply(Message):
    """Ranges and gaps in order, cut to what was asked for."""

    ranges: tuple[RecordedRange, ...] = ()
    gaps: tuple[RecordedGap, ...] = ()


class PlaylistWanted(Message):
    """Command `playlist`: HLS of one stream between two times."""

    site: str
    camera: str
    stream: RecordedStream = "main"
    from_us: int = Field(description=_US)
    to_us: int | None = Field(None, description="none, or not over yet: the playlist grows when it is asked for again")
    suffix: str = Field("", description="what every address in it ends with, such as ?token=…", max_length=2000)


class PlaylistReply(Message):
    """The text, and what it covers."""

    text: str
    is_ended: bool
    from_us: int = Field(description="begin of the first GOP in it")
    to_us: int = Field(description="end of the last GOP in it")


class ObjectWanted(Message):
    """Command `object`: an address from which one recorded object can be read."""

    site: str
    camera: str
    name: str = Field(description="object name; of this camera, or it is refused")


class ObjectPlace(Message):
    """A signed URL that reads this one object for a while."""

    url: str
    lasts_s: int


class GopWanted(Message):
    """Command `gop`: where one GOP lies now, by what never changes about it."""

    site: str
    camera: str
    stream: RecordedStream = "main"
    run: str
    captured_us: int = Field(description="of its first picture, UTC microseconds")
    pts_90k: int


class GopPlace(Message):
    """In an object (url, offset), or still on the bus (the numbers of its first and last fragment)."""

    url: str | None = None
    offset: int = 0
    size_bytes: int = Field(description="of all of it so far, init segment included")
    is_whole: bool = True
    first_media_seq: int | None = None
    last_media_seq: int | None = None
