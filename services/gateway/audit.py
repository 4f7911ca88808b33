"""The audit trail: who did what, when, from where. Rows are added, chained by hash, and never changed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from services.gateway.pages import PageRequest
from shared.audit_chain import ChainedRow

Action = Literal[
    "log_in",
    "log_out",
    "account_added",
    "account_changed",
    "password_changed",
    "second_factor_begun",
    "second_factor_on",
    "second_factor_off",
    "recovery_code_used",
    "login_ended",
    "api_token_added",
    "api_token_ended",
    "audit_exported",
    "site_added",
    "site_changed",
    "site_removed",
    "unit_added",
    "unit_changed",
    "unit_removed",
    "canteens_imported",
    "camera_added",
    "camera_changed",
    "camera_removed",
    "camera_probed",
    "live_view",
    "live_view_ended",
    "snapshot",
    "playback",
    "playback_ended",
    "clip_made",
    "clip_downloaded",
    "clip_removed",
    "evidence_sealed",
    "evidence_downloaded",
    "talk_opened",
    "talk_pressed",
    "talk_released",
    "talk_ended",
    "talk_heard",
    "rule_changed",
    "calendar_changed",
    "calendar_removed",
    "silence_added",
    "silence_ended",
    "case_opened",
    "case_closed",
    "case_noted",
    "order_served",
    "order_changed",
    "notice_channel_added",
    "notice_channel_changed",
    "notice_channel_removed",
    "notice_channel_tested",
    "notice_wishes_changed",
    "notice_rota_changed",
    "notice_rota_removed",
    "notice_chain_changed",
    "notice_chain_removed",
    "push_device_added",
    "push_device_removed",
    "push_device_tested",
    "case_shared",
    "case_unshared",
    "shared_case_seen",
    "draw_called",
    "draw_committed",
    "draw_revealed",
    "draw_cancelled",
    "inspection_changed",
    "exported",
    "alert_acknowledged",
    "alert_reviewed",
    "room_opened",
    "room_joined",
    "room_left",
    "room_noted",
    "room_closed",
    "guest_invited",
    "guest_entered",
    "guest_revoked",
    "drills_started",
    "drills_stopped",
    "drill_schedule_changed",
    "drill_schedule_removed",
    "broadcast_opened",
    "broadcast_pressed",
    "broadcast_released",
    "broadcast_ended",
    "announcement_added",
    "announcement_removed",
    "schedule_added",
    "schedule_removed",
    "uniform_photo_added",
    "uniform_trusted",
    "uniform_doubted",
    "uniform_forgotten",
    "public_screen_added",
    "public_screen_changed",
    "public_screen_link_renewed",
    "public_screen_ended",
]


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that somebody did, or tried to.

    A live view leaves two: one when it begins, so that it is on record whatever happens, and one when it ends,
    with `seconds` and `detail["began"]`. One by WebRTC says so in `detail["by"]`, and why somebody looked in `purpose`.
    """

    action: Action
    who: str | None
    address: str | None
    at: datetime
    outcome: str = "ok"
    camera: str | None = None
    seconds: float | None = None
    detail: Mapping[str, str] = field(default_factory=dict)


# Why somebody looks: a round of the wall, a drawn inspection, what a case is about, a drill of the speakers.
Purpose = Literal["patrol", "draw", "case", "drill"]

# What shows somebody a kitchen. A live view and a playback last: their end is a deed of its own. A talk shows one where
# its row says so (`detail["looks"]`): it is among them for whoever asks who watched.
WATCHING: tuple[Action, ...] = (
    "live_view",
    "snapshot",
    "playback",
    "clip_made",
    "clip_downloaded",
    "evidence_sealed",
    "evidence_downloaded",
    "talk_heard",
)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What an auditor asks for; None: whatever it is."""

    camera: str | None = None
    who: str | None = None
    site: str | None = None
    action: str | None = None
    outcome: str | None = None
    purpose: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watching:
    """Somebody looked. `seconds` is None where it has no length, goes on, or its end was lost with a process."""

    number: int
    who: str | None
    camera: str
    action: str
    at: datetime
    seconds: float | None
    purpose: str | None


class AuditTrail(Protocol):
    """Where deeds are kept."""

    async def add(self, deed: Deed) -> None:
        """Raises PeerError where it could not be kept: then what it is about must not happen either."""
        ...

    async def newest(self, page: PageRequest, wanted: AuditFilter) -> list[ChainedRow]:
        """Newest first, one more than asked for where there is another page; `page.after` is a number."""
        ...

    def chain(self, after: int) -> AsyncIterator[list[ChainedRow]]:
        """Every row behind a number, oldest first, a bounded number at a time, up to the newest of now."""
        ...

    async def watchings(self, page: PageRequest, site: str, camera: str | None) -> list[Watching]:
        """Who looked into this school, newest first, as `newest` pages."""
        ...
