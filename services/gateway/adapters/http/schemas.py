"""The bodies of requests and answers, with the words that the OpenAPI document shows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field, StringConstraints

from services.gateway.adapters.http.analysis_plans import AnalysisPlan
from services.gateway.adapters.http.bodies import Answer, Body, Moment
from services.gateway.adapters.http.recording_plans import RecordingPlan
from services.gateway.cameras import Purpose
from services.gateway.roles import Role, Verb
from services.gateway.sites import SiteKind
from shared.messages.cameras import CameraCondition, TalkWay, Transport
from shared.messages.speakers import FoundWay

T = TypeVar("T")

Id = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$",
        description="lower-case letters, digits, '-' and '_', at most 63; never changes",
    ),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
LoginName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\w.@-]{1,64}$")]
RecordingsGb = Annotated[
    int | None,
    Field(
        ge=1,
        le=1_000_000,
        description="gigabytes that all recordings of the site may take together; null: no bound but the days."
        " Below 7 days nothing is deleted for it",
    ),
]
NewPassword = Annotated[
    str, Field(min_length=10, max_length=256, description="at least 10 characters; any characters are allowed")
]


class Page(Answer, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(None, description="pass it as `cursor` for the next page; null at the end")


class LogIn(Body):
    """A name and a password."""

    name: str = Field(max_length=64, examples=["admin"])
    password: str = Field(max_length=256, json_schema_extra={"format": "password"})
    code: str | None = Field(
        None, max_length=40, description="of the authenticator app, or a recovery code; after 401 second_factor_needed"
    )


class User(Answer):
    """Who is logged in."""

    name: str
    roles: list[Role]
    sites: list[str] | None = Field(description="the only schools they may see; null: all")
    must_change_password: bool = Field(False, description="nothing else may be done before PUT /api/v1/me/password")
    verbs: list[Verb] = Field(description="what they may do now, at their schools")


class SessionOpened(Answer):
    """A new login. The token is shown once; the same login is in the cookie `bk_session`."""

    token: str = Field(description="send it as `Authorization: Bearer <token>`")
    expires_at: datetime
    user: User


class CurrentSession(Answer):
    """The login that this request came with."""

    user: User
    expires_at: datetime


LimitSites = Annotated[
    list[Id] | None,
    Field(max_length=1000, description="the only schools it may see; null: all, unless `units` limits it"),
]
LimitUnits = Annotated[
    list[Id] | None,
    Field(
        max_length=200,
        description="limits it to the schools under these units of the organisation, as they are at each moment;"
        " with `sites`: to both together; null: not limited by units",
    ),
]


class NewAccount(Body):
    """Somebody who may log in."""

    name: LoginName
    password: NewPassword
    roles: list[Role] = Field(min_length=1)
    sites: LimitSites = None
    units: LimitUnits = None
    ends_at: Moment | None = Field(None, description="good until then; `guest` needs it; null: for ever")
    must_change_password: bool = Field(False, description="the password is for the first log-in alone")


class AccountChange(Body):
    """What to change; what is left out stays. Any change ends the account's logins."""

    password: NewPassword | None = None
    roles: list[Role] | None = Field(None, min_length=1)
    is_enabled: bool | None = None
    sites: LimitSites = None
    units: LimitUnits = None
    ends_at: Moment | None = Field(None, description="good until then; null: for ever")
    must_change_password: bool | None = Field(None, description="true: the password is for the next log-in alone")


class AccountAnswer(Answer):
    """An account, without its password."""

    name: str
    roles: list[Role]
    is_enabled: bool
    created_at: datetime
    sites: list[str] | None = Field(description="the only schools it may see; null: all, unless `units` limits it")
    units: list[str] | None = Field(description="it may see the schools under these too; null: not limited by units")
    ends_at: datetime | None = Field(description="good until then; null: for ever")


class NewSite(Body):
    """A school, kindergarten or university."""

    id: Id
    name: Name = Field(examples=["第二小学"])
    kind: SiteKind = "school"
    recordings_gb: RecordingsGb = None
    unit: Id | None = Field(None, description="of the organisation; null: of none")


class SiteChange(Body):
    """What to change; what is left out stays. `unit` null: of none."""

    name: Name | None = None
    kind: SiteKind | None = None
    recordings_gb: RecordingsGb = None
    unit: Id | None = None


class SiteAnswer(Answer):
    """A site."""

    id: str
    name: str
    kind: SiteKind
    recordings_gb: int | None
    unit: str | None = Field(description="of the organisation; null: of none")


class Stream(Body):
    """Where one stream of a camera comes from."""

    url: str = Field(
        max_length=2048,
        examples=["rtsp://192.168.1.64:554/Streaming/Channels/101"],
        description="a user name and password in it are moved to the camera's own fields",
    )
    transport: Transport = "auto"


TalkPort = Annotated[
    int | None, Field(ge=1, le=65535, description="`isapi`, `dahua`: of the camera's HTTP server; null: 80")
]
TalkChannel = Annotated[int, Field(ge=1, le=256, description="`isapi`, `dahua`: which speaker, of a recorder")]


class NewCamera(Body):
    """A camera to watch."""

    id: Id | None = Field(None, description="made up when left out")
    site: Id
    name: Name = Field(examples=["烹饪间 1"])
    purpose: Purpose = "processing"
    main: Stream
    sub: Stream | None = None
    username: str | None = Field(None, max_length=128)
    password: str | None = Field(None, max_length=256, json_schema_extra={"writeOnly": True, "format": "password"})
    is_enabled: bool = True
    wants_audio: bool = True
    talk: TalkWay = Field("auto", description="how its speaker is reached; `auto`: as it is found to be")
    talk_port: TalkPort = None
    talk_channel: TalkChannel = 1
    recording: RecordingPlan = Field(default_factory=RecordingPlan)
    analysis: AnalysisPlan = Field(default_factory=AnalysisPlan)


class CameraChange(Body):
    """What to change; what is left out stays. `sub`, `username`, `password` and `talk_port` are removed by null."""

    name: Name | None = None
    purpose: Purpose | None = None
    main: Stream | None = None
    sub: Stream | None = None
    username: str | None = Field(None, max_length=128)
    password: str | None = Field(None, max_length=256, json_schema_extra={"writeOnly": True, "format": "password"})
    is_enabled: bool | None = None
    wants_audio: bool | None = None
    talk: TalkWay | None = None
    talk_port: TalkPort = None
    talk_channel: TalkChannel | None = None
    recording: RecordingPlan | None = None
    analysis: AnalysisPlan | None = None


class CameraStateAnswer(Answer):
    """What ingest found last."""

    condition: CameraCondition
    reason: str = Field(description="a sentence a person can act on")
    reason_code: str = Field(description="stable; translate this one", examples=["wrong_password"])
    since: datetime | None = None
    codecs: str | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    bitrate_kbps: float | None = None
    clock_drift_s: float | None = None
    worker: str | None = None


class SpeakerAnswer(Answer):
    """How a camera can be spoken to, as it was found."""

    way: FoundWay | None = Field(description="`none`: it has no speaker; null: it could not be found out")
    codec: str | None = Field(None, examples=["pcma"])
    reason: str = Field(description="a sentence a person can act on")
    reason_code: str = Field(description="stable; translate this one", examples=["ok", "no_speaker", "wrong_password"])
    looked_at: datetime


class CameraAnswer(Answer):
    """A camera. The password never leaves; `has_password` says whether there is one."""

    id: str
    site: str
    name: str
    purpose: Purpose
    main: Stream
    sub: Stream | None
    username: str | None
    has_password: bool
    is_enabled: bool
    wants_audio: bool
    talk: TalkWay
    talk_port: int | None
    talk_channel: int
    speaker: SpeakerAnswer | None = Field(description="null while it has not been looked for")
    recording: RecordingPlan
    analysis: AnalysisPlan
    state: CameraStateAnswer


class ProbeOrder(Body):
    """An address to look at before it is registered."""

    url: str = Field(max_length=2048, examples=["rtsp://192.168.1.64:554/Streaming/Channels/101"])
    username: str | None = Field(None, max_length=128)
    password: str | None = Field(None, max_length=256, json_schema_extra={"writeOnly": True, "format": "password"})
    transport: Transport = "auto"
    talk: TalkWay = "auto"
    talk_port: TalkPort = None
    talk_channel: TalkChannel = 1


class ProbeAnswer(Answer):
    """What the address turned out to be."""

    is_ok: bool = Field(description="pictures came that can be shown")
    reason: str = Field(description="a sentence a person can act on")
    reason_code: str = Field(description="stable; translate this one", examples=["wrong_password"])
    video_codec: str | None = Field(None, examples=["h265"])
    audio_codec: str | None = Field(None, description="of the sound that the camera sends, null without sound")
    codecs: str | None = Field(None, description="RFC 6381", examples=["hvc1.1.6.L120.90,mp4a.40.2"])
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    gop_seconds: float | None = None
    bitrate_kbps: float | None = None
    transport: str | None = Field(None, description="tcp or udp, as it was really played")
    has_backchannel: bool | None = Field(None, description="whether it takes sound by ONVIF; null: not known")
    speaker: SpeakerAnswer | None = Field(None, description="whether and how one can talk through it")
    first_picture_ms: float | None = Field(None, description="from connecting to the first whole picture")


class MediaTokenRequest(Body):
    """What the token shall allow."""

    camera: Id
    verb: Literal["view", "snapshot", "playback"]


class MediaTokenAnswer(Answer):
    """For URLs of media and WebSockets: `?token=`."""

    token: str
    expires_at: datetime


class TimelineRange(Answer):
    """Plays without a hole."""

    start: datetime
    end: datetime


class TimelineGap(Answer):
    """A hole in what was filmed."""

    start: datetime
    end: datetime
    cause: str = Field(description="stable; translate this one", examples=["port_closed"])


class TimelineAnswer(Answer):
    """What was recorded, in order."""

    ranges: list[TimelineRange]
    gaps: list[TimelineGap]


class SnapshotOrder(Body):
    """A still picture of what was recorded."""

    camera: Id
    at: Moment = Field(description="the picture that was shown then")
    stream: Literal["main", "sub"] = "main"
    kind: Literal["jpeg", "png"] = "jpeg"
    max_width: int | None = Field(None, ge=16, le=7680, description="pixels; full resolution where it is left out")


class NewClip(Body):
    """A stretch of a recording as one MP4, its video not encoded again."""

    camera: Id
    start: Moment
    end: Moment = Field(description="at most 2 hours later, and not in the future")
    stream: Literal["main", "sub"] = "main"
    is_exact: bool = Field(
        False, description="begins and ends with the picture (by an edit list); else with the GOP around it"
    )


class ClipAnswer(Answer):
    """A clip, made or being made."""

    id: str
    camera: str
    stream: str
    start: datetime
    end: datetime
    is_exact: bool
    state: Literal["queued", "running", "ready", "failed"]
    progress: float = Field(description="0 to 1")
    size_bytes: int | None = None
    sha256: str | None = None
    error_code: str | None = Field(None, description="stable; translate this one")
    error: str | None = None
    asked_by: str
    asked_at: datetime
    expires_at: datetime = Field(description="removed then; the recording stays")


class NewEvidence(Body):
    """A case file to seal."""

    cameras: list[Id] = Field(min_length=1, max_length=64)
    start: Moment
    end: Moment = Field(description="at most 24 hours later, and not in the future")
    locked_until: Moment = Field(description="nobody can change or delete it before; at most 30 years")
    reason: str = Field(min_length=1, max_length=2000, examples=["投诉 2026-117：备餐间未戴口罩"])
    stills: list[Moment] = Field([], max_length=10, description="moments of which a picture of every camera is put in")


class EvidenceAnswer(Answer):
    """A case, sealed or being sealed."""

    id: str
    cameras: list[str]
    start: datetime
    end: datetime
    locked_until: datetime
    reason: str
    asked_by: str
    asked_at: datetime
    state: Literal["queued", "running", "sealed", "failed"]
    progress: float = Field(description="0 to 1")
    size_bytes: int | None = None
    sha256: str | None = Field(None, description="of the ZIP")
    error_code: str | None = Field(None, description="stable; translate this one")
    error: str | None = None


class CoverageAnswer(Answer):
    """Signed statements, by day, as they were signed."""

    items: list[dict[str, Any]]
    public_key_pem: str = Field(description="with it each signature over its `statement` (canonical JSON) is checked")


class MissingAnswer(Answer):
    """Something that a worker needs and does not have now."""

    what: str = Field(examples=["database"], description="start, stop, bus, database, objects")
    reason: str = Field("", description="in words; told to whoever keeps the system running (change_registry)")


class InstanceStatus(Answer):
    """One process of a service."""

    worker: str = Field(examples=["recorder-1"])
    state: Literal["ready", "not_ready", "silent"] = Field(
        description="silent: it gives signs of life and does not answer"
    )
    version: str | None = None
    started: datetime | None = None
    missing: list[MissingAnswer] = Field(default_factory=list, description="why it is not ready")


class ServiceStatus(Answer):
    """One of the six services."""

    name: str
    state: Literal["up", "degraded", "down"]
    workers: int = Field(description="processes seen alive")
    since: datetime | None = Field(None, description="when this state began, as far as this gateway saw it")
    version: str | None = None
    detail: str | None = None
    capabilities: list[str] = Field(default_factory=list, description="what it can do today")
    instances: list[InstanceStatus] = Field(
        default_factory=list, description="its processes, at most 5 s old; one that cannot start yet is among them"
    )


class CameraStatus(Answer):
    """A camera in one line."""

    id: str
    site: str
    name: str
    state: CameraCondition
    reason: str
    reason_code: str
    since: datetime | None = None


class Status(Answer):
    """Everything at a glance."""

    services: list[ServiceStatus]
    cameras: list[CameraStatus]
    bus: Literal["up", "down"] = Field("up", description="down: this gateway sees no other service now")
