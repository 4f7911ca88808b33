"""What the routes may reach: the handlers, handed in by wiring."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import HTTPConnection

from services.gateway.adapters.event_desk import EventDesk
from services.gateway.adapters.live_desk import LiveDesk
from services.gateway.adapters.login_queue import LoginQueue
from services.gateway.adapters.spreadsheets import Spreadsheets
from services.gateway.audit import AuditTrail
from services.gateway.camera_states import CameraStates
from services.gateway.handlers.alerts import AlertDesk
from services.gateway.handlers.analysis import AnalysisDesk
from services.gateway.handlers.announcements import AnnouncementDesk
from services.gateway.handlers.broadcasts import BroadcastDesk
from services.gateway.handlers.calendars import CalendarDesk
from services.gateway.handlers.canteen_import import CanteenImport
from services.gateway.handlers.devices import DeviceDesk
from services.gateway.handlers.drills import DrillDesk
from services.gateway.handlers.evidence import EvidenceDesk
from services.gateway.handlers.exports import ExportDesk
from services.gateway.handlers.figures import FigureDesk
from services.gateway.handlers.ice import IceDesk
from services.gateway.handlers.inspections import InspectionDesk
from services.gateway.handlers.media import MediaDesk
from services.gateway.handlers.notices import NoticeDesk
from services.gateway.handlers.oidc import OidcDesk
from services.gateway.handlers.order_papers import OrderPaperDesk
from services.gateway.handlers.orders import OrderDesk
from services.gateway.handlers.organisation import OrganisationDesk
from services.gateway.handlers.own_account import OwnAccount
from services.gateway.handlers.people import People
from services.gateway.handlers.probes import ProbeDesk
from services.gateway.handlers.public_screens import PublicScreenDesk
from services.gateway.handlers.recordings import RecordingsDesk
from services.gateway.handlers.registry import RegistryDesk
from services.gateway.handlers.rooms import RoomDesk
from services.gateway.handlers.rules import RuleDesk
from services.gateway.handlers.silences import SilenceDesk
from services.gateway.handlers.snapshots import SnapshotDesk
from services.gateway.handlers.talk_records import TalkRecordDesk
from services.gateway.handlers.talks import TalkDesk
from services.gateway.handlers.uniforms import UniformDesk
from services.gateway.handlers.views import ViewDesk
from services.gateway.idempotency import IdempotencyKeys
from services.gateway.rate_limits import Limits
from services.gateway.speakers import FoundSpeakers
from services.gateway.status import Services


@dataclass(frozen=True, slots=True)
class Doors:
    """How people and programs get in, and how much of it. `oidc_name`: what the other door is called."""

    own_account: OwnAccount
    oidc: OidcDesk
    oidc_name: str
    limits: Limits
    login_queue: LoginQueue
    keys: IdempotencyKeys


@dataclass(frozen=True, slots=True)
class Rooms:
    """`is_cookie_secure`: whether the login cookie may travel over TLS alone.

    `is_media_redirected`: whether recorded bytes come from S3 itself, by a signed address.
    """

    people: People
    doors: Doors
    organisation: OrganisationDesk
    registry: RegistryDesk
    canteens: CanteenImport
    probes: ProbeDesk
    media: MediaDesk
    live: LiveDesk
    snapshots: SnapshotDesk
    recordings: RecordingsDesk
    evidence: EvidenceDesk
    analysis: AnalysisDesk
    uniforms: UniformDesk
    talks: TalkDesk
    talk_records: TalkRecordDesk
    alerts: AlertDesk
    notices: NoticeDesk
    devices: DeviceDesk
    events: EventDesk
    rules: RuleDesk
    calendars: CalendarDesk
    silences: SilenceDesk
    orders: OrderDesk
    order_papers: OrderPaperDesk
    inspections: InspectionDesk
    figures: FigureDesk
    exports: ExportDesk
    views: ViewDesk
    ice: IceDesk
    drills: DrillDesk
    broadcasts: BroadcastDesk
    announcements: AnnouncementDesk
    public_screens: PublicScreenDesk
    rooms: RoomDesk
    states: CameraStates
    speakers: FoundSpeakers
    services: Services
    trail: AuditTrail
    console_folder: Path
    is_cookie_secure: bool
    is_media_redirected: bool
    spreadsheets: Spreadsheets = field(default_factory=Spreadsheets)


def rooms_of(connection: HTTPConnection) -> Rooms:
    rooms: Rooms = connection.app.state.rooms
    return rooms
