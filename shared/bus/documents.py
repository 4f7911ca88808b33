"""The documents made of the catalogue: AsyncAPI 3.0 for machines, a table for people.

`python -m shared.bus.documents` writes both into shared/design; a test fails while they are not current.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from pathlib import Path
from typing import Any

import shared.messages
from shared.bus.facts import fact_name
from shared.bus.streams import BUCKETS
from shared.messages.base import Fact, Message
from shared.subjects import CATALOGUE, FACT_ADDRESS, MEDIA_ADDRESS, Part, command, facts

DESIGN = Path(__file__).resolve().parents[1] / "design"
ASYNCAPI_PATH = DESIGN / "asyncapi.json"
TABLE_PATH = DESIGN / "subjects.md"

# Request and reply of each command; every service answers `status` and `health`.
COMMANDS = {
    "status": ("StatusWanted", "ServiceStatus"),
    "health": ("HealthWanted", "WorkerHealth"),
    "probe": ("ProbeRequest", "ProbeReply"),
    "timeline": ("TimelineWanted", "TimelineReply"),
    "playlist": ("PlaylistWanted", "PlaylistReply"),
    "object": ("ObjectWanted", "ObjectPlace"),
    "gop": ("GopWanted", "GopPlace"),
    "still": ("StillWanted", "StillReply"),
    "thumbnails": ("ThumbnailsWanted", "ThumbnailsReply"),
    "clip_make": ("ClipWanted", "ClipStatus"),
    "clip": ("ClipRef", "ClipStatus"),
    "clips": ("ClipsOf", "ClipList"),
    "clip_remove": ("ClipRef", "ClipStatus"),
    "hold": ("HoldWanted", "HoldStatus"),
    "hold_lift": ("HoldLifted", "HoldStatus"),
    "holds": ("HoldsOf", "HoldList"),
    "storage": ("StorageOf", "StorageStatus"),
    "retention_trial": ("RetentionTrialOf", "RetentionTrial"),
    "evidence_seal": ("EvidenceWanted", "EvidenceStatus"),
    "evidence": ("EvidenceRef", "EvidenceStatus"),
    "evidence_list": ("EvidenceOf", "EvidenceList"),
    "evidence_file": ("EvidenceRef", "ObjectPlace"),
    "coverage": ("CoverageOf", "CoverageList"),
    "capabilities": ("CapabilitiesWanted", "Capabilities"),
    "alerts": ("AlertsWanted", "AlertList"),
    "alert": ("AlertRef", "Alert"),
    "alert_acknowledge": ("AlertAcknowledgement", "Alert"),
    "alert_review": ("AlertReview", "Alert"),
    "alert_picture": ("AlertPictureWanted", "AlertPicture"),
    "alert_replay": ("ReplayWanted", "AlertReplay"),
    "rules": ("RulesWanted", "RuleList"),
    "rule_put": ("RulePut", "RuleList"),
    "rule_dry_run": ("DryRunWanted", "DryRun"),
    "calendars": ("CalendarsWanted", "CalendarList"),
    "calendar_put": ("CalendarPut", "CalendarList"),
    "calendar_remove": ("CalendarRemove", "CalendarList"),
    "calendar_import": ("CalendarImport", "CalendarImported"),
    "calendar_export": ("CalendarRef", "CalendarFile"),
    "kitchen_day": ("KitchenDayWanted", "KitchenDay"),
    "silences": ("SilencesWanted", "SilenceList"),
    "silence_add": ("SilenceWanted", "SilenceList"),
    "silence_end": ("SilenceEnd", "SilenceList"),
    "case_open": ("CaseOpen", "Case"),
    "case": ("CaseRef", "Case"),
    "cases": ("CasesWanted", "CaseList"),
    "case_close": ("CaseClose", "Case"),
    "case_share": ("CaseShare", "Case"),
    "case_unshare": ("CaseUnshare", "Case"),
    "draw_open": ("DrawOpen", "Draw"),
    "draw": ("DrawRef", "Draw"),
    "draws": ("DrawsWanted", "DrawList"),
    "draw_file": ("DrawRef", "DrawFile"),
    "draw_commit": ("DrawCommit", "Draw"),
    "draw_reveal": ("DrawReveal", "Draw"),
    "draw_cancel": ("DrawCancel", "Draw"),
    "inspection": ("InspectionRef", "Inspection"),
    "inspections": ("InspectionsWanted", "InspectionList"),
    "inspection_change": ("InspectionChange", "Inspection"),
    "looks": ("LooksWanted", "Looks"),
    "figures": ("FiguresWanted", "Figures"),
    "kitchen_risks": ("KitchenRisksWanted", "KitchenRisks"),
    "case_note": ("CaseNoteAdd", "Case"),
    "deadlines": ("DeadlinesWanted", "DeadlineList"),
    "order_serve": ("OrderServe", "Order"),
    "order": ("OrderRef", "Order"),
    "orders": ("OrdersWanted", "OrderList"),
    "order_change": ("OrderChange", "Order"),
    "attachment_put": ("AttachmentPut", "Attachment"),
    "attachment": ("AttachmentRef", "AttachmentFile"),
    "notice_channels": ("NoticeChannelsOf", "NoticeChannelList"),
    "notice_channel_put": ("NoticeChannelPut", "NoticeChannelList"),
    "notice_channel_remove": ("NoticeChannelRef", "NoticeChannelList"),
    "notice_channel_test": ("NoticeChannelRef", "NoticeTest"),
    "notice_person": ("NoticePersonRef", "NoticePerson"),
    "notice_person_put": ("NoticePerson", "NoticePerson"),
    "notice_rotas": ("NoticeRotasOf", "NoticeRotaList"),
    "notice_rota_put": ("NoticeRota", "NoticeRotaList"),
    "notice_rota_remove": ("NoticeRotaRef", "NoticeRotaList"),
    "notice_chains": ("NoticeChainsOf", "NoticeChainList"),
    "notice_chain_put": ("NoticeChain", "NoticeChainList"),
    "notice_chain_remove": ("NoticeChainRef", "NoticeChainList"),
    "notice_duty": ("NoticeDutyWanted", "NoticeDutyList"),
    "notice_preview": ("NoticePreviewWanted", "NoticePreview"),
    "notice_deliveries": ("NoticeDeliveriesWanted", "NoticeDeliveryList"),
    "notice_receipt": ("NoticeReceipt", "NoticeDeliveryList"),
    "notice_push": ("NoticePushWanted", "NoticePush"),
    "notice_device_put": ("NoticeDevicePut", "NoticeChannelList"),
    "talk_open": ("TalkWanted", "TalkOpened"),
    "talk": ("TalkRef", "TalkStatus"),
    "talk_change": ("TalkChange", "TalkStatus"),
    "talk_end": ("TalkRef", "TalkStatus"),
    "talk_trickle": ("TalkTrickle", "TalkStatus"),
    "view_open": ("ViewWanted", "ViewOpened"),
    "view": ("ViewRef", "ViewStatus"),
    "view_end": ("ViewRef", "ViewStatus"),
    "view_trickle": ("ViewTrickle", "ViewStatus"),
    "views_keep": ("ViewsKept", "ViewsSeen"),
    "drill_start": ("DrillsWanted", "DrillRunStatus"),
    "drill": ("DrillRunRef", "DrillRunStatus"),
    "drills": ("DrillRunsOf", "DrillRunList"),
    "drill_stop": ("DrillRunRef", "DrillRunStatus"),
    "reachability": ("ReachabilityOf", "Reachability"),
    "drill_schedules": ("DrillSchedulesOf", "DrillSchedules"),
    "drill_schedule_set": ("DrillSchedule", "DrillSchedule"),
    "drill_schedule_remove": ("DrillScheduleRef", "DrillSchedules"),
    "broadcast_open": ("BroadcastWanted", "BroadcastOpened"),
    "broadcast": ("BroadcastRef", "BroadcastStatus"),
    "broadcast_change": ("BroadcastChange", "BroadcastStatus"),
    "broadcast_end": ("BroadcastRef", "BroadcastStatus"),
    "broadcast_past": ("BroadcastRef", "BroadcastStatus"),
    "broadcasts": ("BroadcastsOf", "BroadcastList"),
    "announcement_add": ("AnnouncementWanted", "AnnouncementStatus"),
    "announcement": ("AnnouncementRef", "AnnouncementStatus"),
    "announcements": ("AnnouncementsOf", "AnnouncementList"),
    "announcement_remove": ("AnnouncementRef", "AnnouncementStatus"),
    "announcement_sound": ("AnnouncementRef", "ObjectPlace"),
    "announcement_preview": ("SpeechWanted", "SpeechMade"),
    "announcement_play": ("AnnouncementPlay", "BroadcastStatus"),
    "schedule_add": ("ScheduleWanted", "ScheduleStatus"),
    "schedules": ("SchedulesOf", "ScheduleList"),
    "schedule_remove": ("ScheduleRef", "ScheduleStatus"),
    "speaker_probe": ("SpeakerWanted", "SpeakerFound"),
    "talk_records": ("TalkRecordsWanted", "TalkRecordList"),
    "talk_sound": ("TalkSoundWanted", "TalkSound"),
    "room_open": ("RoomWanted", "RoomStatus"),
    "room": ("RoomRef", "RoomStatus"),
    "rooms": ("RoomsOf", "RoomList"),
    "room_join": ("RoomPerson", "RoomStatus"),
    "room_leave": ("RoomPerson", "RoomStatus"),
    "room_note": ("RoomNote", "RoomStatus"),
    "room_invite": ("RoomInvitation", "RoomStatus"),
    "room_revoke": ("RoomGuestRef", "RoomStatus"),
    "room_close": ("RoomRef", "RoomStatus"),
    "room_told": ("RoomTold", "RoomsHeard"),
    "uniform_photo": ("UniformPhotoWanted", "UniformPhotoJudged"),
    "blurred_picture": ("BlurredPictureWanted", "BlurredPicture"),
}
MEDIA_USES = {
    "publish": "fragments",
    "live": "as they come",
    "recent": "the newest stored, at once",
}
# What is kept in buckets; the others hold a few bytes of our own (heartbeats, owners).
BUCKET_MESSAGES = {
    "cameras": "DesiredCamera",
    "camera_states": "CameraState",
    "watches": "WatchLease",
    "model_packs": "PackChoice",
    "people": "PersonKnown",
    "sites": "SiteKnown",
    "uniforms": "UniformEnrolled",
    "floors": "FloorHeld",
    "floor_waits": "FloorWanted",
    "announcements_heard": "AnnouncementsHeard",
    "speakers": "SpeakerFound",
    "calendars": "CalendarVersions",
    "kitchen_hours": "KitchenHours",
    "silences": "Silence",
    "rooms": "OpenRoom",
}


def all_messages() -> dict[str, type[Message]]:
    """Every message of the bus by class name."""
    found: dict[str, type[Message]] = {}
    for module in pkgutil.iter_modules(shared.messages.__path__):
        loaded = importlib.import_module(f"shared.messages.{module.name}")
        for name, value in inspect.getmembers(loaded, inspect.isclass):
            if issubclass(value, Message) and value.__module__ == loaded.__name__ and not _is_base(value):
                found[name] = value
    return dict(sorted(found.items()))


def asyncapi() -> str:
    """The AsyncAPI document as JSON."""
    messages = all_messages()
    schemas: dict[str, Any] = {}
    for name, message in messages.items():
        schema = message.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[name] = schema
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for part in CATALOGUE:
        for channel, action, names, says in _uses(part, messages):
            key = _key(channel)
            entry = channels.setdefault(key, {"address": channel, "messages": {}})
            for name in names:
                entry["messages"][name] = {"$ref": f"#/components/messages/{name}"}
            operations[f"{part.service}.{action}.{key}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{key}"},
                "summary": says,
            }
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Bright Kitchen bus",
            "version": "1",
            "description": "Made from shared/subjects.py and shared/messages. NATS; one user a service.",
        },
        "channels": dict(sorted(channels.items())),
        "operations": dict(sorted(operations.items())),
        "components": {
            "messages": {name: {"payload": {"$ref": f"#/components/schemas/{name}"}} for name in messages}
            | {"Fragment": {"summary": "[init segment] + moof + mdat; its header travels as Bk-* headers"}},
            "schemas": dict(sorted(schemas.items())),
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def table() -> str:
    """The table of subjects as Markdown."""
    lines = [
        "# Subjects of the bus",
        "",
        "Made by `python -m shared.bus.documents` from `shared/subjects.py`, as are the permissions of each service.",
        "",
        "| service | does | subject or bucket | message |",
        "|---|---|---|---|",
    ]
    messages = all_messages()
    for part in CATALOGUE:
        for channel, action, names, says in _uses(part, messages):
            does = "says" if action == "send" else "hears"
            lines.append(f"| {part.service} | {does} | `{channel}` | {', '.join(names)}: {says} |")
    lines += ["", "| bucket | entry lives | holds |", "|---|---|---|"]
    for bucket, ttl_s in BUCKETS.items():
        lives = "until changed" if ttl_s is None else f"{ttl_s:g} s unless renewed"
        lines.append(f"| `{bucket}` | {lives} | {BUCKET_MESSAGES.get(bucket, 'heartbeats or owners of shards')} |")
    return "\n".join(lines) + "\n"


Use = tuple[str, str, tuple[str, ...], str]


def _uses(part: Part, messages: dict[str, type[Message]]) -> list[Use]:
    """(address, send or receive, message names, what for) of everything one service does."""
    uses: list[Use] = []
    for kind in part.media:
        action = "send" if kind == "publish" else "receive"
        uses.append((MEDIA_ADDRESS, action, ("Fragment",), MEDIA_USES[kind]))
    by_fact = {fact_name(message): message for message in messages.values() if issubclass(message, Fact)}
    for name in part.says:
        message = by_fact[name]
        channel = FACT_ADDRESS.replace("{owner}", part.service).replace("{name}", name)
        uses.append((channel, "send", (message.__name__,), _first_line(message)))
    for owner in part.hears:
        heard = tuple(sorted(m.__name__ for m in by_fact.values() if owner in ("*", m.owner)))
        uses.append((facts(owner), "receive", heard, "facts"))
    for name in part.answers:
        uses.append((command(part.service, name), "receive", COMMANDS[name], "request and reply"))
    for asked in part.asks:
        owner, _, name = asked.partition(".")
        uses.append((command(owner, name), "send", COMMANDS[name], "request and reply"))
    for bucket in part.writes:
        uses.append((f"$KV.{bucket}.>", "send", _of_bucket(bucket), "writes the bucket"))
    for bucket in part.reads:
        uses.append((f"$KV.{bucket}.>", "receive", _of_bucket(bucket), "follows the bucket"))
    return uses


def _of_bucket(bucket: str) -> tuple[str, ...]:
    return (BUCKET_MESSAGES[bucket],) if bucket in BUCKET_MESSAGES else ()


def _key(channel: str) -> str:
    return (
        channel.replace("$", "")
        .replace(".", "_")
        .replace("{", "")
        .replace("}", "")
        .replace("*", "any")
        .replace(">", "all")
    )


def _first_line(message: type[Message]) -> str:
    return (message.__doc__ or "").strip().splitlines()[0]


def _is_base(message: type[Message]) -> bool:
    """Bases that only carry fields for others never travel themselves."""
    return message.__module__ == Message.__module__ or any(
        sub.__module__ == message.__module__ for sub in message.__subclasses__()
    )


if __name__ == "__main__":
    ASYNCAPI_PATH.write_text(asyncapi())
    TABLE_PATH.write_text(table())
