"""Builds alerting's objects and connects them, one part after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import cast
from zoneinfo import ZoneInfo

from services.alerting.adapters.announcer import Announcer
from services.alerting.adapters.bus_recorder import BusRecorder
from services.alerting.adapters.calendar_bucket import CalendarBucket
from services.alerting.adapters.calendar_files import CalendarFiles
from services.alerting.adapters.channels.beside import Beside
from services.alerting.adapters.channels.mail import MailChannel, MailServer, Tls
from services.alerting.adapters.channels.services_of_apprise import AppriseChannel
from services.alerting.adapters.channels.web_push import WebPushChannel
from services.alerting.adapters.channels.webhook import WebhookChannel
from services.alerting.adapters.draw_clock import DrawClock
from services.alerting.adapters.fact_history import FACTS_MAX, BusFactHistory
from services.alerting.adapters.hours_teller import HoursTeller
from services.alerting.adapters.notice_planner import NoticePlanner
from services.alerting.adapters.notice_secrets import NoticeSecrets
from services.alerting.adapters.notice_sender import NoticeSender
from services.alerting.adapters.order_clock import OrderClock
from services.alerting.adapters.people_known import PeopleKnown
from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.draws import PostgresDraws
from services.alerting.adapters.postgres.figures import PostgresFigures
from services.alerting.adapters.postgres.folds import AlertFolds, StormPolicies
from services.alerting.adapters.postgres.inspections import PostgresInspections
from services.alerting.adapters.postgres.loop import PostgresLoop
from services.alerting.adapters.postgres.notice_background import PostgresNoticeBackground
from services.alerting.adapters.postgres.notice_book import PostgresNoticeBook
from services.alerting.adapters.postgres.notice_plans import NoticePlans
from services.alerting.adapters.postgres.notice_queue import NoticeQueue
from services.alerting.adapters.postgres.outbox import Teller
from services.alerting.adapters.postgres.proofs import PostgresProofs
from services.alerting.adapters.postgres.push_keys import kept_key
from services.alerting.adapters.postgres.warnings import PostgresWarnings
from services.alerting.adapters.proof_keeper import ProofKeeper
from services.alerting.adapters.public_holidays import is_workday, public_day
from services.alerting.adapters.rule_bucket import RuleBucket
from services.alerting.adapters.seal_keeper import SealKeeper
from services.alerting.adapters.shard_keeper import ShardKeeper
from services.alerting.adapters.silence_bucket import SilenceBucket
from services.alerting.adapters.sites_known import SitesKnown
from services.alerting.adapters.unused_files import UnusedFiles
from services.alerting.calendars.calendar_clock import CalendarClock
from services.alerting.calendars.calendar_tree import CalendarTree
from services.alerting.calendars.closed_hours import HoursAhead
from services.alerting.folding.folds import StormPolicy
from services.alerting.folding.kitchens import Kitchens
from services.alerting.handlers.alerts import AlertDesk
from services.alerting.handlers.attachments import AttachmentDesk
from services.alerting.handlers.calendars import CalendarDesk
from services.alerting.handlers.case_shares import ShareDesk
from services.alerting.handlers.devices import DeviceDesk
from services.alerting.handlers.draws import DrawDesk
from services.alerting.handlers.facts import RuledShards
from services.alerting.handlers.figures import FigureDesk
from services.alerting.handlers.inspections import InspectionDesk
from services.alerting.handlers.notice_previews import NoticePreviews
from services.alerting.handlers.notices import NoticeDesk
from services.alerting.handlers.orders import LoopDesk, new_case
from services.alerting.handlers.proofs import ProofDesk
from services.alerting.handlers.rules import RuleDesk
from services.alerting.handlers.silences import SilenceDesk
from services.alerting.handlers.status import StatusDesk
from services.alerting.loop.deadlines import DeadlinePolicy
from services.alerting.loop.machine_check import CheckPolicy
from services.alerting.notices.channel import AddressRules, Channel, RetryPolicy
from services.alerting.push.vapid import VapidKey
from services.alerting.rules.kitchen_clock import PlanClock
from services.alerting.rules.seed import SEED
from services.alerting.settings import Settings
from services.alerting.silences.quiet_incidents import QuietIncidents
from services.alerting.silences.silence_book import SilenceBook
from shared.bus.kv_watch import KvEntry
from shared.bus.requests import RequestHandler
from shared.bus.streams import EVENTS
from shared.database import Database
from shared.errors import PeerError
from shared.messages.calendars import KitchenCalendar
from shared.messages.cameras import DesiredCamera
from shared.messages.notices import ChannelKind
from shared.objects import ObjectStore
from shared.sealing import Sealer
from shared.service import Close, Context, Wired
from shared.shards import ShardLeases
from shared.subjects import CameraRef
from shared.supervise import RunOnce, Supervised

_MIGRATIONS = Path(__file__).parent / "migrations"
# What only reads, or waits for somebody else: a long one does not keep the others waiting. Fewer than the database's
# connections, of which every other request needs one too.
_READS = (
    "alerts",
    "alert",
    "alert_picture",
    "case",
    "cases",
    "order",
    "orders",
    "attachment",
    "figures",
    "draws",
    "draw",
)
_AT_ONCE = dict.fromkeys((*_READS, "rule_dry_run"), 2) | {"notice_channel_test": 4}

Task = tuple[str, Supervised | RunOnce]
Answers = Mapping[str, RequestHandler]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one part of alerting brings."""

    capabilities: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    answers: Answers = field(default_factory=dict)
    close: tuple[Close, ...] = ()


class _Stores:
    """The schema and the bucket, and the key that secrets are sealed with."""

    def __init__(self, settings: Settings):
        self.database = Database.from_settings(settings, "alerting")
        self.objects = ObjectStore.from_settings(settings, bucket=settings.own_bucket)
        self.sealer = Sealer.from_settings(settings)

    async def make(self) -> None:
        await self.database.migrate(_MIGRATIONS)
        await self.objects.ensure_bucket()

    async def close(self) -> None:
        await self.database.close()
        self.objects.close()


async def wire(context: Context[Settings]) -> Wired:
    """Its tables are there, then its parts; ready while the database answers."""
    settings, bus = context.settings, context.bus
    stores = _Stores(settings)
    try:
        await stores.make()
        await bus.ensure_stream(EVENTS)
    except PeerError:
        await stores.close()  # `wire` is called again
        raise
    teller = Teller(stores.database, bus.publish_fact)
    recorder = BusRecorder(bus)
    calendars = await _calendars(context, stores)
    rules = await _rules(context, stores, teller, calendars)
    announcer = Announcer(bus, PostgresWarnings(stores.database), context.clock)
    parts = (
        rules.part,
        _loop(context, stores, teller, rules),
        calendars.part,
        rules.silences,
        _Part(("announcements",), (("announcer", announcer),)),
        _proofs(context, stores, rules, recorder),
        await _notices(context, stores, teller),
        _inspections(context, stores, teller),
    )
    desk = StatusDesk(settings.worker_id, tuple(name for part in parts for name in part.capabilities))
    answers: dict[str, RequestHandler] = {"status": desk.status}
    for part in parts:
        answers |= part.answers
    stop_answering = await bus.serve("alerting", answers, at_once=_AT_ONCE)
    return Wired(
        tasks=[("outbox", teller), *(task for part in parts for task in part.tasks)],
        readiness={"database": stores.database.why_not_ready},
        close=[stop_answering, *(each for part in parts for each in part.close), stores.close],
    )


@dataclass(frozen=True, slots=True)
class _Calendars:
    """What other parts need of it."""

    part: _Part
    tree: CalendarTree
    clock: CalendarClock
    also_tell: list[Callable[[], None]]


async def _calendars(context: Context[Settings], stores: _Stores) -> _Calendars:
    """What time it is in each kitchen: known before the first fact is judged."""
    now_us = context.clock.now_us
    tree, also_tell = CalendarTree(), list[Callable[[], None]]()
    clock = CalendarClock(tree, PlanClock(), public_day)

    def changed(name: str, versions: Sequence[KitchenCalendar]) -> None:
        tree.changed(name, versions)
        for tell in also_tell:
            tell()

    bucket = CalendarBucket(await context.bus.kv("calendars"), stores.database, changed)
    await bucket.open(now_us())
    desk = CalendarDesk(bucket, CalendarFiles(context.clock), clock, now_us)
    answers: Answers = {
        "calendars": desk.list,
        "calendar_put": desk.put,
        "calendar_remove": desk.remove,
        "calendar_import": desk.import_,
        "calendar_export": desk.export,
        "kitchen_day": desk.kitchen_day,
    }
    return _Calendars(_Part(("calendars",), (), answers), tree, clock, also_tell)


def _storms(settings: Settings) -> StormPolicies:
    window_us = round(settings.outage_window_s * 1e6)
    site = StormPolicy(settings.outage_share, 3, window_us)
    # Schools go dark one after another: a feeder is switched back in steps.
    return StormPolicies(site, StormPolicy(settings.outage_share, 3, window_us * 3))


@dataclass(frozen=True, slots=True)
class _Rules:
    """What other parts need of it."""

    part: _Part
    alerts: PostgresAlerts
    rules: RuleBucket
    history: BusFactHistory
    ruled: RuledShards
    silences: _Part


async def _rules(context: Context[Settings], stores: _Stores, teller: Teller, calendars: _Calendars) -> _Rules:
    """Facts in, alerts out; and what people ask about alerts."""
    settings, bus, clock = context.settings, context.bus, context.clock
    kitchens = Kitchens(calendars.tree)
    store = PostgresAlerts(stores.database, teller.wake, AlertFolds(kitchens, _storms(settings)))
    book = SilenceBook()
    ruled = RuledShards(calendars.clock, round(settings.rule_hold_s * 1e6), QuietIncidents(book))
    silences = await _silences(context, stores, book, ruled)
    keeper = ShardKeeper(bus, ruled, store, clock)

    def gained(shard: int) -> None:
        keeper.gained(shard)
        hours.wake()

    leases = ShardLeases(bus, "alerting", settings.worker_id, clock, gained, keeper.lost)
    ahead = HoursAhead(calendars.tree, public_day)
    hours = HoursTeller(await bus.kv("kitchen_hours"), ahead, kitchens.sites, lambda: leases.held, clock)
    calendars.also_tell.append(hours.wake)

    def desired_changed(entry: KvEntry) -> None:
        desired = None if entry.value is None else DesiredCamera.decode(entry.value)
        kitchens.camera_desired(CameraRef.from_key(entry.key), desired)
        ruled.camera_desired(CameraRef.from_key(entry.key), desired)
        hours.wake()

    rules = RuleBucket(await bus.kv("rules"), stores.database, ruled.rule_changed)
    await rules.open(SEED, clock.now_us())
    await (await bus.kv("cameras")).watch(desired_changed)
    await hours.open()
    desk = AlertDesk(store, clock.now_us)
    rule_desk = RuleDesk(
        rules, BusFactHistory(bus), ruled.clock, lambda: list(ruled.desired.values()), clock.now_us, FACTS_MAX
    )
    answers: Answers = {
        "alerts": desk.alerts,
        "alert": desk.alert,
        "alert_acknowledge": desk.acknowledge,
        "alert_review": desk.review,
        "rules": rule_desk.list,
        "rule_put": rule_desk.put,
        "rule_dry_run": rule_desk.dry_run,
    }
    tasks = (("shards", leases), ("rules", keeper), ("kitchen-hours", hours))
    part = _Part(("rules", "alerts"), tasks, answers, (keeper.close, leases.release))
    return _Rules(part, store, rules, BusFactHistory(bus), ruled, silences)


async def _silences(context: Context[Settings], stores: _Stores, book: SilenceBook, ruled: RuledShards) -> _Part:
    """What is kept quiet: known before the first fact is judged."""
    bucket = SilenceBucket(await context.bus.kv("silences"), stores.database, book.changed)
    await bucket.open(context.clock.now_us())
    desk = SilenceDesk(bucket, book, lambda: ruled.rules, context.clock.now_us, lambda: f"silence-{token_hex(6)}")
    answers: Answers = {"silences": desk.list, "silence_add": desk.add, "silence_end": desk.end}
    return _Part(("silences",), (), answers)


def _proofs(context: Context[Settings], stores: _Stores, rules: _Rules, recorder: BusRecorder) -> _Part:
    """What proves each alert, and whether it stands when it is ruled again."""
    settings, clock = context.settings, context.clock
    proofs = PostgresProofs(stores.database)
    keeper = ProofKeeper(
        proofs,
        rules.alerts,
        rules.rules,
        rules.history,
        recorder,
        stores.objects,
        rules.ruled.clock,
        rules.ruled.desired.get,
        clock,
        settings.proof_days,
    )
    desk = ProofDesk(rules.alerts, rules.rules, stores.objects)
    tasks = (("proofs", keeper), ("seals", SealKeeper(proofs, recorder, clock)))
    return _Part(("proofs",), tasks, {"alert_picture": desk.picture, "alert_replay": desk.replay})


def _loop(context: Context[Settings], stores: _Stores, teller: Teller, rules: _Rules) -> _Part:
    """Cases and orders: served, answered, looked at again, closed; and what time does to them."""
    settings, clock = context.settings, context.clock
    policy = DeadlinePolicy(
        hours=((1, settings.due_class_1_h), (2, settings.due_class_2_h), (3, settings.due_class_3_h)),
        yellow_days=settings.yellow_card_days,
        red_days=settings.red_card_days,
        zone=ZoneInfo(settings.time_zone),
    )
    loop = PostgresLoop(stores.database, rules.alerts, clock.now_us, teller.wake)
    desk = LoopDesk(loop, policy, is_workday, clock.now_us)
    shares = ShareDesk(loop, clock.now_us)
    files = AttachmentDesk(stores.objects, loop, clock.now_us)
    order_clock = OrderClock(
        loop,
        rules.alerts,
        rules.rules,
        rules.history,
        policy,
        is_workday,
        clock,
        rules.ruled.desired.get,
        CheckPolicy(round(settings.check_window_s * 1e6), settings.check_looks_min),
        settings.order_look_s,
        PostgresProofs(stores.database).seal,
        settings.proof_days,
    )
    answers: Answers = {
        "case_open": desk.open,
        "case": desk.case,
        "cases": desk.cases,
        "case_close": desk.close,
        "case_share": shares.share,
        "case_unshare": shares.unshare,
        "case_note": desk.note,
        "deadlines": desk.deadlines,
        "order_serve": desk.serve,
        "order": desk.order,
        "orders": desk.orders,
        "order_change": desk.change,
        "attachment_put": files.put,
        "attachment": files.get,
    }
    unused = UnusedFiles(stores.objects, loop, clock)
    return _Part(("orders",), (("order-clock", order_clock), ("unused-photos", unused)), answers)


# Attempts long: so late a worker that keeps a channel is taken for dead, and another sends again
_LEASE_ATTEMPTS = 4
_DAY_US = 86_400_000_000


async def _notices(context: Context[Settings], stores: _Stores, teller: Teller) -> _Part:
    """Who is told what, on which channel, and until somebody takes it."""
    settings, clock = context.settings, context.clock
    known, places, secrets = PeopleKnown(), SitesKnown(), NoticeSecrets(stores.sealer)
    await (await context.bus.kv("people")).watch(known.changed)
    await (await context.bus.kv("sites")).watch(places.changed)
    key = await _push_key(context, stores)
    beside = Beside(2 * settings.notice_slots, settings.notice_limit_s)
    services = AppriseChannel(beside, settings.notice_limit_s)
    ways = _ways(context, beside, services, key)
    retry = RetryPolicy(settings.notice_attempts, settings.notice_retry_s)
    lease_us = round(settings.notice_limit_s * _LEASE_ATTEMPTS * 1e6)
    queue = NoticeQueue(stores.database, settings.worker_id, lease_us, retry, known.may_hear)
    sender = NoticeSender(
        queue, ways, secrets, known.by_name, clock, settings.notice_slots, settings.notice_console_url, teller.wake
    )
    plans = NoticePlans(stores.database, known.by_name, places.units, round(settings.notice_stale_h * 3600e6))
    planner = NoticePlanner(plans, clock, settings.notice_keep_days * _DAY_US, sender.wake)
    teller.also_wake(planner.wake)
    rules = AddressRules(
        settings.webhook_networks, settings.apprise_schemes, bool(settings.notice_mail_server), settings.push_services
    )
    book = PostgresNoticeBook(stores.database, teller.wake)
    desk = NoticeDesk(book, secrets, rules, ways, services.is_known, settings.notice_channels_max, clock.now_us)
    devices = DeviceDesk(book, secrets, rules, lambda: key, settings.notice_devices_max)
    previews = NoticePreviews(PostgresNoticeBackground(stores.database), known.by_name, places.units)
    answers: Answers = {
        "notice_push": devices.push,
        "notice_device_put": devices.put_device,
        "notice_channels": desk.channels,
        "notice_channel_put": desk.put_channel,
        "notice_channel_remove": desk.remove_channel,
        "notice_channel_test": desk.test_channel,
        "notice_person": desk.person,
        "notice_person_put": desk.put_person,
        "notice_rotas": desk.rotas,
        "notice_rota_put": desk.put_rota,
        "notice_rota_remove": desk.remove_rota,
        "notice_chains": desk.chains,
        "notice_chain_put": desk.put_chain,
        "notice_chain_remove": desk.remove_chain,
        "notice_duty": previews.duty,
        "notice_preview": previews.preview,
        "notice_deliveries": desk.deliveries,
        "notice_receipt": desk.receipt,
    }
    tasks: tuple[Task, ...] = (("notice-planner", planner), ("notice-sender", sender))
    return _Part(("notices",), tasks, answers, (beside.close,))


def _ways(
    context: Context[Settings], beside: Beside, services: AppriseChannel, key: VapidKey | None
) -> dict[ChannelKind, Channel]:
    settings, clock = context.settings, context.clock

    def now_s() -> int:
        return clock.now_us() // 1_000_000

    return {
        "mail": MailChannel(_mail_server(settings), beside, settings.notice_limit_s),
        "webhook": WebhookChannel(settings.webhook_networks, settings.notice_limit_s, now_s),
        "apprise": services,
        "web_push": WebPushChannel(
            settings.push_services, lambda: key, settings.push_contact, settings.notice_limit_s, now_s
        ),
    }


async def _push_key(context: Context[Settings], stores: _Stores) -> VapidKey | None:
    """What an operator has set, else what was made at the first start."""
    told = context.settings.notice_push_private_key.get_secret_value()
    if told:
        return VapidKey.parse(told)
    return await kept_key(stores.database, stores.sealer, context.clock.now_us())


def _mail_server(settings: Settings) -> MailServer | None:
    if not settings.notice_mail_server:
        return None
    host, _, port = settings.notice_mail_server.rpartition(":")
    return MailServer(
        host=host,
        port=int(port),
        tls=cast(Tls, settings.notice_mail_tls),
        user=settings.notice_mail_user,
        password=settings.notice_mail_password.get_secret_value(),
        sender=settings.notice_mail_from,
    )


def _inspections(context: Context[Settings], stores: _Stores, teller: Teller) -> _Part:
    """Random draws, the looks they ask for, and the figures that both rest on."""
    clock = context.clock
    figures = FigureDesk(PostgresFigures(stores.database, clock.now_us), ZoneInfo(context.settings.time_zone))
    draws = DrawDesk(PostgresDraws(stores.database, teller.wake), figures, clock.now_us)
    inspections = InspectionDesk(
        PostgresInspections(stores.database, clock.now_us, teller.wake),
        lambda wanted: new_case(wanted, wanted.cameras, clock.now_us()),
        clock.now_us,
    )
    answers: Answers = {
        "draw_open": draws.open,
        "draw": draws.draw,
        "draws": draws.list,
        "draw_file": draws.file,
        "draw_commit": draws.commit,
        "draw_reveal": draws.reveal,
        "draw_cancel": draws.cancel,
        "inspection": inspections.inspection,
        "inspections": inspections.list,
        "inspection_change": inspections.change,
        "looks": inspections.looks,
        "figures": figures.figures,
        "kitchen_risks": figures.risks,
    }
    return _Part(("inspections", "figures"), (("draw-clock", DrawClock(draws, clock)),), answers)
