"""The machine's look after an answer, on a real bus and a real database: each fact is read once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from services.alerting.adapters.fact_history import BusFactHistory
from services.alerting.adapters.order_clock import OrderClock
from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.loop import PostgresLoop
from services.alerting.adapters.postgres.proofs import PostgresProofs
from services.alerting.adapters.rule_bucket import RuleBucket
from services.alerting.handlers.orders import LoopDesk
from services.alerting.handlers.rules import HeardFact
from services.alerting.loop.deadlines import DeadlinePolicy
from services.alerting.loop.machine_check import CheckPolicy
from services.alerting.loop.working_time import weekdays
from services.alerting.rules.rule_store import Written
from services.alerting.wiring import _MIGRATIONS
from shared.bus import Bus
from shared.clock import SystemClock
from shared.database import Database
from shared.messages.alerting import Alert, AlertReview
from shared.messages.orders import CaseOpen, Order, OrderAction, OrderChange, OrderRef, OrderServe
from shared.subjects import CameraRef
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.facts import camera, frame, no_mask, person
from tests.alerting.folding import never_folded

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOLDEN = Alert.decode((Path(__file__).parents[1] / "data" / "messages" / "Alert.v1.json").read_bytes())
HERE = CameraRef("school-1", "cook-1")
LOOKS, FRAMES_EACH = 10, 5


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(plant: Plant) -> AsyncIterator[Database]:
    made = Database(plant.servers.database_environment("alerting")["BK_DATABASE_URL"], "alerting")
    await made.migrate(_MIGRATIONS)
    yield made
    await made.close()


class CountedHistory:
    """What the bus still holds, and how much of it was read."""

    def __init__(self, bus: Bus):
        self._history = BusFactHistory(bus)
        self.read = 0

    async def since(
        self, from_us: int, cameras: Sequence[CameraRef], *, after_seq: int = 0
    ) -> AsyncIterator[HeardFact]:
        async for fact in self._history.since(from_us, cameras, after_seq=after_seq):
            self.read += 1
            yield fact


class Answered:
    """An order that was answered, in front of a camera that says what it sees."""

    def __init__(self, database: Database, bus: Bus, detector: Bus, rules: RuleBucket):
        self._database, self._detector, self._rules = database, detector, rules
        self._clock = SystemClock()
        self._alerts = PostgresAlerts(database, lambda: None, never_folded())
        self._loop = PostgresLoop(database, self._alerts, self._clock.now_us, lambda: None)
        self._desk = LoopDesk(self._loop, DeadlinePolicy(), weekdays, self._clock.now_us)
        self.history = CountedHistory(bus)
        self.order = ""

    async def begin(self, name: str) -> None:
        about = {"alert": name, "site": HERE.site, "camera": HERE.camera, "cameras": (HERE.camera,), "rule": "no_mask"}
        alert = GOLDEN.model_copy(update=about | {"review": None, "case": None})
        await self._alerts.write([Written(HERE.shard, alert, "raised", False, 0)], {}, self._clock.now_us())
        await self._alerts.review(AlertReview(alert=name, by="li", verdict="confirmed"), self._clock.now_us())
        opening = CaseOpen(by="li", site=HERE.site, source="alert", title="No masks", risk=2, alerts=(name,))
        case = (await self._desk.open(opening.encode())).case
        serving = OrderServe(case=case, by="li", kind="opinion", title="Wear masks", text="All of you.")
        self.order = (await self._desk.serve(serving.encode())).order
        await self.step("answer")

    async def step(self, action: OrderAction) -> None:
        change = OrderChange(order=self.order, by="cook", action=action, text="Masks were given out.")
        await self._desk.change(change.encode())

    def new_clock(self) -> OrderClock:
        """As after a restart. Said as soon as all frames were seen."""
        return OrderClock(
            self._loop,
            self._alerts,
            self._rules,
            self.history,
            DeadlinePolicy(),
            weekdays,
            self._clock,
            {HERE: camera(HERE.camera, HERE.site)}.get,
            CheckPolicy(window_us=0, looks_min=LOOKS * FRAMES_EACH),
            1.0,
            PostgresProofs(self._database).seal,
            30,
        )

    async def film(self) -> None:
        for _ in range(FRAMES_EACH):
            await self._detector.publish_fact(frame(0, [person(mask=0.97)], start_us=time.time_ns() // 1000))

    async def now(self) -> Order:
        return await self._desk.order(OrderRef(order=self.order).encode())


@pytest_asyncio.fixture(loop_scope="module")
async def answered(plant: Plant, database: Database) -> AsyncIterator[Answered]:
    async with plant.bus("alerting") as bus, plant.bus("detector") as detector:
        await bus.ensure_stream("EVENTS")
        rules = RuleBucket(await bus.kv("rules"), database, lambda name, rule: None)
        await rules.open([no_mask()], time.time_ns() // 1000)
        yield Answered(database, bus, detector, rules)


@pytest.mark.parametrize("restarted_after", [0, LOOKS // 2])
async def test_ten_looks_read_each_fact_once(answered: Answered, restarted_after: int) -> None:
    await answered.begin(f"looked-{restarted_after}")
    clock = answered.new_clock()
    for number in range(LOOKS):
        if number and number == restarted_after:
            clock = answered.new_clock()
        assert [step.action for step in (await answered.now()).steps] == ["serve", "answer"]
        await answered.film()
        await clock.look()
    check = (await answered.now()).steps[-1].check
    assert check is not None
    assert (check.result, check.looked) == ("passed", LOOKS * FRAMES_EACH)
    # What was read before the restart is read once more.
    assert answered.history.read == (LOOKS + restarted_after) * FRAMES_EACH


async def test_an_answer_anew_is_looked_at_anew(answered: Answered) -> None:
    await answered.begin("looked-anew")
    clock = answered.new_clock()
    for _ in range(LOOKS - 1):
        await answered.film()
    await clock.look()
    await answered.step("answer")
    await answered.film()
    await clock.look()
    assert (await answered.now()).steps[-1].check is None, "five frames since the answer that counts"
    assert answered.history.read == LOOKS * FRAMES_EACH


async def test_the_end_is_seen_where_more_waits_than_fits(plant: Plant, answered: Answered) -> None:
    since_us = time.time_ns() // 1000
    await answered.film()
    async with plant.bus("alerting") as bus:
        history = BusFactHistory(bus, queue_facts=1)
        async with asyncio.timeout(LIMIT_S / 6):
            found = [fact async for fact in history.since(since_us, (HERE,))]
    assert len(found) == FRAMES_EACH
