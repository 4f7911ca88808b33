"""What the intercom is told from outside."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from tempfile import gettempdir

from pydantic import field_validator

from shared.camera_networks import CameraNetworkSettings
from shared.ice_servers import IceServerSettings
from shared.settings import DatabaseSettings, ObjectSettings, SealingSettings, ServiceSettings, setting


def _spool() -> Path:
    """Outlives the process on one machine; in a container mount a volume there."""
    return Path(gettempdir()) / "bright-kitchen-talks"


class Settings(
    ServiceSettings, SealingSettings, CameraNetworkSettings, DatabaseSettings, ObjectSettings, IceServerSettings
):
    """Variables `BK_*` of the intercom."""

    connect_timeout_s: float = setting(
        5.0,
        says="seconds a camera has for each answer while it is being connected",
        when_wrong="too short refuses slow cameras; too long shows 'connecting' where 'unreachable' is true",
        gt=0,
        le=60,
    )
    ice_bind: str = setting(
        "",
        says="addresses of this machine that WebRTC uses, separated by commas; empty: all but loopback",
        when_wrong="one that browsers cannot reach: talks end with ice_failed",
    )
    ice_announce: str = setting(
        "",
        says="the one address browsers are told instead, where they reach us through NAT 1:1 (a node's, in a pod)",
        when_wrong="talks end with ice_failed",
    )
    ice_port: int = setting(
        0,
        says="the one UDP port of all talks and views of this worker; 0: one for each, chosen by the kernel",
        when_wrong="taken: the process ends with one line; 0 behind a firewall: talks end with ice_failed",
        ge=0,
        le=65535,
    )
    ice_relay: bool = setting(
        True,
        says="whether the intercom takes a relay of the TURN server too, not browsers alone",
        when_wrong="false where neither browsers nor the TURN server reach the intercom: talks end with ice_failed",
    )
    talks_max: int = setting(
        64,
        says="talks one worker holds at once, about 3 % of a core each",
        when_wrong="too many: sound stutters for all of them; too few: talks are refused while cores are idle",
        ge=1,
        le=2048,
    )
    talk_max_s: float = setting(
        300.0,
        says="seconds one press may last",
        when_wrong="too short cuts a long order off; too long leaves a forgotten button pressed",
        ge=5,
        le=3600,
    )
    talk_idle_s: float = setting(
        180.0,
        says="seconds a prepared talk is kept without a press",
        when_wrong="long: cameras with few sessions refuse others; short: the next press is a cold one",
        ge=5,
        le=3600,
    )

    talk_spool: Path = setting(
        default_factory=_spool,
        says="folder on disk where talks are written down until their sound is stored",
        when_wrong="one that is lost with the process: of a worker that dies the talk's sound is lost; not writable: "
        "talks work, and are not on record",
    )
    talk_spool_mb: int = setting(
        512,
        says="megabytes of talks that wait there while S3 or PostgreSQL is away; 1 MB is about a minute",
        when_wrong="too small: talks are kept without their sound; larger than the disk: the same, with errors",
        ge=16,
        le=100_000,
    )
    talk_records_days: int = setting(
        90,
        says="days a talk's sound and its row are kept",
        when_wrong="short: what was ordered cannot be proven; long: voices are kept without need",
        ge=30,
        le=3650,
    )
    talk_case_records_days: int = setting(
        1095,
        says="the same of talks that belong to a case",
        when_wrong="shorter than the case is open: its evidence is incomplete",
        ge=30,
        le=36_500,
    )

    drills_at_once: int = setting(
        4,
        says="kitchens that one run of drills plays its tone in at the same time",
        when_wrong="many: a camera's stream from the bus for each, and its neighbours'; one: a night is too short",
        ge=1,
        le=64,
    )
    drill_level_dbfs: float = setting(
        -12.0,
        says="loudness of a drill's tone while it sounds, decibels of full scale",
        when_wrong="too low: mute speakers are reported that are not; too high: small speakers distort, people wake up",
        ge=-40,
        le=-6,
    )
    drill_fresh_h: float = setting(
        192.0,
        says="hours for which a drill that passed counts a kitchen as reachable: a week and a day",
        when_wrong="too long: speakers that broke since then count; shorter than the schedule: nobody counts",
        gt=0,
        le=8760,
    )
    drill_keep_days: int = setting(
        400,
        says="days for which drills are kept",
        when_wrong="long: some hundred bytes a camera and drill; short: last year's drills cannot be shown",
        ge=7,
        le=3650,
    )
    broadcasts_max: int = setting(
        4,
        says="broadcasts one worker holds at once",
        when_wrong="too many: a core is full and all of them stutter; too few: they are refused while cores are idle",
        ge=1,
        le=64,
    )
    broadcast_cameras_max: int = setting(
        512,
        says="cameras of one broadcast, less than 0.2 % of a core each",
        when_wrong="too many: the sound of all of them stutters; too few: a district needs several broadcasts",
        ge=1,
        le=4096,
    )
    broadcast_start_s: float = setting(
        0.5,
        says="seconds a start waits for cameras that are not ready; the talker's first words are kept meanwhile",
        when_wrong="short: slow cameras miss the first words; long: everybody waits for them",
        ge=0,
        le=5,
    )
    broadcast_retry_s: float = setting(
        15.0,
        says="seconds after its start (and its length) in which an announcement is tried again where it failed",
        when_wrong="short: a busy kitchen misses it; long: it comes when it is no longer true",
        ge=0,
        le=300,
    )
    announcement_lufs: float = setting(
        -16.0,
        says="loudness of announcements, LUFS (EBU R128); peaks are kept below -1.5 dBFS",
        when_wrong="higher: pressed against the limit and harsh; lower: not heard over a kitchen",
        ge=-30,
        le=-10,
    )
    announcement_max_s: float = setting(
        180.0,
        says="seconds an announcement may be long",
        when_wrong="long: a mistake holds the kitchens' floor as long",
        ge=1,
        le=600,
    )
    announcements_per_hour: int = setting(
        6,
        says="announcements a camera is told in an hour as a matter of routine; 0: as many as are asked for",
        when_wrong="many: people stop listening; few: what a rule wants said is skipped, with a receipt",
        ge=0,
        le=3600,
    )
    announcement_late_s: float = setting(
        120.0,
        says="seconds after its time in which a scheduled announcement is still played; later it counts as missed",
        when_wrong="long: 'wash your hands before lunch' after lunch; short: a restart at that minute loses it",
        ge=1,
        le=3600,
    )

    room_guest_max_h: float = setting(
        24.0,
        says="hours for which a guest may be let into an emergency room at most",
        when_wrong="too long: links that leaked let strangers look for days; too short: guests are invited again",
        gt=0,
        le=720,
    )

    @property
    def own_bucket(self) -> str:
        """Sound kept by the intercom lies beside the recordings, never among them."""
        return f"{self.s3_bucket}-intercom"

    views_max: int = setting(
        64,
        says="views by WebRTC one worker holds at once, about 2 % of a core each at 4 Mbit/s",
        when_wrong="too many: pictures stutter for all of them, and talks with them; too few: views are refused",
        ge=0,
        le=2048,
    )

    drain_s: float = setting(
        20.0,
        says="seconds that who speaks may finish when this worker is asked to end; the rest ends at once",
        when_wrong="long: updates take that long, and beyond the grace period all is cut; 0: orders are cut off",
        ge=0,
        le=600,
    )

    @field_validator("ice_bind", "ice_announce")
    @classmethod
    def _are_addresses(cls, text: str) -> str:
        for part in text.split(","):
            if part.strip():
                ip_address(part.strip())
        return text

    @property
    def ice_addresses(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.ice_bind.split(",") if part.strip())
