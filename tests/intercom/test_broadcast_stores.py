"""What is remembered of broadcasts and announcements, in a real PostgreSQL and a real NATS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from services.intercom.adapters.broadcast_writer import QUEUE_MAX, BroadcastWriter
from services.intercom.adapters.heard_store import HOUR_US, HeardStore
from services.intercom.adapters.postgres.announcements import PostgresAnnouncements, PostgresSchedules
from services.intercom.adapters.postgres.broadcasts import PostgresBroadcasts
from services.intercom.adapters.schedule_keeper import ScheduleKeeper
from shared import subjects
from shared.bus import Bus
from shared.clock import FakeClock
from shared.database import Database, DatabaseUnreachable
from shared.embedded.credentials import Credentials
from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.errors import RequestRefused
from shared.messages.announcements import AnnouncementPlay, AnnouncementStatus, ScheduleStatus
from shared.messages.broadcasts import Addressed, BroadcastState, BroadcastStatus, CameraOf, Receipt, ReceiptState
from shared.subjects import CameraRef

MIGRATIONS = Path(__file__).resolve().parents[2] / "services" / "intercom" / "migrations"
# A Monday in Shanghai.
DUE_US = round(datetime(2026, 11, 23, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1e6)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder() -> AsyncIterator[Path]:
    made = Path(mkdtemp(prefix="bk-stores-"))
    made.chmod(0o755)
    yield made
    rmtree(made, ignore_errors=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def credentials(folder: Path) -> Credentials:
    return Credentials.load_or_create(folder / "secrets.json", subjects.SERVICES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(folder: Path, credentials: Credentials) -> AsyncIterator[Database]:
    postgres = EmbeddedPostgres(folder, Ports(folder / "ports.json"), credentials.postgres, credentials.database)
    await postgres.start()
    opened = Database(postgres.url("intercom"), "intercom")
    await opened.migrate(MIGRATIONS)
    yield opened
    await opened.close()
    await postgres.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bus(folder: Path, credentials: Credentials) -> AsyncIterator[Bus]:
    nats = EmbeddedNats(folder, Ports(folder / "ports.json"), credentials.bus)
    await nats.start()
    opened = await Bus.connect(nats.url, name="intercom", user="intercom", password=credentials.bus["intercom"])
    yield opened
    await opened.close()
    await nats.stop()


pytestmark = pytest.mark.asyncio(loop_scope="module")


def status(id: str, opened_us: int, state: BroadcastState = "ended", *cameras: str) -> BroadcastStatus:
    receipts = tuple(
        Receipt(site="school", camera=camera, state="heard", attempts=1, began_us=opened_us + 7, late_ms=0.4, packets=9)
        for camera in cameras
    )
    counts: dict[ReceiptState, int] = {"heard": len(receipts)} if receipts else {}
    return BroadcastStatus(
        broadcast=id,
        talker="li",
        source="microphone",
        state=state,
        opened_us=opened_us,
        ended_us=opened_us + 9 if state == "ended" else None,
        counts=counts,
        receipts=receipts,
    )


async def test_broadcasts_are_kept_with_their_receipts_and_replaced_by_what_is_newer(database: Database) -> None:
    rows = PostgresBroadcasts(database)
    await rows.put(status("w.1", 1000, "preparing", "a"))
    await rows.put(status("w.1", 1000, "ended", "a", "b"))
    await rows.put(status("w.2", 2000, "ended", "b"))
    assert await rows.one("w.1") == status("w.1", 1000, "ended", "a", "b")
    assert await rows.one("w.3") is None
    assert [one.broadcast for one in await rows.newest(None, (), None, 10)] == ["w.2", "w.1"]
    assert [one.broadcast for one in await rows.newest("a", (), None, 10)] == ["w.1"]
    assert [one.broadcast for one in await rows.newest(None, ("school",), 2000, 10)] == ["w.1"]
    assert await rows.newest(None, ("annex",), None, 10) == []
    assert (await rows.newest(None, (), None, 1))[0].receipts == ()


class Rows:
    """A table in memory that may be away."""

    def __init__(self) -> None:
        self.is_away = True
        self.put_there: list[BroadcastStatus] = []

    async def put(self, status: BroadcastStatus) -> None:
        await asyncio.sleep(0)
        if self.is_away:
            raise DatabaseUnreachable("away")
        self.put_there.append(status)


async def test_receipts_wait_for_the_database_bounded_the_newest_of_each_broadcast() -> None:
    rows, made = Rows(), asyncio.Event()
    writer = BroadcastWriter(rows, made)
    for number in range(QUEUE_MAX + 5):
        writer.keep(status(f"w.{number}", number))
        writer.keep(status(f"w.{number}", number, "ended", "a"))
    made.set()
    with pytest.raises(DatabaseUnreachable):
        await writer.run_once()
    rows.is_away = False
    await writer.run_once()
    assert [one.broadcast for one in rows.put_there] == [f"w.{number}" for number in range(5, QUEUE_MAX + 5)]
    assert all(one.receipts for one in rows.put_there)


def announcement(id: str) -> AnnouncementStatus:
    return AnnouncementStatus(
        announcement=id,
        name="masks",
        kind="text",
        language="zh-CN",
        text="请戴好口罩。",
        voice="espeak-ng",
        duration_s=1.5,
        loudness_lufs=-16.1,
        peak_dbfs=-1.6,
        size_bytes=48_000,
        sha256="ab" * 32,
        made_by="li",
        made_us=DUE_US - 10 * HOUR_US,
    )


@asynccontextmanager
async def scheduled(database: Database, id: str) -> AsyncIterator[PostgresSchedules]:
    rows, library = PostgresSchedules(database), PostgresAnnouncements(database)
    if await library.one("ann-1") is None:
        await library.add(announcement("ann-1"))
    await rows.add(
        ScheduleStatus(
            schedule=id,
            announcement="ann-1",
            to=Addressed(cameras=(CameraOf(site="school", camera="a"),), sites=("annex",)),
            days=(1,),
            minutes=(630,),
            time_zone="Asia/Shanghai",
            priority="routine",
            made_by="li",
            made_us=DUE_US - HOUR_US,
        )
    )
    yield rows
    assert await rows.remove(id)


async def test_the_library_keeps_what_a_schedule_plays(database: Database) -> None:
    library = PostgresAnnouncements(database)
    async with scheduled(database, "sch-0") as rows:
        (found,) = await rows.all(10)
        assert (found.to.sites, found.minutes, found.last_us) == (("annex",), (630,), None)
        assert not await library.remove("ann-1", 7)
        assert await library.one("ann-1") == announcement("ann-1")
    await library.add(announcement("ann-2"))
    assert await library.count() == 2
    assert await library.remove("ann-2", 7)
    assert await library.one("ann-2") is None
    assert [one.announcement for one in await library.newest(10)] == ["ann-1"]


async def test_a_time_is_claimed_by_one_worker(database: Database) -> None:
    async with scheduled(database, "sch-1") as rows:
        claims = await asyncio.gather(*(rows.claim("sch-1", DUE_US, f"w-{number}") for number in range(12)))
        assert sorted(claims) == [False] * 11 + [True]
        assert not await rows.miss("sch-1", DUE_US, "w-1", "late"), "it is somebody's"


class Player:
    """Plays, and remembers who asked for what."""

    def __init__(self, fails: bool = False) -> None:
        self.played: list[AnnouncementPlay] = []
        self._fails = fails

    async def play(self, wanted: AnnouncementPlay) -> BroadcastStatus:
        self.played.append(wanted)
        if self._fails:
            raise RequestRefused("intercom_full", "No more broadcasts can be held now: try again.")
        return status("w.9", DUE_US)


async def look(rows: PostgresSchedules, player: Player, now_us: int, workers: int = 1) -> None:
    """So many workers look at the schedules at that moment."""
    keepers = [
        ScheduleKeeper(rows, asyncio.Event(), player.play, f"w-{number}", FakeClock(now_us), late_s=120.0)
        for number in range(workers)
    ]
    for _ in range(2):
        await asyncio.gather(*(keeper.look() for keeper in keepers))


async def test_what_is_due_is_played_once_however_many_workers_there_are(database: Database) -> None:
    async with scheduled(database, "sch-2") as rows:
        player = Player()
        await look(rows, player, DUE_US - 1_000_000, workers=3)
        assert player.played == []
        await look(rows, player, DUE_US + 1_000_000, workers=3)
        await look(rows, player, DUE_US + 90_000_000, workers=2)
        (played,) = player.played
        assert (played.announcement, played.reason, played.asked_by) == ("ann-1", "schedule sch-2", "li")
        assert played.to.sites == ("annex",)
        (found,) = await rows.all(10)
        assert (found.outcome, found.broadcast, found.last_us) == ("played", "w.9", DUE_US)


async def test_what_is_late_is_missed_and_said(database: Database) -> None:
    async with scheduled(database, "sch-3") as rows:
        player = Player()
        await look(rows, player, DUE_US + 121_000_000, workers=2)
        assert player.played == []
        (found,) = await rows.all(10)
        assert (found.outcome, found.last_us) == ("missed", DUE_US)
        assert "120 s" in found.detail


async def test_what_cannot_be_played_says_why(database: Database) -> None:
    async with scheduled(database, "sch-4") as rows:
        await look(rows, Player(fails=True), DUE_US)
        (found,) = await rows.all(10)
        assert (found.outcome, found.broadcast) == ("failed", None)
        assert "No more broadcasts" in found.detail


async def test_an_hour_has_so_many_announcements_whoever_counts(bus: Bus) -> None:
    bucket, clock = await bus.kv("announcements_heard"), FakeClock()
    first, second = HeardStore(bucket, clock, 3), HeardStore(bucket, clock, 3)
    a, b = CameraRef("school", "a"), CameraRef("school", "b")
    admitted = await asyncio.gather(*(store.admit([a, b]) for store in (first, second, first, second, first)))
    assert [sum(camera in each for each in admitted) for camera in (a, b)] == [3, 3]
    assert await second.admit([a]) == set()
    await clock.advance(3600.5)
    assert await first.admit([a]) == {a}
    assert await HeardStore(bucket, clock, 0).admit([a]) == {a}, "0: as many as are asked for"
