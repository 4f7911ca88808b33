"""The sweep of orphans on a real PostgreSQL and S3, and its rules in tables."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.recorder.adapters.orphan_sweep import OrphanSweep
from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.adapters.postgres.orphans import PostgresDays
from services.recorder.orphans import MOST_AT_ONCE, DayOfStream, Found, day_of, orphans
from services.recorder.retention import DAY_US
from services.recorder.segment import Gop, Segment, StreamRef
from shared.clock import FakeClock, SystemClock
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.s3 import BUCKET, EmbeddedS3
from shared.objects import ObjectStore
from shared.subjects import CameraRef

NOW = SystemClock().now_us()
WOK = StreamRef(CameraRef("school", "wok"), "main")
SINK = StreamRef(CameraRef("school", "sink"), "main")


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


def segment(of: StreamRef, seq: int, days_ago: int) -> Segment:
    starts_us = NOW - days_ago * DAY_US + seq
    gops = (Gop(0, 10, 100, 0, 1_800_000, starts_us),)
    return Segment(of, "aa", seq, seq, starts_us, starts_us + 20_000_000, 100, "avc1", gops, f"{seq:064x}")


async def record(index: PostgresIndex, objects: ObjectStore, of: StreamRef, days_ago: range) -> None:
    head = await index.head(of)
    for seq, day in enumerate(reversed(days_ago), start=1):
        kept = segment(of, seq, day)
        await objects.put(kept.object_name, b"x")
        head = await index.append(kept, seq, None, head)


async def crash(objects: ObjectStore, of: StreamRef, days_ago: range) -> list[str]:
    """Objects whose rows were never written."""
    names = [segment(of, 900 + day, day).object_name for day in days_ago]
    for name in names:
        await objects.put(name, b"x")
    return names


async def test_goes_through_the_bucket_page_by_page_and_removes_what_has_no_row(
    index: PostgresIndex, database: Database, objects: ObjectStore
) -> None:
    await record(index, objects, WOK, range(6))
    await record(index, objects, SINK, range(6))
    others = [*await crash(objects, SINK, range(2, 4)), "media/readme.txt"]
    await objects.put(others[-1], b"x")
    kept = await objects.names("media/")
    lost = await crash(objects, WOK, range(2, 5))
    later = FakeClock(NOW + 2 * DAY_US)
    ours = {WOK.camera}

    young = OrphanSweep(PostgresDays(database), objects, FakeClock(NOW + DAY_US // 2), lambda camera: True)
    assert await young.round() == 0

    sweep = OrphanSweep(PostgresDays(database), objects, later, lambda camera: camera in ours, page=4)
    assert sum([await sweep.round() for _ in range(6)]) == len(lost)
    assert await objects.names("media/") == kept
    # It began again at the front.
    ours.add(SINK.camera)
    assert sum([await sweep.round() for _ in range(6)]) == 2
    assert set(kept) - set(await objects.names("media/")) == set(others[:2])


async def test_an_index_that_lost_its_rows_costs_no_pictures(
    index: PostgresIndex, database: Database, objects: ObjectStore
) -> None:
    lost = [segment(WOK, seq, 3).object_name for seq in range(100, 101 + MOST_AT_ONCE)]
    for name in lost:
        await objects.put(name, b"x")
    await record(index, objects, WOK, range(2))
    sweep = OrphanSweep(PostgresDays(database), objects, FakeClock(NOW + 2 * DAY_US), lambda camera: True)
    assert await sweep.round() == 0
    assert set(lost) < set(await objects.names("media/"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("media/school/wok/main/1970/01/03/aa-000000001-000000002.mp4", DayOfStream("school", "wok", "main", 2)),
        ("media/school/wok/sub/1970/01/01/aa-bb-1234567890-1234567899.mp4", DayOfStream("school", "wok", "sub", 0)),
        ("media/school/wok/main/1970/02/30/aa-000000001-000000002.mp4", None),
        ("media/School/wok/main/1970/01/03/aa-000000001-000000002.mp4", None),
        ("media/school/wok/main/1970/01/03/aa-000000001.mp4", None),
        ("clips/school/wok/main/1970/01/03/aa-000000001-000000002.mp4", None),
        ("media/readme.txt", None),
    ],
)
def test_reads_names(name: str, expected: DayOfStream | None) -> None:
    assert day_of(name) == expected


def test_reads_the_names_that_segments_give() -> None:
    for days_ago in (0, 1, 400):
        kept = segment(WOK, 7, days_ago)
        assert day_of(kept.object_name) == DayOfStream("school", "wok", "main", kept.starts_us // DAY_US)


@pytest.mark.parametrize(
    ("written_days_ago", "head_day", "is_orphan"),
    [
        (0.9, 11, False),  # too young, whatever the index says
        (1.1, 11, True),
        (1.1, 10.9, False),  # the head is still in its day: a row may come
        (6.9, None, False),
        (7.1, None, True),
        (7.1, 10.9, True),
    ],
)
def test_what_is_an_orphan(written_days_ago: float, head_day: float | None, is_orphan: bool) -> None:
    now_us = 20 * DAY_US
    found = [Found("a", now_us - int(written_days_ago * DAY_US), 1), Found("named", 0, 1)]
    head_us = None if head_day is None else int(head_day * DAY_US)
    chosen = orphans(found, DayOfStream("school", "wok", "main", 10), {"named"}, head_us, now_us)
    assert [each.name for each in chosen] == (["a"] if is_orphan else [])
