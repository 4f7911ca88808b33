"""Speaking with a kitchen: asked of the intercom, said by it, and who has the floor."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.messages.base import Fact, Message
from shared.messages.ingest import AT_US
from shared.subjects import CameraRef

TalkPriority = Literal["routine", "order", "emergency"]
TalkState = Literal["preparing", "ready", "waiting", "talking", "ended"]
TalkEnding = Literal[
    "hung_up",
    "browser_gone",
    "browser_silent",
    "ice_failed",
    "no_backchannel",
    "codec",
    "camera_refused",
    "camera_busy",
    "camera_unreachable",
    "camera_gone",
    "preempted",
    "floor_taken",
    "time_limit",
    "idle",
    "draining",
    "unavailable",
    "no_longer_allowed",
]


class TalkWanted(Message):
    """Request `talk_open`: speak to a camera. Any worker answers; the talk is pinned to it."""

    site: str
    camera: str
    talker: str = Field(description="name of the account, shown to who wants the floor")
    priority: TalkPriority = "routine"
    offer: str = Field(description="SDP with one sound that the browser sends", max_length=64_000)
    case: str | None = Field(None, description="id of the case that it belongs to", max_length=128)
    is_prepared: bool = Field(False, description="connect and wait for a press, instead of speaking at once")
    guest: str | None = Field(
        None, description="<room>.<guest> where a guest of an emergency room speaks: it ends with the guest's time"
    )


class TalkStatus(Message):
    """How a talk is. Answer of `talk_change`, `talk_end` and `talk`; sent to the browser whenever it changes."""

    talk: str = Field(description="<worker>.<random>")
    site: str
    camera: str
    talker: str
    priority: TalkPriority = "routine"
    state: TalkState
    ending: TalkEnding | None = None
    detail: str = Field("", description="in words, where it ended otherwise than by its talker")
    holder: str | None = Field(None, description="who has the floor, where it is somebody else")
    queue_position: int | None = Field(None, description="from 1, of those who wait for the floor")
    codec: str | None = Field(None, description="what the camera is given: pcmu, pcma")
    is_heard: bool | None = Field(
        None,
        description="whether the camera reports that our sound comes; many never say (null). False: it was opened anew"
        " and still says that nothing does",
    )
    packets: int = Field(0, description="of 20 ms, given to the camera so far")
    lost: int = Field(0, description="packets of the talker that never came")
    delay_ms: float = Field(0.0, description="what the newest packet waited here")


class TalkOpened(Message):
    """Answer of `talk_open`."""

    status: TalkStatus
    answer: str = Field(description="SDP")


class TalkRef(Message):
    """Request `talk` or `talk_end` of the worker that holds it. Nobody else's talk is told or ended."""

    talk: str
    talker: str


class TalkChange(Message):
    """Request `talk_change` of the worker that holds it: press or release."""

    talk: str
    talker: str
    is_talking: bool
    may_wait: bool = Field(
        False,
        description="where somebody else speaks, wait and speak when the floor is free, instead of being refused",
    )


class TalkTrickle(Message):
    """Request `talk_trickle` of the worker that holds it: more candidates of the browser."""

    talk: str
    talker: str
    fragment: str = Field(description="application/trickle-ice-sdpfrag (RFC 8840)", max_length=64_000)


class FloorHeld(Message):
    """KV bucket `floors`, key = camera: who speaks. An entry that is not renewed within 3.5 s is gone."""

    talk: str
    talker: str
    priority: TalkPriority
    since_us: int
    session: str = Field(default="", description="of RTSP, while it plays: whoever is left ends it at the camera")


class FloorWanted(Message):
    """KV bucket `floor_waits`, key = camera, talk: who waits for a floor. An entry that is not renewed within 3.5 s is
    gone."""

    talk: str
    talker: str
    priority: TalkPriority
    since_us: int


class IntercomFact(Fact):
    """What every fact about a talk carries."""

    owner: ClassVar[str] = "intercom"

    site: str
    camera: str
    at_us: int = Field(description=AT_US)
    talk: str
    talker: str
    priority: TalkPriority

    def about(self) -> CameraRef:
        return CameraRef(self.site, self.camera)


class TalkStarted(IntercomFact):
    """Fact `talk_started`: somebody has the floor, and the camera plays."""

    codec: str


class TalkEnded(IntercomFact):
    """Fact `talk_ended`: the floor is free again. Once for every `talk_started`."""

    seconds: float
    ending: TalkEnding | Literal["released"]
    packets: int
    is_heard: bool | None = Field(None, description="what the camera reported of it, where it reports anything")
