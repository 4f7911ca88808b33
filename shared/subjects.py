"""Every subject of the bus, spelled here and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from zlib import crc32

SHARD_COUNT = 128
_TOKEN = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


OF_EVERY_SERVICE = ("status", "health")


@dataclass(frozen=True, slots=True, order=True)
class CameraRef:
    """Names one camera for ever. Both ids match `[a-z0-9][a-z0-9_-]{0,62}`: they are subject tokens."""

    site: str
    camera: str

    def __post_init__(self) -> None:
        for token in (self.site, self.camera):
            if not _TOKEN.fullmatch(token):
                raise ValueError(f"not an id (lower-case letters, digits, '-', '_', at most 63): {token!r}")

    @property
    def shard(self) -> int:
        """The shard it belongs to for ever, 0 to 127."""
        return crc32(f"{self.site}/{self.camera}".encode()) % SHARD_COUNT

    @property
    def key(self) -> str:
        """Its key in every KV bucket about cameras: `<shard>.<site>.<camera>`."""
        return f"{self.shard}.{self.site}.{self.camera}"

    @classmethod
    def from_key(cls, key: str) -> CameraRef:
        _, site, camera = key.split(".")[:3]
        return cls(site, camera)

    def __str__(self) -> str:
        return f"{self.site}/{self.camera}"


def site_shard(site: str) -> int:
    """Whoever holds it does for that school what one worker alone should do."""
    return crc32(site.encode()) % SHARD_COUNT


def media(camera: CameraRef, stream: str) -> str:
    """`bk.v1.media.<shard>.<site>.<camera>.<stream>`; stream is main, sub or h264 (transcoded on demand)."""
    return f"bk.v1.media.{camera.key}.{stream}"


def fact(owner: str, name: str, camera: CameraRef | None = None) -> str:
    """`bk.v1.evt.<owner>.<shard>.<site>.<camera>.<name>`, `-` where a fact is about no camera."""
    return f"bk.v1.evt.{owner}.{'-.-.-' if camera is None else camera.key}.{name}"


def facts(owner: str = "*", name: str = "*", camera: CameraRef | None = None) -> str:
    """The same for listening: every owner, camera and name unless it is given."""
    return f"bk.v1.evt.{owner}.{'*.*.*' if camera is None else camera.key}.{name}"


def facts_of_shard(shard: int) -> str:
    """For listening to everything that anybody says about the cameras of a shard."""
    return f"bk.v1.evt.*.{shard}.*.*.*"


def command(owner: str, name: str, instance: str | None = None) -> str:
    """`bk.v1.cmd.<owner>.<name>[.<instance>]`; an instance pins a session to its pod."""
    return f"bk.v1.cmd.{owner}.{name}" + ("" if instance is None else f".{instance}")


# As documents name them, with parameters.
MEDIA_ADDRESS = "bk.v1.media.{shard}.{site}.{camera}.{stream}"
FACT_ADDRESS = "bk.v1.evt.{owner}.{shard}.{site}.{camera}.{name}"

MEDIA_SUBJECTS = "bk.v1.media.>"
EVENTS_SUBJECTS = "bk.v1.evt.>"
COMMAND_SUBJECTS = "bk.v1.cmd.>"

SERVICES = ("ingest", "detector", "alerting", "recorder", "intercom", "gateway")


@dataclass(frozen=True, slots=True)
class Part:
    """What one service does on the bus; permissions, AsyncAPI and the table in the docs are made of it.

    `media`: publish, live (core NATS), recent (what is stored, by direct get).
    `says` and `asks` name facts and commands; `writes` and `reads` name KV buckets.
    """

    service: str
    media: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()
    answers: tuple[str, ...] = OF_EVERY_SERVICE
    asks: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


def _worker_buckets(service: str) -> tuple[str, ...]:
    return (f"members_{service}", f"shards_{service}")


RECORDER_ANSWERS = (
    "timeline",
    "playlist",
    "object",
    "gop",
    "still",
    "thumbnails",
    "clip_make",
    "clip",
    "clips",
    "clip_remove",
    "hold",
    "hold_lift",
    "holds",
    "storage",
    "retention_trial",
    "evidence_seal",
    "evidence",
    "evidence_list",
    "evidence_file",
    "coverage",
)

# All but those that open are asked of the worker that holds the talk or view.
INTERCOM_ANSWERS = (
    "talk_open",
    "talk",
    "talk_change",
    "talk_end",
    "talk_trickle",
    "view_open",
    "view",
    "view_end",
    "view_trickle",
    "views_keep",
)
# Any worker answers: how a camera can be spoken to, and what talks are on record.
SPEAKER_ANSWERS = ("speaker_probe", "talk_records", "talk_sound")
# `drill_stop` is asked of the worker that holds the run.
DRILL_ANSWERS = (
    "drill_start",
    "drill",
    "drills",
    "drill_stop",
    "reachability",
    "drill_schedules",
    "drill_schedule_set",
    "drill_schedule_remove",
)
BROADCAST_FACTS = ("broadcast_started", "broadcast_receipted", "broadcast_ended")
# `broadcast`, `broadcast_change` and `broadcast_end` are asked of the worker that holds it.
BROADCAST_ANSWERS = (
    "broadcast_open",
    "broadcast",
    "broadcast_change",
    "broadcast_end",
    "broadcast_past",
    "broadcasts",
    "announcement_add",
    "announcement",
    "announcements",
    "announcement_remove",
    "announcement_sound",
    "announcement_preview",
    "announcement_play",
    "schedule_add",
    "schedules",
    "schedule_remove",
)

# What alerting asks of the recorder: that what an alert rests on is kept, cut out and sealed.
PROOF_ASKS = ("hold", "clip_make", "clip", "still", "evidence_seal", "evidence")
NOTICE_ANSWERS = (
    "notice_channels",
    "notice_channel_put",
    "notice_channel_remove",
    "notice_channel_test",
    "notice_person",
    "notice_person_put",
    "notice_rotas",
    "notice_rota_put",
    "notice_rota_remove",
    "notice_chains",
    "notice_chain_put",
    "notice_chain_remove",
    "notice_duty",
    "notice_preview",
    "notice_deliveries",
    "notice_receipt",
    "notice_push",
    "notice_device_put",
)

ROOM_FACTS = ("room_opened", "room_closed")
ROOM_ANSWERS = (
    "room_open",
    "room",
    "rooms",
    "room_join",
    "room_leave",
    "room_note",
    "room_invite",
    "room_revoke",
    "room_close",
    "room_told",
)

# Whoever is asked answers out of the database.
ALERTING_ANSWERS = (
    "alerts",
    "alert",
    "alert_acknowledge",
    "alert_review",
    "alert_picture",
    "alert_replay",
    "rules",
    "rule_put",
    "rule_dry_run",
    "case_open",
    "case",
    "cases",
    "case_close",
    "case_note",
    "deadlines",
    "order_serve",
    "order",
    "orders",
    "order_change",
    "attachment_put",
    "attachment",
    *NOTICE_ANSWERS,
    "case_share",
    "case_unshare",
    "draw_open",
    "draw",
    "draws",
    "draw_file",
    "draw_commit",
    "draw_reveal",
    "draw_cancel",
    "inspection",
    "inspections",
    "inspection_change",
    "looks",
    "figures",
    "kitchen_risks",
)

CALENDAR_ANSWERS = (
    "calendars",
    "calendar_put",
    "calendar_remove",
    "calendar_import",
    "calendar_export",
    "kitchen_day",
    "silences",
    "silence_add",
    "silence_end",
)

CATALOGUE: tuple[Part, ...] = (
    Part(
        "ingest",
        media=("publish",),
        says=(
            "camera_came_online",
            "camera_went_offline",
            "camera_changed_format",
            "camera_drifted",
            "fragments_lost",
        ),
        answers=(*OF_EVERY_SERVICE, "probe"),
        writes=("camera_states", *_worker_buckets("ingest")),
        reads=("cameras", "watches"),
    ),
    Part(
        "detector",
        media=("live",),
        says=("frame_analysed", "picture_degraded", "picture_recovered", "coverage_minute", "capability_changed"),
        answers=(*OF_EVERY_SERVICE, "capabilities", "uniform_photo", "blurred_picture"),
        writes=("watches", "picture_baselines", *_worker_buckets("detector")),
        reads=("cameras", "camera_states", "kitchen_hours", "model_packs", "uniforms"),
    ),
    Part(
        "alerting",
        says=(
            "alert_raised",
            "alert_goes_on",
            "alert_acknowledged",
            "alert_reviewed",
            "alert_closed",
            "case_opened",
            "case_closed",
            "order_changed",
            "notice_told",
            "draw_announced",
            "draw_changed",
            "inspection_changed",
            "case_shared",
        ),
        hears=("ingest", "detector"),
        answers=(*OF_EVERY_SERVICE, *ALERTING_ANSWERS, *CALENDAR_ANSWERS),
        asks=(
            "intercom.announcement_play",
            "intercom.broadcast_past",
            *tuple(f"recorder.{name}" for name in PROOF_ASKS),
        ),
        writes=("rules", "calendars", "kitchen_hours", "silences", *_worker_buckets("alerting")),
        reads=("cameras", "camera_states", "people", "sites"),
    ),
    Part(
        "recorder",
        media=("recent",),
        says=(
            "segment_stored",
            "gap_recorded",
            "recording_stale",
            "recording_at_risk",
            "recording_resumed",
            "recording_deleted",
            "evidence_sealed",
        ),
        hears=("ingest", "alerting"),
        answers=(*OF_EVERY_SERVICE, *RECORDER_ANSWERS),
        writes=("watches", *_worker_buckets("recorder")),
        reads=("cameras", "camera_states"),
    ),
    Part(
        "intercom",
        media=("live", "recent"),
        says=(
            "talk_started",
            "talk_ended",
            "talk_recorded",
            "drill_passed",
            "drill_failed",
            *BROADCAST_FACTS,
            *ROOM_FACTS,
        ),
        answers=(
            *OF_EVERY_SERVICE,
            *INTERCOM_ANSWERS,
            *SPEAKER_ANSWERS,
            *DRILL_ANSWERS,
            *BROADCAST_ANSWERS,
            *ROOM_ANSWERS,
        ),
        writes=("floors", "floor_waits", "speakers", "announcements_heard", "rooms", "members_intercom", "watches"),
        reads=("cameras", "camera_states"),
    ),
    Part(
        "gateway",
        media=("live", "recent"),
        says=("camera_registered", "camera_changed", "camera_removed"),
        hears=("*",),
        asks=(
            *tuple(f"{service}.{name}" for service in SERVICES for name in OF_EVERY_SERVICE),
            "ingest.probe",
            "detector.capabilities",
            "detector.uniform_photo",
            "detector.blurred_picture",
            *tuple(f"recorder.{name}" for name in RECORDER_ANSWERS),
            *tuple(f"intercom.{name}" for name in (*INTERCOM_ANSWERS, *SPEAKER_ANSWERS, *BROADCAST_ANSWERS)),
            *tuple(f"alerting.{name}" for name in (*ALERTING_ANSWERS, *CALENDAR_ANSWERS)),
            *tuple(f"intercom.{name}" for name in (*DRILL_ANSWERS, *ROOM_ANSWERS)),
        ),
        writes=("cameras", "people", "sites", "model_packs", "uniforms", "watches", "members_gateway"),
        reads=(
            "camera_states",
            "rooms",
            "speakers",
            "shards_detector",
            *(f"members_{service}" for service in SERVICES),
        ),
    ),
)


def part_of(service: str) -> Part:
    return next(part for part in CATALOGUE if part.service == service)


def stream_of(subject: str) -> tuple[CameraRef, str]:
    """The camera and stream that a media subject names."""
    *_, site, camera, stream = subject.split(".")
    return CameraRef(site, camera), stream


def watch_key(camera: CameraRef, stream: str, holder: str) -> str:
    """Key in KV `watches`."""
    return f"{camera.key}.{stream}.{holder}"


def watch_of(key: str) -> tuple[CameraRef, str, str]:
    """Camera, stream and holder of such a key."""
    _, site, camera, stream, holder = key.split(".")
    return CameraRef(site, camera), stream, holder
