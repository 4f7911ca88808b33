"""What the recorder says happened to recordings, and what it can be asked."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.messages.base import Fact
from shared.messages.ingest import AT_US
from shared.subjects import CameraRef


class RecordingFact(Fact):
    """What every fact about a recording carries."""

    owner: ClassVar[str] = "recorder"

    site: str
    camera: str
    stream: str
    at_us: int = Field(description=AT_US)

    def about(self) -> CameraRef:
        return CameraRef(self.site, self.camera)


class SegmentStored(RecordingFact):
    """Fact `segment_stored`: a piece of some 20 s is in S3 and in the index."""

    run: str
    first_seq: int
    last_seq: int = Field(description="inclusive")
    starts_us: int
    ends_us: int
    size_bytes: int


class GapRecorded(RecordingFact):
    """Fact `gap_recorded`: between two segments nothing was filmed, or what was filmed did not arrive."""

    from_us: int
    to_us: int
    cause: str = Field(description="the reason_code of the camera's condition, missing_on_bus, not_wanted, or unknown")


class RecordingStale(RecordingFact):
    """Fact `recording_stale`: what is filmed is not stored. The bus keeps it for as long as MEDIA has room."""

    since_us: int = Field(description="end of the last segment stored; what came later is at risk")
    cause: str = Field(description="objects_away, database_away, bus_away, lagging or nothing_arrives")
    reason: str


class RecordingAtRisk(RecordingFact):
    """Fact `recording_at_risk`: MEDIA is nearly full and will soon drop what is not stored of this stream."""

    media_used: float = Field(description="share of MEDIA's bound that is taken; at 1 the oldest is dropped")


class RecordingResumed(RecordingFact):
    """Fact `recording_resumed`: it is stored again; what was kept on the bus follows faster than it was filmed."""

    stale_s: float
