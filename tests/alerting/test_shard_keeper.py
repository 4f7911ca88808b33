"""Shards that are lost and taken again between two rounds of their keeper, on a real bus and a real database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert as upsert

from services.alerting.adapters.postgres.alerts import PostgresAlerts, going_on_of
from services.alerting.adapters.postgres.tables import rules
from services.alerting.adapters.shard_keeper import ShardKeeper
from services.alerting.handlers.facts import RuledShards
from services.alerting.rules.kitchen_clock import PlanClock
from services.alerting.rules.rule_store import Written
from services.alerting.wiring import _MIGRATIONS
from shared import subjects
from shared.bus import Bus
from shared.clock import SystemClock
from shared.database import Database
from shared.messages.alerting import Alert
from shared.subjects import CameraRef
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.facts import SECOND_US, camera, frame, no_mask, person
from tests.alerting.folding import never_folded

pytestmark = pytest.mark.asyncio(loop_scope="module")

HERE = CameraRef("school-1", "cook-1")
GOLDEN = Alert.decode((Path(__file__).parents[1] / "data" / "messages" / "Alert.v1.json").read_bytes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(plant: Plant) -> AsyncIterator[Database]:
    made = Database(plant.servers.database_environment("alerting")["BK_DATABASE_URL"], "alerting")
    await made.migrate(_MIGRATIONS)
    yield made
    await made.close()


@dataclass(frozen=True, slots=True)
class Kept:
    """A keeper of one shard, and the shard as it is ruled."""

    keeper: ShardKeeper
    ruled: RuledShards
    bus: Bus
    detector: Bus

    def judged(self) -> int:
        watch = self.ruled.shards.get(HERE.shard)
        return 0 if watch is None else watch.counts.judged

    async def say(self) -> None:
        await self.detector.publish_fact(frame(0, [person(mask=0.9)], start_us=time.time_ns() // 1000))

    async def heard_a_fact(self) -> None:
        """One that is said now, on the keeper's own connection."""
        heard = asyncio.Event()

        async def hear(subject: str, data: bytes, seq: int) -> None:
            heard.set()

        end = await self.bus.subscribe_facts(subjects.facts_of_shard(HERE.shard), hear)
        await self.say()
        async with asyncio.timeout(LIMIT_S):
            await heard.wait()
        await end()

    async def is_judging(self) -> bool:
        """Whether a fact that is said now is judged by whoever holds the shard now."""
        before = self.judged()
        await self.say()
        try:
            async with asyncio.timeout(LIMIT_S / 6):
                while self.judged() <= before:
                    await self.keeper.run_once()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def kept(plant: Plant, database: Database) -> AsyncIterator[Kept]:
    async with plant.bus("alerting") as bus, plant.bus("detector") as detector:
        await bus.ensure_stream("EVENTS")
        ruled = RuledShards(PlanClock(), SECOND_US // 10)
        ruled.rule_changed("no_mask", no_mask())
        ruled.camera_desired(HERE, camera(HERE.camera, HERE.site))
        store = PostgresAlerts(database, lambda: None, never_folded())
        keeper = ShardKeeper(bus, ruled, store, SystemClock())
        keeper.gained(HERE.shard)
        yield Kept(keeper, ruled, bus, detector)
        await keeper.close()


def behind() -> float | None:
    return REGISTRY.get_sample_value("bk_alerting_shards_behind")


async def test_a_shard_lost_and_taken_again_between_two_rounds_is_judged_on(plant: Plant, database: Database) -> None:
    """As when the database keeps a round waiting while the bus is started again."""
    async with kept(plant, database) as one:
        assert await one.is_judging()
        one.keeper.lost(HERE.shard)
        one.keeper.gained(HERE.shard)
        assert await one.is_judging()


async def test_a_shard_lost_and_taken_again_while_it_is_being_followed(plant: Plant, database: Database) -> None:
    async with kept(plant, database) as one:
        following = asyncio.create_task(one.keeper.run_once())
        async with asyncio.timeout(LIMIT_S):
            while HERE.shard not in one.ruled.shards:
                await asyncio.sleep(0)
        one.keeper.lost(HERE.shard)
        one.keeper.gained(HERE.shard)
        await following
        assert await one.is_judging()


async def test_a_shard_that_cannot_be_followed_is_behind(plant: Plant, database: Database) -> None:
    """Whatever the subscription of before still hears."""
    async with kept(plant, database) as one:
        assert await one.is_judging()
        assert behind() == 0
        one.keeper.lost(HERE.shard)
        one.keeper.gained(HERE.shard)
        await one.heard_a_fact()
        async with database.transaction() as session:
            await session.execute(text("lock table positions in access exclusive mode"))
            following = asyncio.create_task(one.keeper.run_once())
            async with asyncio.timeout(LIMIT_S):
                while not await session.scalar(text("select count(*) from pg_locks where not granted")):
                    await asyncio.sleep(0.01)
            following.cancel()
            await asyncio.wait({following})
            assert behind() == 1
        assert await one.is_judging()
        assert behind() == 0


MANY = 100_000
_OLD = """
    insert into alerts (alert, site, camera, shard, rule, risk, progress, is_silent, first_us, last_us, body)
    select 'many-' || n, 'school-' || n % 500, 'camera-' || n, n % 128, 'no_mask', 2, 'over', false, n, n + 1, '{}'
    from generate_series(cast(:first as bigint), cast(:last as bigint)) as n
"""


def an_incident(id: str, shard: int, last_us: int, progress: str) -> Written:
    told = {"alert": id, "rule": "no_mask", "rule_version": 1, "first_us": last_us, "last_us": last_us}
    alert = GOLDEN.model_copy(update=told | {"progress": progress, "review": None})
    return Written(shard, alert, "raised", False, 0)


async def test_a_shard_is_taken_over_without_reading_every_alert(database: Database) -> None:
    """128 of them are to be judged within 6 s after a death, however many alerts there are."""
    store, shard, since_us = PostgresAlerts(database, lambda: None, never_folded()), 7, MANY + 1000
    put = upsert(rules).values(rule="no_mask", version=1, body=no_mask().model_dump(mode="json"))
    async with database.transaction() as session:
        await session.execute(put.values(changed_by="seed", changed_us=0).on_conflict_do_nothing())
    # Each statement has its time limit.
    for first in range(0, MANY, MANY // 20):
        async with database.transaction() as session:
            await session.execute(text(_OLD), {"first": first, "last": first + MANY // 20 - 1})
    async with database.transaction() as session:
        await session.execute(text("analyze alerts"))
    await store.write(
        [
            an_incident("lasts", shard, 5, "going_on"),
            an_incident("recent", shard, since_us, "over"),
            an_incident("both", shard, since_us + 1, "going_on"),
            an_incident("another's", shard + 1, since_us, "over"),
            an_incident("over", shard, since_us - 1, "over"),
        ],
        {},
        0,
    )
    found = [alert.alert for alert, rule in await store.going_on(shard, since_us)]
    assert found == ["lasts", "recent", "both"]
    asked = going_on_of(shard, since_us).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    async with database.transaction() as session:
        plan = "\n".join(await session.scalars(text(f"explain {asked}".replace(":", "\\:"))))
    assert "Seq Scan on alerts" not in plan, plan
