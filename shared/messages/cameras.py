"""Desired and observed state of cameras: what the gateway orders and what ingest finds."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.messages.base import Message

StreamName = Literal["main", "sub", "h264"]
Transport = Literal["auto", "tcp", "udp"]
CameraCondition = Literal["connecting", "online", "refused", "unreachable", "stalled", "disabled"]


class DesiredStream(Message):
    """Where one stream of a camera comes from."""

    url: str = Field(
        description="rtsp://, rtsps://, file:, http(s)://, rtmp://, srt://, udp://; never with a password in it"
    )
    transport: Transport = Field("auto", description="RTSP: auto tries TCP first, then UDP")


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
