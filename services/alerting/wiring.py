"""Builds alerting's objects and connects them, one part after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from services.alerting.adapters.fact_history import FACTS_MAX, BusFactHistory
from services.alerting.adapters.order_clock import OrderClock
from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.loop import PostgresLoop
from services.alerting.adapters.postgres.outbox import Teller
from services.alerting.adapters.public_holidays import is_workday
from services.alerting.adapters.rule_bucket import RuleBucket
from services.alerting.adapters.shard_keeper import ShardKeeper
from services.alerting.handlers.alerts import AlertDesk
from services.alerting.handlers.attachments import AttachmentDesk
from services.alerting.handlers.facts import RuledShards
from services.alerting.handlers.orders import LoopDesk
from services.alerting.handlers.rules import RuleDesk
from services.alerting.handlers.status import StatusDesk
from services.alerting.loop.deadlines import DeadlinePolicy
from services.alerting.loop.machine_check import CheckPolicy
from services.alerting.rules.kitchen_clock import PlanClock
from services.alerting.rules.seed import SEED
from services.alerting.settings import Settings
from shared.bus.kv_watch import KvEntry
from shared.bus.requests import RequestHandler
from shared.bus.streams import EVENTS
from shared.database import Database
from shared.errors import PeerError
from shared.messages.cameras import DesiredCamera
from shared.objects import ObjectStore
from shared.sealing import Sealer
from shared.service import Close, Context, Wired
from shared.shards import ShardLeases
from shared.subjects import CameraRef
from shared.supervise import RunOnce, Supervised

_MIGRATIONS = Path(__file__).parent / "migrations"

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
    rules = await _rules(context, stores, teller)
    parts = (rules.part, _loop(context, stores, teller, rules))
    desk = StatusDesk(settings.worker_id, tuple(name for part in parts for name in part.capabilities))
    answers: dict[str, RequestHandler] = {"status": desk.status}
    for part in parts:
        answers |= part.answers
    stop_answering = await bus.serve("alerting", answers)
    return Wired(
        tasks=[("outbox", teller), *(task for part in parts for task in part.tasks)],
        readiness={"database": stores.database.why_not_ready},
        close=[stop_answering, *(each for part in parts for each in part.close), stores.close],
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    """What other parts need of it."""

    part: _Part
    alerts: PostgresAlerts
    rules: RuleBucket
    history: BusFactHistory
    ruled: RuledShards


async def _rules(context: Context[Settings], stores: _Stores, teller: Teller) -> _Rules:
    """Facts in, alerts out; and what people ask about alerts."""
    settings, bus, clock = context.settings, context.bus, context.clock
    store = PostgresAlerts(stores.database, teller.wake)
    ruled = RuledShards(PlanClock(), round(settings.rule_hold_s * 1e6))
    keeper = ShardKeeper(bus, ruled, store, clock)
    leases = ShardLeases(bus, "alerting", settings.worker_id, clock, keeper.gained, keeper.lost)

    def desired_changed(entry: KvEntry) -> None:
        desired = None if entry.value is None else DesiredCamera.decode(entry.value)
        ruled.camera_desired(CameraRef.from_key(entry.key), desired)

    rules = RuleBucket(await bus.kv("rules"), stores.database, ruled.rule_changed)
    await rules.open(SEED, clock.now_us())
    await (await bus.kv("cameras")).watch(desired_changed)
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
    tasks = (("shards", leases), ("rules", keeper))
    part = _Part(("rules", "alerts"), tasks, answers, (keeper.close, leases.release))
    return _Rules(part, store, rules, BusFactHistory(bus), ruled)


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
    )
    answers: Answers = {
        "case_open": desk.open,
        "case": desk.case,
        "cases": desk.cases,
        "case_close": desk.close,
        "case_note": desk.note,
        "deadlines": desk.deadlines,
        "order_serve": desk.serve,
        "order": desk.order,
        "orders": desk.orders,
        "order_change": desk.change,
        "attachment_put": files.put,
        "attachment": files.get,
    }
    return _Part(("orders",), (("order-clock", order_clock),), answers)
