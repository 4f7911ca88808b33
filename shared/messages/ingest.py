"""What ingest says happened to cameras, and what it can be asked."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.messages.base import Fact, Message
from shared.messages.cameras import CameraCondition, Transport
from shared.subjects import CameraRef

AT_US = "when it happened, UTC microseconds"


class CameraFact(Fact):
    """What every fact about a camera carries."""

    owner: ClassVar[str] = "ingest"

    site: str
    camera: str
    at_us: int = Field(description=AT_US)

    def about(self) -> CameraRef:
        return CameraRef(self.site, self.camera)


class CameraCameOnline(CameraFact):
    """Fact `camera_came_online`: pictures come (again). The gap is the hole in what was filmed."""

    worker: str = Field(description="the ingest worker that pulls it")
    gap_from_us: int | None = Field(None, description="end of the last picture anybody received; None: there was none")
    gap_to_us: int | None = Field(None, description="first picture of the new run")
    gap_cause: str = Field(description="first, worker_lost, or the reason_code of the condition before")


class CameraWentOffline(CameraFact):
    """Fact `camera_went_offline`: no pictures any more, and why."""

    worker: str
    condition: CameraCondition
    reason_code: str
    reason: str


class CameraChangedFormat(CameraFact):
    """Fact `camera_changed_format`: another codec, size or parameter set; a new run began."""

    run: str
    codecs: str
    width: int
    height: int
    codecs_before: str


class CameraDrifted(CameraFact):
    """Fact `camera_drifted`: its clock is further from ours than is tolerated; arrival dates its pictures."""

    drift_s: float = Field(description="camera's clock minus ours")


class FragmentsLost(CameraFact):
    """Fact `fragments_lost`: the bus was away for longer than ingest can remember."""

    stream: str
    run: str
    first_seq: int
    last_seq: int = Field(description="inclusive")
    cause: Literal["bus_away"] = "bus_away"


class ProbeRequest(Message):
    """Command `probe`: look at an address without registering it."""

    url: str
    username: str | None = None
    password: str | None = Field(None, description="travels only on the bus, whose clients are ours; never stored")
    transport: Transport = "auto"


class ProbeReply(Message):
    """What was found there, or the named reason why nothing was."""

    is_ok: bool
    reason_code: str
    reason: str
    video_codec: str | None = None
    audio_codec: str | None = None
    codecs: str | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    gop_seconds: float | None = None
    bitrate_kbps: float | None = None
    transport: str | None = Field(None, description="tcp or udp, as it was really played")
    has_backchannel: bool | None = None
    first_picture_ms: float | None = Field(None, description="from connecting to the first whole picture")
