"""What ingest is told from outside, beside what every service is told."""

from __future__ import annotations

from shared.camera_networks import CameraNetworkSettings
from shared.settings import SealingSettings, ServiceSettings, setting


class Settings(ServiceSettings, SealingSettings, CameraNetworkSettings):
    """Variables `BK_*` of ingest."""

    connect_timeout_s: float = setting(
        5.0,
        says="seconds a camera has for each answer while it is being connected",
        when_wrong="too short refuses slow cameras; too long shows 'connecting' where 'unreachable' is true",
        gt=0,
        le=60,
    )
    frozen_after_s: float = setting(
        3.5,
        says="seconds without a picture after which a connected camera counts as frozen and is connected anew",
        when_wrong="less than the longest pause between pictures of a slow camera: it is reconnected for ever",
        ge=1,
        le=60,
    )
    read_tick_ms: int = setting(
        100,
        says="milliseconds that a picture nobody watches may wait until it is read (UDP: at most 40)",
        when_wrong="smaller costs CPU for every camera; larger adds as much to how far live lags",
        ge=1,
        le=200,
    )
    clock_tolerance_s: float = setting(
        2.0,
        says="how far a camera's clock may be from ours and still date its pictures, seconds",
        when_wrong="larger lets a wrong camera clock date evidence; smaller ignores cameras without NTP",
        gt=0,
        le=3600,
    )
    sub_linger_s: float = setting(
        10.0,
        says="seconds a sub stream is still pulled after its last viewer left",
        when_wrong="smaller: switching tiles waits for the camera; larger: pulls what nobody sees",
        ge=0,
        le=600,
    )
    transcodes_max: int = setting(
        2,
        says="H.265 cameras turned into H.264 at once on this worker, about one core each",
        when_wrong="larger than the cores to spare: every camera of this worker suffers",
        ge=0,
        le=64,
    )
    unsent_bytes_max: int = setting(
        256 * 1024 * 1024,
        says="bytes of fragments kept for all cameras together while NATS is away (and at most 10 s of each)",
        when_wrong="smaller loses video in a short outage of NATS; larger may end the process for lack of memory",
        ge=1024 * 1024,
    )
    media_max_age_s: int = setting(
        3600,
        says="how long the bus holds fragments, seconds = how long recording survives without S3 or PostgreSQL",
        when_wrong="shorter than an outage of S3: what was filmed meanwhile is lost",
        ge=60,
    )
    media_max_bytes: int = setting(
        32 * 1024 * 1024 * 1024,
        says="bytes the bus may hold of fragments on disk",
        when_wrong="more than the disk: NATS refuses the stream; less than the outage: the oldest is dropped",
        ge=64 * 1024 * 1024,
    )
