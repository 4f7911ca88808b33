"""What the intercom is told from outside."""

from __future__ import annotations

from ipaddress import ip_address

from pydantic import field_validator

from shared.camera_networks import CameraNetworkSettings
from shared.settings import DatabaseSettings, ObjectSettings, SealingSettings, ServiceSettings, setting


class Settings(ServiceSettings, SealingSettings, CameraNetworkSettings, DatabaseSettings, ObjectSettings):
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
