"""What is kept and for how long: deletions, holds, and how much there is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message
from shared.messages.recorder import RecordingFact

HoldKind = Literal["evidence", "case", "manual"]
_US = "UTC microseconds"


class RecordingDeleted(RecordingFact):
    """Fact `recording_deleted`: what was old enough, or too much for its site, is gone."""

    from_us: int = Field(description=_US)
    to_us: int
    segments: int
    size_bytes: int
    cause: Literal["expired", "budget"]


class HoldWanted(Message):
    """Command `hold`: keep a range, however old it becomes. The same id again is the same hold."""

    hold: str = Field(description="id, chosen by who asks", min_length=1, max_length=100)
    site: str
    camera: str
    stream: Literal["main", "sub"] | None = Field(None, description="none: all streams of the camera")
    from_us: int = Field(description=_US)
    to_us: int
    why: str = Field(max_length=1000)
    kind: HoldKind = "manual"
    by: str
    until_us: int | None = Field(None, description="none: until it is lifted")


class HoldLifted(Message):
    """Command `hold_lift`: from now on its range may be deleted like any other."""

    hold: str
    by: str


class HoldStatus(Message):
    """A hold."""

    hold: str
    site: str
    camera: str
    stream: str | None = None
    from_us: int
    to_us: int
    why: str
    kind: HoldKind
    placed_by: str
    placed_us: int
    until_us: int | None = None
    lifted_by: str | None = None
    lifted_us: int | None = None


class HoldsOf(Message):
    """Command `holds`: those in force, newest first."""

    camera: str | None = None
    limit: int = Field(100, ge=1, le=500)


class HoldList(Message):
    """Holds."""

    items: tuple[HoldStatus, ...] = ()


class StorageOf(Message):
    """Command `storage`: what is kept of each stream."""

    site: str | None = Field(None, description="of this site alone")


class StoredStream(Message):
    """What is kept of one stream."""

    site: str
    camera: str
    stream: str
    oldest_us: int | None = Field(None, description="when the oldest picture kept was taken; none: nothing is kept")
    newest_us: int
    segments: int
    size_bytes: int
    retention_days: int
    gaps: int | None = Field(
        None, description="holes between the oldest and the newest picture kept that nobody planned; none: not counted"
    )
    gaps_us: int | None = Field(None, description="how long those are together")
    holds: int = Field(0, description="holds in force on it: what lies in them stays longer than its days")
    cut_us: int | None = Field(
        None,
        description="when some of it was last deleted before its days were over, because its site's recordings were"
        " too many; none: not within the last week",
    )


class StorageStatus(Message):
    """What is kept, by site and camera."""

    items: tuple[StoredStream, ...] = ()


class RetentionTrialOf(Message):
    """Command `retention_trial`: what keeping so many days would delete. Deletes nothing."""

    cameras: tuple[str, ...] = Field(min_length=1, max_length=50, description="ids")
    retention_days: int = Field(ge=7, le=3650)


class RetentionTrialStream(Message):
    """Of one stream; one that would lose nothing is left out."""

    camera: str
    stream: str
    segments: int = Field(description="that would be deleted")
    size_bytes: int
    from_us: int | None = Field(None, description="when the oldest of them begins; none: all of it is held")
    to_us: int | None = None
    held_segments: int = Field(0, description="as old, and kept all the same: evidence, open cases")
    held_bytes: int = 0


class RetentionTrial(Message):
    """What would go, as it is now."""

    before_us: int = Field(description="what ended before this moment would be old enough")
    items: tuple[RetentionTrialStream, ...] = ()
