"""Retention on a real PostgreSQL and S3: what goes, what is held, and what a dead worker left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.adapters.postgres.retention import PostgresRetention
from services.recorder.adapters.postgres.storage_reports import PostgresStorageReports
from services.recorder.adapters.retention_keeper import RetentionKeeper
from services.recorder.holds import Hold
from services.recorder.retention import DAY_US, Kept, expiry_us, over_budget
from services.recorder.segment import FIRST_LINK, Gap, Gop, Segment, StreamRef, link_of
from services.recorder.storage_desk import StorageDesk
from shared.clock import SystemClock
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.s3 import BUCKET, EmbeddedS3
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera, DesiredStream, RecordingPolicy
from shared.messages.retention import RetentionTrialOf, StorageOf
from shared.objects import ObjectStore
from shared.subjects import CameraRef

NOW = SystemClock().now_us()
WOK = StreamRef(CameraRef("school", "wok"), "main")
SINK = StreamRef(CameraRef("school", "sink"), "main")
SIZE = 1000
PARTITIONS = (
    "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
    " where i.inhparent = 'segments'::regclass order by 1"
)


def starts(day: int) -> int:
    """When the segment of so many days ago began, UTC microseconds."""
    return NOW - day * DAY_US - 60_000_000


@pytest.fixture
async def objects(data: Path) -> AsyncIterator[ObjectStore]:
    credentials = Credentials.load_or_create(data / "secrets.json", ("recorder",))
    server = EmbeddedS3(data, Ports(data / "ports.json"), credentials)
    await server.start()
    store = ObjectStore(server.endpoint, credentials.s3_access_key, credentials.s3_secret_key, BUCKET)
    await store.ensure_bucket()
    yield store
    store.close()
    await server.stop()


class Plant:
    """A recorder's database and bucket with some days in them."""

    def __init__(self, database: Database, objects: ObjectStore):
        self.database = database
        self.index = PostgresIndex(database)
        self.store = PostgresRetention(database)
        self.objects = objects
        self.facts: list[Fact] = []
        self.days: dict[CameraRef, int] = {}
        self.budget: int | None = None

    async def fill(self, of: StreamRef, days: range, holes: Mapping[int, str] | None = None) -> None:
        """One segment of 20 s for each day before now, oldest first; before some is a hole, with its cause."""
        head = await self.index.head(of)
        for day in reversed(days):
            starts_us = starts(day)
            segment = Segment(
                of, "aa", day_seq := 1000 - day, day_seq, starts_us, starts_us + 20_000_000, SIZE, "avc1",
                (Gop(0, 10, SIZE, 0, 1_800_000, starts_us),), f"{day:064x}",
            )  # fmt: skip
            await self.objects.put(segment.object_name, bytes(SIZE))
            cause = (holes or {}).get(day)
            gap = None if cause is None else Gap(starts(day + 1) + 20_000_000, starts_us, cause)
            head = await self.index.append(segment, 1000 - day, gap, head)

    def keeper(self) -> RetentionKeeper:
        return RetentionKeeper(
            self.store, self.objects, SystemClock(), lambda camera: True, self._desired, self.facts.append
        )

    def _desired(self, camera: CameraRef) -> DesiredCamera | None:
        if camera not in self.days:
            return None
        policy = RecordingPolicy(retention_days=self.days[camera])
        return DesiredCamera(
            site=camera.site, camera=camera.camera, name="", main=DesiredStream(url="rtsp://h/a"), recording=policy,
            site_budget_bytes=self.budget,
        )  # fmt: skip

    async def held_days(self, of: StreamRef) -> list[int]:
        """How old what is in the index is; the objects must say the same."""
        rows = await self.index.between(of, 0, NOW + DAY_US)
        names = await self.objects.names(f"media/{of.camera}/")
        assert names == sorted(row.segment.object_name for row in rows)
        return [(NOW - row.segment.starts_us) // DAY_US for row in rows]


@pytest.fixture
async def plant(database: Database, objects: ObjectStore) -> Plant:
    return Plant(database, objects)


def hold(id: str, from_day: int, to_day: int, until_us: int | None = None) -> Hold:
    return Hold(
        id, "school", "wok", None, NOW - from_day * DAY_US, NOW - to_day * DAY_US, "case", "case", "li", NOW, until_us
    )


async def test_days_of_each_camera_and_the_default_where_it_is_not_registered(plant: Plant) -> None:
    plant.days[WOK.camera] = 10
    await plant.fill(WOK, range(40))
    await plant.fill(SINK, range(40))
    await plant.keeper().round()
    assert await plant.held_days(WOK) == list(range(9, -1, -1))
    assert await plant.held_days(SINK) == list(range(29, -1, -1))
    told = {type(fact).__name__: fact for fact in plant.facts}
    assert set(told) == {"RecordingDeleted"}
    assert sorted((fact.camera, fact.segments, fact.cause) for fact in plant.facts) == [  # type: ignore[attr-defined]
        ("sink", 10, "expired"),
        ("wok", 30, "expired"),
    ]
    stored = {item.camera: item for item in await plant.store.stored("school")}
    assert (stored["wok"].segments, stored["wok"].size_bytes) == (10, 10 * SIZE)
    assert stored["wok"].oldest_us == NOW - 9 * DAY_US - 60_000_000


async def test_what_is_held_stays_until_it_is_lifted_or_runs_out(plant: Plant) -> None:
    await plant.fill(WOK, range(50))
    await plant.store.place(hold("case-1", 46, 44))
    await plant.store.place(hold("case-2", 40, 39, until_us=NOW - 1))
    await plant.keeper().round()
    assert await plant.held_days(WOK) == [45, 44, *range(29, -1, -1)]
    lifted = await plant.store.lift("case-1", "li", NOW)
    assert lifted is not None
    assert lifted.lifted_us == NOW
    await plant.keeper().round()
    assert await plant.held_days(WOK) == list(range(29, -1, -1))


async def test_a_site_over_its_budget_gives_its_oldest_and_never_the_last_week(plant: Plant) -> None:
    plant.days = {WOK.camera: 30, SINK.camera: 30}
    plant.budget = 30 * SIZE
    await plant.fill(WOK, range(20))
    await plant.fill(SINK, range(25))
    await plant.keeper().round()
    assert len(await plant.held_days(WOK)) + len(await plant.held_days(SINK)) == 30
    assert max(await plant.held_days(SINK)) - max(await plant.held_days(WOK)) in (0, 1)
    plant.budget = SIZE
    await plant.keeper().round()
    assert await plant.held_days(WOK) == await plant.held_days(SINK) == list(range(6, -1, -1))


@pytest.mark.parametrize("dies", ["before the objects", "after the objects"])
async def test_a_deletion_that_a_dead_worker_left_is_ended_by_the_next(plant: Plant, dies: str) -> None:
    await plant.fill(WOK, range(40))
    planned = await plant.store.plan(WOK, expiry_us(NOW, 30), "expired", NOW, 4)
    assert planned is not None
    if dies == "after the objects":
        names = await plant.objects.names(f"media/{WOK.camera}/")
        await plant.objects.remove_many(names[:4])
    await plant.keeper().round()
    assert await plant.held_days(WOK) == list(range(29, -1, -1))
    assert await plant.store.unfinished(WOK) == []
    assert sum(fact.segments for fact in plant.facts) == 10  # type: ignore[attr-defined]


async def test_a_hold_that_is_placed_after_the_plan_and_before_the_deletion_wins(plant: Plant) -> None:
    await plant.fill(WOK, range(40))
    planned = await plant.store.plan(WOK, expiry_us(NOW, 30), "expired", NOW, 50)
    assert planned is not None
    assert len(planned.numbers) == 10
    await plant.store.place(hold("case-1", 40, 35))
    done = await plant.store.carry_out(planned, plant.objects.remove_many, plant.objects.has, NOW)
    assert len(done.numbers) == 5
    assert await plant.held_days(WOK) == [*range(39, 34, -1), *range(29, -1, -1)]


async def test_a_hold_waits_while_its_camera_is_being_deleted_from(plant: Plant) -> None:
    await plant.fill(WOK, range(40))
    planned = await plant.store.plan(WOK, expiry_us(NOW, 30), "expired", NOW, 50)
    assert planned is not None
    began, go_on = asyncio.Event(), asyncio.Event()

    async def remove(names: Sequence[str]) -> None:
        began.set()
        await go_on.wait()
        await plant.objects.remove_many(names)

    deleting = asyncio.create_task(plant.store.carry_out(planned, remove, plant.objects.has, NOW))
    await began.wait()
    placing = asyncio.create_task(plant.store.place(hold("case-1", 40, 35)))
    await asyncio.wait({placing}, timeout=0.3)
    assert not placing.done()
    go_on.set()
    await deleting
    await placing
    assert await plant.held_days(WOK) == list(range(29, -1, -1))


@pytest.mark.parametrize("gone", [0, 2])
async def test_a_hold_wins_over_what_a_dead_worker_planned_as_long_as_the_object_is_there(
    plant: Plant, gone: int
) -> None:
    await plant.fill(WOK, range(40))
    await plant.store.plan(WOK, expiry_us(NOW, 30), "expired", NOW, 50)
    names = await plant.objects.names(f"media/{WOK.camera}/")
    await plant.objects.remove_many(names[:gone])
    await plant.store.place(hold("case-1", 41, 35))
    await plant.keeper().round()
    assert await plant.held_days(WOK) == [*range(39 - gone, 34, -1), *range(29, -1, -1)]
    assert await plant.store.unfinished(WOK) == []


async def test_the_chain_is_proved_across_what_was_deleted(plant: Plant) -> None:
    await plant.fill(WOK, range(40))
    before = await plant.index.between(WOK, 0, NOW + DAY_US)
    await plant.store.place(hold("case-1", 37, 35))
    await plant.keeper().round()
    kept = await plant.index.between(WOK, 0, NOW + DAY_US)
    deleted = await plant.store.deleted(WOK, 1, 40)
    assert len(kept) == 32
    chain = sorted([*kept, *deleted], key=lambda each: each.number)
    assert [each.number for each in chain] == list(range(1, 41))
    link = FIRST_LINK
    for recorded, original in zip(chain, before, strict=True):
        link = link_of(recorded.segment, recorded.number, link, recorded.gap)
        assert recorded.link == original.link == link
    assert [each.number for each in await plant.store.deleted(WOK, 3, 6)] == [3, 6]


async def test_empty_days_are_dropped_and_made_again_where_they_are_needed(plant: Plant, database: Database) -> None:
    await plant.fill(WOK, range(34))
    await plant.store.place(hold("case-1", 32, 31))
    await plant.keeper().round()
    held = await plant.held_days(WOK)
    assert held == [31, *range(29, -1, -1)]
    async with database.transaction() as session:
        days = list((await session.scalars(text(PARTITIONS))).all())
    assert days == [f"segments_{datetime.fromtimestamp(starts(day) / 1e6, UTC):%Y%m%d}" for day in held]
    assert await plant.store.drop_empty_days(NOW) == []
    await Plant(database, plant.objects).fill(SINK, range(33, 34))
    assert await plant.held_days(SINK) == [33]


async def test_an_empty_day_waits_for_who_reads(plant: Plant, database: Database) -> None:
    await plant.fill(WOK, range(33, 34))
    planned = await plant.store.plan(WOK, NOW, "expired", NOW, 5)
    assert planned is not None
    await plant.store.carry_out(planned, plant.objects.remove_many, plant.objects.has, NOW)
    async with database.transaction() as session:
        await session.execute(text("select count(*) from segments"))
        assert await plant.store.drop_empty_days(NOW) == []
    assert len(await plant.store.drop_empty_days(NOW)) == 1


def test_fewer_days_than_the_law_wants_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 7 days"):
        expiry_us(NOW, 6)


def test_a_budget_takes_the_oldest_first() -> None:
    def kept(day: int) -> Kept:
        return Kept(WOK, day, NOW - day * DAY_US, NOW - day * DAY_US, SIZE, "")

    oldest = [kept(9), kept(20), kept(8), kept(6)]
    assert [each.number for each in over_budget(oldest, 2 * SIZE, NOW)] == [20, 9]
    assert [each.number for each in over_budget(oldest, 9 * SIZE, NOW)] == [20, 9, 8]
    assert over_budget(oldest, 0, NOW) == []


def asked(plant: Plant) -> StorageDesk:
    return StorageDesk(plant.store, PostgresStorageReports(plant.database), plant.keeper().days, lambda: NOW)


async def test_a_trial_counts_what_fewer_days_would_delete_and_deletes_nothing(plant: Plant) -> None:
    await plant.fill(WOK, range(30))
    await plant.fill(SINK, range(5))
    await plant.store.place(hold("case-1", 26, 24))
    await plant.store.place(hold("case-2", 16, 14, until_us=NOW - 1))
    desk = asked(plant)
    wanted = RetentionTrialOf(cameras=("wok", "sink", "nobody"), retention_days=10)
    tried = await desk.trial(wanted.encode())
    assert tried.before_us == NOW - 10 * DAY_US
    (of_wok,) = tried.items  # nothing of the others is as old
    assert (of_wok.segments, of_wok.size_bytes) == (18, 18 * SIZE)
    assert (of_wok.held_segments, of_wok.held_bytes) == (2, 2 * SIZE)
    assert (of_wok.from_us, of_wok.to_us) == (starts(29), starts(10) + 20_000_000)
    assert len(await plant.held_days(WOK)) == 30
    plant.days[WOK.camera] = 10
    await plant.keeper().round()
    assert await plant.held_days(WOK) == [25, 24, *range(9, -1, -1)], "as the trial said"


async def test_storage_tells_holes_holds_and_what_a_budget_took(plant: Plant) -> None:
    plant.days = {WOK.camera: 30}
    await plant.fill(WOK, range(20), {15: "worker_lost", 12: "not_wanted", 5: "missing_on_bus", 19: "unknown"})
    await plant.fill(SINK, range(25))
    await plant.store.place(hold("case-1", 4, 3))
    sink, kept = (await asked(plant).storage(StorageOf(site="school").encode())).items
    assert (sink.gaps, sink.gaps_us, sink.holds) == (0, 0, 0)
    assert (kept.retention_days, kept.segments, kept.holds, kept.cut_us) == (30, 20, 1, None)
    assert kept.gaps == 2, "a hole that was planned is none, nor is what was before the oldest"
    assert kept.gaps_us == 2 * (DAY_US - 20_000_000)
    plant.budget = 30 * SIZE
    await plant.keeper().round()
    sink, kept = (await asked(plant).storage(StorageOf().encode())).items
    assert sink.segments + kept.segments == 30
    assert sink.cut_us is not None
    assert kept.cut_us is not None
    assert (await asked(plant).storage(StorageOf(site="other").encode())).items == ()
