"""One sound to many cameras: asked of the intercom, answered with a receipt of each camera, said as facts."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.messages.base import Fact, Message
from shared.messages.ingest import AT_US
from shared.messages.intercom import TalkPriority
from shared.subjects import CameraRef

BroadcastSource = Literal["microphone", "announcement", "text"]
BroadcastState = Literal["preparing", "ready", "speaking", "ended"]
BroadcastEnding = Literal[
    "finished",
    "hung_up",
    "browser_gone",
    "browser_silent",
    "ice_failed",
    "time_limit",
    "idle",
    "draining",
    "worker_lost",
]
ReceiptState = Literal["waiting", "accepted", "playing", "heard", "played", "failed", "skipped"]
ReceiptReason = Literal[
    "floor_taken",
    "preempted",
    "no_backchannel",
    "codec",
    "camera_refused",
    "camera_busy",
    "wrong_password",
    "camera_unreachable",
    "camera_gone",
    "not_heard",
    "camera_disabled",
    "no_such_camera",
    "not_in_time",
    "too_often",
    "bus_away",
]
Language = Literal["zh-CN", "en"]
_US = "UTC microseconds"


class CameraOf(Message):
    """One camera that is spoken to."""

    site: str
    camera: str


class Addressed(Message):
    """To whom: cameras by name, all cameras of sites, or everyone; whoever is named twice hears it once."""

    cameras: tuple[CameraOf, ...] = Field((), max_length=4096)
    sites: tuple[str, ...] = Field((), max_length=4096)
    is_everyone: bool = False


class BroadcastWanted(Message):
    """Request `broadcast_open`. Any worker answers; the broadcast is pinned to it. One of offer, announcement, text."""

    to: Addressed
    talker: str = Field(description="name of the account, shown to who wants the floor")
    priority: TalkPriority = "routine"
    reason: str = Field("", description="why, in the talker's words; kept with the receipts", max_length=500)
    offer: str | None = Field(None, description="SDP with one sound that the browser sends", max_length=64_000)
    announcement: str | None = Field(None, description="id of an announcement of the library")
    text: str | None = Field(None, description="to be spoken by a voice of the intercom", max_length=400)
    language: Language = "zh-CN"
    is_prepared: bool = Field(False, description="connect and wait for a press, instead of speaking at once")


class Receipt(Message):
    """How far one camera is. `played`: all of it was given to a camera that never says what it hears."""

    site: str
    camera: str
    state: ReceiptState
    reason: ReceiptReason | None = Field(None, description="failed and skipped: why")
    detail: str = Field("", description="the same in words")
    holder: str | None = Field(None, description="who has the floor, where it is somebody else")
    attempts: int = Field(0, description="how often the camera was tried; more than one: it was tried again")
    codec: str | None = Field(None, description="what the camera is given")
    began_us: int | None = Field(None, description=f"when it was given its first sound, {_US}")
    late_ms: float | None = Field(None, description="how long after the common start that was")
    packets: int = Field(0, description="given to it so far")


class BroadcastStatus(Message):
    """How a broadcast is. Sent to the browser too, there with only those receipts that changed since the last time."""

    broadcast: str = Field(description="<worker>.<random>")
    talker: str
    priority: TalkPriority = "routine"
    source: BroadcastSource
    announcement: str | None = None
    text: str | None = None
    reason: str = ""
    state: BroadcastState
    ending: BroadcastEnding | None = None
    detail: str = Field("", description="in words, where it ended otherwise than by its talker")
    opened_us: int = Field(description=_US)
    began_us: int | None = Field(None, description=f"the common start, {_US}")
    ended_us: int | None = None
    counts: dict[ReceiptState, int] = Field(default_factory=dict, description="how many cameras are how far")
    receipts: tuple[Receipt, ...] = ()


class BroadcastOpened(Message):
    """Answer of `broadcast_open`."""

    status: BroadcastStatus
    answer: str | None = Field(None, description="SDP, where there was an offer")


class BroadcastRef(Message):
    """Request `broadcast` or `broadcast_end` of the worker that holds it; `broadcast_past` of any, once it is over."""

    broadcast: str
    talker: str = Field("", description="broadcast_end: nobody else's is ended")


class BroadcastChange(Message):
    """Request `broadcast_change` of the worker that holds it: press or release."""

    broadcast: str
    talker: str
    is_speaking: bool


class BroadcastsOf(Message):
    """Request `broadcasts`: the newest first, without their receipts."""

    camera: str | None = Field(None, description="only those to this camera")
    sites: tuple[str, ...] = Field((), description="only those to cameras of these sites; empty: all", max_length=4096)
    before_us: int | None = Field(None, description=f"only those opened before, {_US}")
    limit: int = Field(100, ge=1, le=501)


class BroadcastList(Message):
    """Answer of `broadcasts`."""

    items: tuple[BroadcastStatus, ...] = ()


class BroadcastFact(Fact):
    """What every fact about a broadcast carries."""

    owner: ClassVar[str] = "intercom"

    broadcast: str
    at_us: int = Field(description=AT_US)
    talker: str
    priority: TalkPriority
    source: BroadcastSource


class BroadcastStarted(BroadcastFact):
    """Fact `broadcast_started`: the common start; cameras that come later do not say it again. About no camera."""

    cameras: int = Field(description="how many it is for")
    playing: int = Field(description="how many began together")
    reason: str = ""


class BroadcastReceipted(BroadcastFact):
    """Fact `broadcast_receipted`: how it ended for one camera, once for each."""

    site: str
    camera: str
    state: ReceiptState
    reason: ReceiptReason | None = None
    detail: str = ""
    attempts: int = 0
    began_us: int | None = None
    packets: int = 0

    def about(self) -> CameraRef:
        return CameraRef(self.site, self.camera)


class BroadcastEnded(BroadcastFact):
    """Fact `broadcast_ended`: it is over; the receipts of its cameras were said before. About no camera."""

    ending: BroadcastEnding
    counts: dict[ReceiptState, int] = Field(default_factory=dict)
    seconds: float = Field(description="from the common start; 0.0 where it never came to one")
