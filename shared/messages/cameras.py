"""Desired and observed state of cameras: what the gateway orders and what ingest finds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message

StreamName = Literal["main", "sub", "h264"]
Transport = Literal["auto", "tcp", "udp"]
TalkWay = Literal["auto", "onvif", "isapi", "dahua", "none"]
CameraCondition = Literal["connecting", "online", "refused", "unreachable", "stalled", "disabled"]


class DesiredStream(Message):
    """Where one stream of a camera comes from."""

    url: str = Field(
        description="rtsp://, rtsps://, file:, http(s)://, rtmp://, srt://, udp://; never with a password in it"
    )
    transport: Transport = Field("auto", description="RTSP: auto tries TCP first, then UDP")


class RecordingWindow(Message):
    """A time of the week, on the kitchen's clock. One that ends before it begins ends on the next day."""

    days: tuple[int, ...] = Field(description="ISO weekdays on which it begins: 1 is Monday, 7 is Sunday")
    from_minute: int = Field(ge=0, le=1439, description="minutes after midnight")
    to_minute: int = Field(ge=0, le=1439)


class RecordingPolicy(Message):
    """What of a camera is recorded, and for how long it is kept."""

    mode: Literal["continuous", "calendar", "alerts", "off"] = Field(
        "continuous", description="alerts: around alerts alone"
    )
    stream: Literal["main", "sub"] = "main"
    retention_days: int = Field(30, ge=7, description="what is held (evidence, open cases) stays longer")
    pre_roll_s: int = Field(10, ge=0, le=120, description="alerts: kept before each")
    post_roll_s: int = Field(30, ge=0, le=600, description="alerts: kept after each")
    windows: tuple[RecordingWindow, ...] = Field((), description="calendar: when")
    time_zone: str = Field("Asia/Shanghai", description="IANA name of the kitchen's clock")


class Zone(Message):
    """A part of the picture with a purpose."""

    id: str
    purpose: str = Field(description="cooking, preparing, washing, serving, store, bin, door, … rules name it")
    polygon: tuple[tuple[float, float], ...] = Field(
        min_length=3, max_length=64, description="x, y from 0 to 1 of the picture, in order around it"
    )


class AnalysisPolicy(Message):
    """How a camera is looked at."""

    is_enabled: bool = True
    stream: Literal["main", "sub"] = "main"
    rate_hz: float = Field(1.0, gt=0, le=25, description="pictures looked at in a second while the kitchen works")
    night_rate_hz: float = Field(5.0, gt=0, le=25, description="the same of the night watch, for small movers")
    working: tuple[RecordingWindow, ...] = Field(
        (), description="when the kitchen works; the night watch has the rest. Empty: as the kitchen's calendar says"
    )
    time_zone: str = Field("Asia/Shanghai", description="IANA name of the kitchen's clock")
    zones: tuple[Zone, ...] = Field((), max_length=32)
    masks: tuple[Zone, ...] = Field((), max_length=32, description="parts that are not looked at")
    may_repeat: bool = Field(False, description="it shows a film that repeats, a demonstration: looped is no fault")
    view_accepted_us: int = Field(
        0, description="what it usually shows is learned from this moment on: set when a new view is right"
    )


class DesiredCamera(Message):
    """KV bucket `cameras`, key `CameraRef.key`; written by the gateway, watched by all."""

    site: str
    camera: str
    name: str = Field(description="what people call it")
    main: DesiredStream
    sub: DesiredStream | None = Field(None, description="the smaller stream, pulled only while somebody asks for it")
    username: str | None = None
    sealed_password: str | None = Field(
        None, description="AES-GCM, base64; bound to site/camera; see shared/sealing.py"
    )
    is_enabled: bool = True
    wants_audio: bool = True
    purpose: str = Field("", description="what it looks at: hygiene, processing, dishes, storage")
    site_kind: str = Field("", description="of its site: kindergarten, primary, secondary, school, university, other")
    site_name: str = Field("", description="what people call its site")
    talk: TalkWay = Field(
        "auto",
        description="how its speaker is reached; auto: the ONVIF backchannel, else what the camera was found to have",
    )
    talk_port: int | None = Field(
        None, ge=1, le=65535, description="isapi, dahua: of the camera's HTTP server; None: 80"
    )
    talk_channel: int = Field(1, ge=1, le=256, description="isapi, dahua: which speaker, where a recorder has several")
    recording: RecordingPolicy = RecordingPolicy()
    analysis: AnalysisPolicy = AnalysisPolicy()
    site_budget_bytes: int | None = Field(
        None, description="what all recordings of its site may take together; None: no bound but the days"
    )
    units: tuple[str, ...] = Field(
        (), description="of the organisation, ids from the top down to the one its site belongs to; empty: none"
    )


class CameraState(Message):
    """KV bucket `camera_states`, key `CameraRef.key`; written by the ingest worker that holds the shard."""

    site: str
    camera: str
    condition: CameraCondition
    reason: str = Field(description="a sentence a person can act on, English; the console translates reason_code")
    reason_code: str = Field(
        description="stable, for programs: ok, starting, wrong_password, not_found, port_closed, timed_out, frozen, …"
    )
    since_us: int = Field(description="when this condition began, UTC microseconds")
    worker: str = Field(description="the ingest worker that says so")
    codecs: str | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    gop_seconds: float | None = Field(None, description="longest time between two IDRs seen lately")
    bitrate_kbps: float | None = None
    clock_drift_s: float | None = Field(None, description="camera's clock minus ours, where its sender reports say")
    run: str | None = None


class WatchLease(Message):
    """KV bucket `watches` (TTL 6 s), key `<CameraRef.key>.<stream>.<holder>`: somebody looks right now.

    While one is there, ingest reads the camera without delay, and pulls `sub` or transcodes `h264`. With `pictures`
    "each" it sends one access unit a fragment as well; "grouped" stays at 200 ms, enough for a small tile.
    The holder writes it again every 2 s and deletes it when the last viewer leaves.
    """

    holder: str
    stream: StreamName
    pictures: Literal["each", "grouped"] = "each"
