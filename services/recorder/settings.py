"""What the recorder is told from outside."""

from __future__ import annotations

from shared.settings import DatabaseSettings, ObjectSettings, ServiceSettings, setting


class Settings(ServiceSettings, DatabaseSettings, ObjectSettings):
    """Variables `BK_*` of the recorder: its own, its database's and its bucket's."""

    segment_s: float = setting(
        20.0,
        says="about how long a recorded segment is, seconds = what a crash re-reads",
        when_wrong="smaller makes more objects and rows; larger makes a crash and each upload cost more",
        ge=4,
        le=60,
    )
    s3_read_endpoint: str = setting(
        "",
        says="host:port at which the gateway (with BK_MEDIA_REDIRECT: browsers) reads S3; empty: BK_S3_ENDPOINT",
        when_wrong="signed addresses lead nowhere: playback fails while recording goes on",
    )
    clip_max_mb: int = setting(
        4000,
        says="megabytes a clip may have; twice as much is taken in the temporary folder while it is made",
        when_wrong="larger than half of the free space there: no clip is made at all",
        ge=10,
    )
    recording_lanes: int = setting(
        4,
        says="how many streams are read and uploaded at once",
        when_wrong="fewer catch up slowly after an outage; each may hold some 64 MB while it does",
        ge=1,
        le=32,
    )
