"""What the recorder is told from outside."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

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
    evidence_key: SecretStr = setting(
        says="Ed25519 key that signs statements and case files: 32 bytes in base64",
        when_wrong="a lost key signs nothing more, what it signed stays good; a stolen one signs for you",
    )
    evidence_bucket: str = setting(
        "",
        says="bucket with object lock for statements and case files; empty: BK_S3_BUCKET with -evidence behind it",
        when_wrong="one made without object lock: nothing can be sealed",
    )
    statement_kept_days: int = setting(
        3650,
        says="days for which statements are locked",
        when_wrong="shorter than a case is needed: its proof can be deleted",
        ge=30,
        le=36_500,
    )
    time_stamp_url: str = setting(
        "",
        says="RFC 3161 authority that time-stamps statements; empty: none",
        when_wrong="an authority that does not answer: statements are signed and not stamped",
    )
    time_stamp_roots: Path | None = setting(
        None,
        says="PEM file with the root certificates of that authority",
        when_wrong="without it no answer of the authority is believed: the process ends with one line",
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

    @property
    def chosen_evidence_bucket(self) -> str:
        return self.evidence_bucket or f"{self.s3_bucket}-evidence"
