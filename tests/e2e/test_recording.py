"""What was filmed is in S3 and in the index, each fragment once, whatever died meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
import io
import itertools
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import av
import pytest

from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.segment import FIRST_LINK, Recorded, StreamRef, link_of
from shared import subjects
from shared.bus import Bus
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST
from shared.embedded.postgres import DATABASE
from shared.embedded.s3 import BUCKET
from shared.objects import ObjectStore
from shared.subjects import SERVICES, CameraRef
from tests.e2e.live_client import Api
from tests.stack import Stack

SEGMENT_S = 4
OF = StreamRef(CameraRef("school", "recorded"), "main")


@pytest.fixture
def stack() -> Iterator[Stack]:
    """One demo camera, recorded in segments of 4 s."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    env = {"BK_SEGMENT_S": str(SEGMENT_S)}
    running = Stack(folder / "data", demo=1, env=env)
    running.start()
    api = Api(running.url, running.admin_password)
    api.site("school")
    api.add(OF.camera.camera, running.demo_url(1), username="demo", password=running.demo_password)
    api.close()
    yield running
    running.stop()
    rmtree(folder, ignore_errors=True)


class Records:
    """The index and the objects of an installation, read past the recorder."""

    def __init__(self, stack: Stack):
        ports = json.loads((stack.data / "ports.json").read_text())
        secrets = Credentials.load_or_create(stack.data / "secrets.json", SERVICES)
        url = f"postgresql+asyncpg://recorder:{secrets.database['recorder']}@{HOST}:{ports['postgres']}/{DATABASE}"
        self._database = Database(url, "recorder")
        self._objects = ObjectStore(f"{HOST}:{ports['s3']}", secrets.s3_access_key, secrets.s3_secret_key, BUCKET)
        self._nats_url = f"nats://{HOST}:{ports['nats']}"
        self._password = secrets.bus["gateway"]

    async def rows(self) -> Sequence[Recorded]:
        return await PostgresIndex(self._database).between(OF, 0, time.time_ns() // 1000 + 10**9)

    async def names(self) -> list[str]:
        return await self._objects.names("media/school/recorded/")

    async def bytes_of(self, row: Recorded) -> bytes:
        return await self._objects.get(row.segment.object_name)

    async def until(self, is_enough: Callable[[Sequence[Recorded]], bool], limit_s: float) -> Sequence[Recorded]:
        began = time.monotonic()
        while not is_enough(rows := await self.rows()):
            assert time.monotonic() - began < limit_s, f"after {limit_s} s there are {len(rows)} segments"
            await asyncio.sleep(0.5)
        return rows

    @asynccontextmanager
    async def heard(self) -> AsyncIterator[list[str]]:
        """Names of the recorder's facts as they are said."""
        bus = await Bus.connect(self._nats_url, name="test", user="gateway", password=self._password)
        names: list[str] = []

        async def hear(subject: str, data: bytes, seq: int) -> None:
            names.append(subject.rsplit(".", 1)[-1])

        end: Callable[[], Awaitable[None]] = await bus.subscribe_facts(subjects.facts("recorder"), hear)
        yield names
        await end()
        await bus.close()

    async def close(self) -> None:
        await self._database.close()
        self._objects.close()


async def whole(records: Records) -> list[bytes]:
    """Everything recorded, after looking at each row, link, digest and number."""
    rows = await records.rows()
    link = FIRST_LINK
    found = []
    for number, row in enumerate(rows, 1):
        link = link_of(row.segment, number, link, row.gap)
        assert (row.number, row.link) == (number, link)
        data = await records.bytes_of(row)
        assert hashlib.sha256(data).hexdigest() == row.segment.sha256
        assert len(data) == row.segment.size_bytes
        found.append(data)
    for before, after in itertools.pairwise(rows):
        assert after.segment.run == before.segment.run
        assert after.segment.first_seq == before.segment.last_seq + 1, "nothing is missing and nothing is there twice"
        assert after.gap is None
    assert await records.names() == sorted(row.segment.object_name for row in rows), "no object without a row"
    return found


def pictures(data: bytes) -> int:
    with av.open(io.BytesIO(data)) as file:
        return sum(1 for packet in file.demux(video=0) if packet.size)


async def test_a_killed_recorder_loses_nothing_and_doubles_nothing(stack: Stack) -> None:
    records = Records(stack)
    await records.until(lambda rows: len(rows) >= 3, 60)
    for _ in range(3):
        victim = stack.pid_of("recorder")
        os.kill(victim, signal.SIGKILL)
        there = len(await records.rows())
        await records.until(lambda rows, there=there: len(rows) >= there + 2, 60)  # type: ignore[misc]
        assert stack.pid_of("recorder") != victim
    segments = await whole(records)
    rows = await records.rows()
    seconds = (rows[-1].segment.ends_us - rows[0].segment.starts_us) / 1e6
    assert sum(pictures(data) for data in segments) == pytest.approx(seconds * 25, abs=26)
    await records.close()


async def test_an_outage_of_s3_is_said_and_made_up_for(stack: Stack) -> None:
    records = Records(stack)
    await records.until(lambda rows: len(rows) >= 2, 60)
    store = stack.pid_of("weed")
    async with records.heard() as heard:
        os.kill(store, signal.SIGSTOP)
        try:
            began = time.monotonic()
            while "recording_stale" not in heard:
                assert time.monotonic() - began < 30, "stale, and nobody said so"
                await asyncio.sleep(0.2)
            await asyncio.sleep(10)
        finally:
            os.kill(store, signal.SIGCONT)
        there = time.time_ns() // 1000
        await records.until(lambda rows: rows[-1].segment.ends_us > there, 60)
        began = time.monotonic()
        while "recording_resumed" not in heard:
            assert time.monotonic() - began < 10
            await asyncio.sleep(0.2)
    await whole(records)
    await records.close()
