"""Builds the gateway's objects and connects them; the one file that knows all the others."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.gateway.adapters.bucket_mirror import BucketMirror
from services.gateway.adapters.bus_alerting import BusAlerting
from services.gateway.adapters.bus_broadcasts import BusAnnouncements, BusBroadcasts
from services.gateway.adapters.bus_calendars import BusCalendars
from services.gateway.adapters.bus_detector import BusDetector
from services.gateway.adapters.bus_drills import BusDrills
from services.gateway.adapters.bus_inspections import BusFigures, BusInspections
from services.gateway.adapters.bus_intercom import BusIntercom
from services.gateway.adapters.bus_media import BusMediaFeed, BusWatchLeases
from services.gateway.adapters.bus_notices import BusNotices
from services.gateway.adapters.bus_probe import BusProber
from services.gateway.adapters.bus_recorder import BusRecorder
from services.gateway.adapters.bus_rooms import BusOpenRooms, BusRooms, RoomTrail
from services.gateway.adapters.bus_services import BusServices
from services.gateway.adapters.bus_silences import BusSilences
from services.gateway.adapters.bus_states import BusCameraStates, BusRemovedCameras, BusSpeakers
from services.gateway.adapters.bus_uniforms import BusUniforms
from services.gateway.adapters.bus_views import BusViews, LoginKeeper
from services.gateway.adapters.event_desk import EventDesk
from services.gateway.adapters.http.app import create_app
from services.gateway.adapters.http.contract import complete
from services.gateway.adapters.http.rooms import Doors, Rooms
from services.gateway.adapters.jpeg import AvJpegMaker
from services.gateway.adapters.known_by_alerting import people_known, sites_known
from services.gateway.adapters.live_desk import LiveDesk
from services.gateway.adapters.login_queue import LoginQueue
from services.gateway.adapters.login_sweep import LoginSweep
from services.gateway.adapters.names import SystemNames
from services.gateway.adapters.oidc_provider import ClientOf, OidcProvider
from services.gateway.adapters.paper_printer import PaperPrinter
from services.gateway.adapters.password_file import write_password
from services.gateway.adapters.passwords import Argon2Hasher
from services.gateway.adapters.photos import PillowPhotos
from services.gateway.adapters.playback_sweep import PlaybackSweep
from services.gateway.adapters.postgres.api_tokens import PostgresApiTokens
from services.gateway.adapters.postgres.audit import PostgresAuditTrail
from services.gateway.adapters.postgres.idempotency import PostgresIdempotencyKeys
from services.gateway.adapters.postgres.linked_accounts import PostgresLinkedAccounts
from services.gateway.adapters.postgres.people import PostgresAccounts, PostgresFailedLogins, PostgresLogins
from services.gateway.adapters.postgres.public_screens import PostgresPublicScreens
from services.gateway.adapters.postgres.register import PostgresRegister
from services.gateway.adapters.postgres.second_factors import PostgresSecondFactors
from services.gateway.adapters.postgres.units import PostgresUnits
from services.gateway.adapters.public_pictures import PublicPictures
from services.gateway.adapters.recorded_bytes import S3AndBusBytes
from services.gateway.adapters.registry_mirror import RegistryMirror
from services.gateway.adapters.sheet_reader import SpreadsheetReader
from services.gateway.audit import AuditTrail
from services.gateway.camera_addresses import AddressRules
from services.gateway.camera_states import CameraStates
from services.gateway.guests import GuestTokens
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
from services.gateway.handlers.guests import GuestDesk
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
from services.gateway.handlers.playbacks import PlaybackRecord
from services.gateway.handlers.presence import PresenceDesk
from services.gateway.handlers.probes import ProbeDesk
from services.gateway.handlers.public_screens import PublicScreenDesk
from services.gateway.handlers.recordings import RecordingsDesk
from services.gateway.handlers.registry import RegistryDesk
from services.gateway.handlers.rooms import RoomDesk
from services.gateway.handlers.rules import RuleDesk
from services.gateway.handlers.second_factors import SecondFactorDesk
from services.gateway.handlers.silences import SilenceDesk
from services.gateway.handlers.snapshots import SnapshotDesk
from services.gateway.handlers.standing_talks import StandingTalks
from services.gateway.handlers.talk_records import TalkRecordDesk
from services.gateway.handlers.talks import TalkDesk
from services.gateway.handlers.uniforms import UniformDesk
from services.gateway.handlers.views import ViewDesk
from services.gateway.live_hub import HubLimit, LiveHub
from services.gateway.live_viewer import ViewerLimit
from services.gateway.logins import Endings
from services.gateway.media_tokens import MediaTokens
from services.gateway.papers.order_paper import Letterhead
from services.gateway.papers.paper import Language
from services.gateway.rate_limits import Limits, RateLimit
from services.gateway.settings import GatewaySettings
from services.gateway.speakers import FoundSpeakers
from shared.bus import Bus
from shared.bus.streams import EVENTS
from shared.clock import Clock
from shared.database import Database
from shared.errors import PeerError
from shared.ice_servers import IceServers
from shared.presence import Presence
from shared.sealing import Sealer, decode_key
from shared.service import CannotStart, Context, Wired
from shared.supervise import RunOnce, Supervised
from shared.version import VERSION

# A page that opens asks for much at once: so many seconds' worth.
_BURST_S = 10.0
_MIGRATIONS = Path(__file__).parent / "migrations"


async def wire(context: Context[GatewaySettings]) -> Wired:
    """Open the database, make the first administrator where there is nobody, and build everything."""
    database = Database.from_settings(context.settings, "gateway")
    try:
        await database.migrate(_MIGRATIONS)
        return await _wire(context, database)
    except PeerError:
        await database.close()  # `wire` is called again
        raise


def contract() -> dict[str, Any]:
    """The OpenAPI document; needs no database and no bus."""
    return complete(create_app(None))


async def _wire(context: Context[GatewaySettings], database: Database) -> Wired:
    bus = context.bus
    await bus.ensure_stream(EVENTS)
    stored = _Stored(database)
    hasher, jpegs, states = Argon2Hasher(), AvJpegMaker(), CameraStates()
    sealer = Sealer.from_settings(context.settings)
    open_rooms = BusOpenRooms(await bus.kv("rooms"))
    stored.trail = room_trail = RoomTrail(stored.trail, open_rooms, BusRooms(bus))
    guest_links = GuestTokens(_secret(context.settings))
    people = await _people(context, stored, hasher, sealer, GuestDesk(guest_links, open_rooms, context.clock))
    cameras, known = await bus.kv("cameras"), await _known_by_alerting(bus, stored, context.clock)
    mirror = RegistryMirror(stored.register, stored.units, cameras, bus, context.clock)
    await mirror.open()
    registry = _registry(context, stored, mirror, sealer)
    live = await _live(context, stored, people, states)
    events = EventDesk(bus, people, context.clock, context.settings.event_listeners)
    await events.open()
    presence = Presence(bus, "gateway", context.settings.worker_id, context.clock)
    status = PresenceDesk(context.settings.worker_id).status
    stop_answering = await bus.serve("gateway", {"status": status}, version=VERSION)
    trail, clock, of_person = stored.trail, context.clock, context.settings.live_viewers_of_person
    views = ViewDesk(registry, BusViews(bus), people, trail, clock, of_person)
    recorder, recorded, detector, photos = BusRecorder(bus), S3AndBusBytes(bus), BusDetector(bus), PillowPhotos()
    intercom, speakers, printer, sheets = BusIntercom(bus), FoundSpeakers(), PaperPrinter(), SpreadsheetReader()
    closers = [recorded.close, hasher.close, jpegs.close, photos.close, printer.close, sheets.close, database.close]
    evidence, playbacks = EvidenceDesk(recorder, recorded, trail, clock), PlaybackRecord(trail, clock, asyncio.Lock())
    recordings = RecordingsDesk(recorder, recorded, playbacks, trail, clock)
    ruling, public = _ruling(context, stored, registry, photos), PublicPictures(bus, clock)
    rooms = Rooms(
        people=people,
        doors=_doors(context, database, stored, people, sealer),
        **_organised(context, stored, registry, mirror, sealer, sheets),
        probes=ProbeDesk(registry, BusProber(bus, intercom, clock), trail, clock),
        media=MediaDesk(MediaTokens(_secret(context.settings)), people, stored.register, clock),
        live=live,
        snapshots=SnapshotDesk(live, jpegs, states, trail, clock),
        recordings=recordings,
        evidence=evidence,
        analysis=AnalysisDesk(detector),
        **_talking(context, people, registry, recorded, trail, evidence, guest_links),
        **ruling,
        order_papers=_order_papers(context, trail, registry, recordings, recorder, printer, ruling),
        events=events,
        public_screens=PublicScreenDesk(stored.public_screens, stored.register, public, clock),
        notices=_notices(context, stored, sealer),
        devices=DeviceDesk(BusNotices(context.bus), sealer, stored.trail, context.clock),
        views=views,
        uniforms=UniformDesk(registry, detector, photos, await _uniforms(bus), trail, clock),
        states=states,
        speakers=speakers,
        services=BusServices(bus, clock),
        trail=trail,
        **_console(context.settings),
    )
    return Wired(
        tasks=[
            ("registry-mirror", mirror),
            *known,
            ("removed-cameras", BusRemovedCameras(cameras, live.end_camera)),
            ("presence", presence),
            ("playback-sweep", PlaybackSweep(playbacks, clock)),
            ("login-sweep", LoginSweep(stored.logins, stored.keys, clock)),
            ("open-rooms", open_rooms),
            ("timelines", room_trail),
            *await _tasks(context, rooms),
        ],
        readiness={"database": database.why_not_ready},
        app=create_app(rooms),
        close=[
            stop_answering,
            events.close,
            presence.leave,
            live.close,
            views.close,
            playbacks.close,
            public.close,
            rooms.doors.oidc.close,
            *closers,
        ],
    )


def _console(settings: GatewaySettings) -> dict[str, Any]:
    """How browsers are served."""
    return {
        "console_folder": settings.console_dir,
        "is_cookie_secure": settings.secure_cookie,
        "is_media_redirected": settings.media_redirect,
    }


def _organised(
    context: Context[GatewaySettings],
    stored: _Stored,
    registry: RegistryDesk,
    mirror: RegistryMirror,
    sealer: Sealer,
    sheets: SpreadsheetReader,
) -> dict[str, Any]:
    """The desks of units, schools and cameras, by their names in `Rooms`."""
    return {
        "organisation": OrganisationDesk(stored.units, stored.register, mirror, BusNotices(context.bus), context.clock),
        "registry": registry,
        "canteens": CanteenImport(registry, stored.units, sealer, sheets, stored.trail),
    }


def _talking(
    context: Context[GatewaySettings],
    people: People,
    registry: RegistryDesk,
    recorded: S3AndBusBytes,
    trail: AuditTrail,
    evidence: EvidenceDesk,
    guest_links: GuestTokens,
) -> dict[str, Any]:
    """The desks of all that is said to kitchens, by their names in `Rooms`."""
    bus, clock = context.bus, context.clock
    intercom, standing = BusIntercom(bus), StandingTalks(people, trail, clock)
    return {
        "talk_records": TalkRecordDesk(intercom, recorded, trail, clock),
        "talks": TalkDesk(registry, intercom, trail, clock, standing),
        "drills": DrillDesk(registry, BusDrills(bus), trail, clock),
        "broadcasts": BroadcastDesk(registry, BusBroadcasts(bus), trail, clock, standing),
        "announcements": AnnouncementDesk(registry, BusAnnouncements(bus), recorded, trail, clock),
        "rooms": RoomDesk(registry, BusRooms(bus), evidence, guest_links, trail, clock),
        "ice": IceDesk(IceServers(context.settings), clock),
    }


async def _tasks(context: Context[GatewaySettings], rooms: Rooms) -> list[tuple[str, Supervised | RunOnce]]:
    """What keeps views and states current."""
    return [
        ("camera-states", BusCameraStates(await context.bus.kv("camera_states"), rooms.states)),
        ("speakers", BusSpeakers(await context.bus.kv("speakers"), rooms.speakers)),
        ("live-leases", rooms.live.renew_leases),
        ("live-logins", rooms.live.check_logins),
        ("event-logins", rooms.events.check_logins),
        ("views", LoginKeeper(rooms.views, rooms.people.endings, context.clock)),
        ("talks", LoginKeeper(rooms.talks.standing, rooms.people.endings, context.clock)),
    ]


def _doors(
    context: Context[GatewaySettings], database: Database, stored: _Stored, people: People, sealer: Sealer
) -> Doors:
    settings = context.settings
    links = PostgresLinkedAccounts(database)
    return Doors(
        own_account=OwnAccount(people, stored.api_tokens),
        oidc=OidcDesk(_provider(context), settings.oidc_group_grants, links, people, sealer),
        oidc_name=settings.oidc_name,
        limits=_limits(context),
        login_queue=LoginQueue(context.clock, settings.logins_waiting),
        keys=stored.keys,
    )


def _ruling(
    context: Context[GatewaySettings], stored: _Stored, registry: RegistryDesk, photos: PillowPhotos
) -> dict[str, Any]:
    """The desks of all that alerting knows, by their names in `Rooms`."""
    bus, clock, trail, accounts = context.bus, context.clock, stored.trail, stored.accounts
    alerting, inspections, figures = BusAlerting(bus), BusInspections(bus), FigureDesk(BusFigures(bus), registry)
    return {
        "alerts": AlertDesk(alerting, registry.register, trail, clock),
        "rules": RuleDesk(alerting, trail, clock),
        "calendars": CalendarDesk(BusCalendars(bus), trail, clock),
        "silences": SilenceDesk(BusSilences(bus), registry, trail, clock),
        "orders": OrderDesk(alerting, registry, accounts, photos, trail, clock),
        "inspections": InspectionDesk(inspections, registry, accounts, trail, clock),
        "figures": figures,
        "exports": ExportDesk(alerting, inspections, figures, trail, clock),
    }


def _order_papers(
    context: Context[GatewaySettings],
    trail: AuditTrail,
    registry: RegistryDesk,
    recordings: RecordingsDesk,
    recorder: BusRecorder,
    printer: PaperPrinter,
    ruling: dict[str, Any],
) -> OrderPaperDesk:
    settings = context.settings
    names: dict[Language, str] = {
        "zh-CN": settings.bureau_name,
        "en": settings.bureau_name_en or settings.bureau_name,
    }
    return OrderPaperDesk(
        orders=ruling["orders"],
        alerts=ruling["alerts"],
        rules=ruling["rules"],
        recordings=recordings,
        registry=registry,
        sealed=recorder,
        printer=printer,
        head=Letterhead(names, ZoneInfo(settings.time_zone)),
        console_url=settings.notice_console_url,
        trail=trail,
        clock=context.clock,
    )


async def _live(context: Context[GatewaySettings], stored: _Stored, people: People, states: CameraStates) -> LiveDesk:
    settings, bus = context.settings, context.bus
    return LiveDesk(
        LiveHub(HubLimit(settings.live_viewers, settings.live_viewers_of_person)),
        BusMediaFeed(bus),
        BusWatchLeases(await bus.kv("watches"), settings.worker_id),
        states,
        people,
        stored.trail,
        context.clock,
        ViewerLimit(settings.live_queue_bytes, settings.live_queue_s),
    )


async def _uniforms(bus: Bus) -> BusUniforms:
    return BusUniforms(await bus.kv("uniforms"))


async def _known_by_alerting(bus: Bus, stored: _Stored, clock: Clock) -> list[tuple[str, BucketMirror]]:
    """What alerting knows of accounts and schools: follows them from now on."""
    people = BucketMirror(lambda: people_known(stored.accounts, clock), await bus.kv("people"), bus)
    sites = BucketMirror(lambda: sites_known(stored.units), await bus.kv("sites"), bus)
    stored.accounts.on_change(people.wake)
    for mirror in (people, sites):
        await mirror.open()
        stored.register.on_site_change(mirror.wake)
        stored.units.on_change(mirror.wake)
    return [("people-mirror", people), ("site-mirror", sites)]


def _notices(context: Context[GatewaySettings], stored: _Stored, sealer: Sealer) -> NoticeDesk:
    return NoticeDesk(BusNotices(context.bus), stored.accounts, stored.units, sealer, stored.trail, context.clock)


def _limits(context: Context[GatewaySettings]) -> Limits:
    settings = context.settings
    return Limits(
        context.clock,
        RateLimit(settings.requests_of_address, settings.requests_of_address * _BURST_S),
        RateLimit(settings.requests_of_account, settings.requests_of_account * _BURST_S),
        RateLimit(settings.requests_of_public_address, settings.requests_of_public_address * _BURST_S),
        settings.json_body_bytes,
    )


def _provider(context: Context[GatewaySettings]) -> OidcProvider | None:
    settings = context.settings
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_redirect_url:
        raise CannotStart("set BK_OIDC_REDIRECT_URL to https://<this gateway>/api/v1/oidc/callback")
    client = ClientOf(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.oidc_redirect_url,
        settings.oidc_scopes,
        settings.oidc_name_claim,
        settings.oidc_groups_claim,
    )
    return OidcProvider(client, context.clock)


class _Stored:
    """What is kept in PostgreSQL."""

    def __init__(self, database: Database):
        self.accounts = PostgresAccounts(database)
        self.logins = PostgresLogins(database)
        self.failed = PostgresFailedLogins(database)
        self.units = PostgresUnits(database)
        self.register = PostgresRegister(database)
        self.second_factors = PostgresSecondFactors(database)
        self.api_tokens = PostgresApiTokens(database)
        self.keys = PostgresIdempotencyKeys(database)
        self.public_screens = PostgresPublicScreens(database)
        self.trail: AuditTrail = PostgresAuditTrail(database)


async def _people(
    context: Context[GatewaySettings], stored: _Stored, hasher: Argon2Hasher, sealer: Sealer, guests: GuestDesk
) -> People:
    second = SecondFactorDesk(stored.second_factors, sealer, stored.trail, context.clock)
    people = People(
        accounts=stored.accounts,
        units=stored.units,
        logins=stored.logins,
        failed=stored.failed,
        hasher=hasher,
        trail=stored.trail,
        clock=context.clock,
        login_lifetime_s=context.settings.login_lifetime_s,
        guests=guests,
        second=second,
        tokens=stored.api_tokens,
        endings=Endings(),
    )
    await _make_first_administrator(context.settings, people)
    return people


def _registry(
    context: Context[GatewaySettings], stored: _Stored, mirror: RegistryMirror, sealer: Sealer
) -> RegistryDesk:
    settings = context.settings
    rules = AddressRules(
        settings.networks,
        settings.own_port_numbers,
        None if settings.camera_files is None else str(settings.camera_files),
    )
    return RegistryDesk(stored.register, mirror, rules, SystemNames(), sealer, context.clock)


def _secret(settings: GatewaySettings) -> bytes:
    return decode_key(settings.secret_key.get_secret_value())


async def _make_first_administrator(settings: GatewaySettings, people: People) -> None:
    """The password is on disk before the account exists: a crash in between locks nobody out."""
    file = settings.admin_password_file

    def keep(password: str) -> None:
        if file is None:
            raise CannotStart("set BK_ADMIN_PASSWORD_FILE to where the first administrator's password shall be written")
        try:
            write_password(file, password)
        except OSError as error:
            raise CannotStart(f"cannot write BK_ADMIN_PASSWORD_FILE {file} ({error.strerror})") from error

    await people.make_first_administrator(keep, is_password_once=settings.admin_password_once)
