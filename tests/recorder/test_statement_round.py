"""Daily statements on a real PostgreSQL, S3 and NATS: stated once what was filmed is stored, and locked in the end."""

from __future__ import annotations

import json
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.recorder.adapters.bus_media_log import LOOK_BYTES, BusMediaLog
from services.recorder.adapters.postgres.evidence import PostgresEvidence
from services.recorder.adapters.postgres.evidence_jobs import PostgresCoverage
from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.adapters.s3_case_source import S3CaseSource
from services.recorder.adapters.s3_segments import S3Segments
from services.recorder.adapters.s3_vault import S3Vault
from services.recorder.adapters.statement_round import GRACE_US, SETTLE_US, StatementRound
from services.recorder.backlog import Backlog
from services.recorder.coverage import Window
from services.recorder.evidence.case_report import HtmlReport
from services.recorder.evidence.evidence_desk import EvidenceDesk
from services.recorder.evidence.signature import canonical
from services.recorder.index import Head
from services.recorder.recording import Recording
from services.recorder.recording_plan import Wish
from services.recorder.segment import StreamRef
from services.recorder.segmenter import StoredFragment
from shared import subjects
from shared.bus import Bus
from shared.bus.streams import MEDIA
from shared.clock import FakeClock
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports, free_port
from shared.embedded.s3 import BUCKET, EmbeddedS3
from shared.errors import PeerError
from shared.messages.cameras import DesiredCamera, DesiredStream
from shared.objects import ObjectStore
from shared.subjects import CameraRef
from tests.bus.fragments import fragment
from tests.bus.nats_server import PASSWORDS, NatsServer
from tests.recorder.evidence_cases import KEY

DAY = "2026-11-23"
MIDNIGHT_US = int(datetime(2026, 11, 23, 16, tzinfo=UTC).timestamp() * 1e6)  # where it ends in Shanghai
TEN_US = MIDNIGHT_US - 14 * 3600 * 1_000_000
COOK = CameraRef("school", "cook-1")
OF = StreamRef(COOK, "main")
DESIRED = DesiredCamera(site="school", camera="cook-1", name="n", main=DesiredStream(url="rtsp://10.0.0.7/1"))
EACH_US = 200_000  # of a fragment


class Plant:
    """A recorder's parts on what really keeps them."""

    def __init__(self, database: Database, bus: Bus, ingest: Bus, s3: EmbeddedS3, credentials: Credentials):
        self.clock = FakeClock(MIDNIGHT_US + SETTLE_US + 1)
        self.index, self.coverage = PostgresIndex(database), PostgresCoverage(database)
        self.media = BusMediaLog(bus)
        self._bus, self._ingest = bus, ingest
        self._keys = (credentials.s3_access_key, credentials.s3_secret_key)
        self.objects = ObjectStore(s3.endpoint, *self._keys, BUCKET)
        self.evidence = ObjectStore(s3.endpoint, *self._keys, f"{BUCKET}-evidence")
        self._desk = EvidenceDesk(
            PostgresEvidence(database), S3Vault(self.evidence), S3CaseSource(self.objects), KEY, HtmlReport(), b"",
            self.clock.now_us, 400 * 86_400 * 1_000_000,
        )  # fmt: skip
        self._statements = PostgresEvidence(database)
        self.recording = Recording(
            OF, self.media, S3Segments(self.objects), self.index, self.clock.now_us, 20.0,
            lambda captured_us: Wish.KEEP, lambda from_us, to_us: "unknown",
        )  # fmt: skip

    async def filmed(self, first: int, count: int) -> None:
        """Fragments of 200 ms from ten o'clock on reach the bus."""
        publisher = await self._ingest.media_publisher(lambda *lost: pytest.fail(str(lost)), 10_000_000)
        for seq in range(first, first + count):
            publisher.publish(subjects.media(COOK, "main"), fragment(seq, captured_us=TEN_US + seq * EACH_US))
        while not publisher.is_settled:
            await self._bus.media_state()

    def statements(self, vault: ObjectStore) -> StatementRound:
        return StatementRound(
            self._desk, self._statements, self.coverage, self.index, Backlog(BusMediaLog(self._bus, LOOK_BYTES)),
            S3Vault(vault), KEY, self.clock, lambda: [DESIRED], lambda site: True, 400 * 86_400 * 1_000_000,
        )  # fmt: skip

    async def stated(self) -> list[dict[str, Any]]:
        return [dict(each["statement"]) for each in await self.coverage.between("school", "2026-11-01", "2026-12-01")]

    def away(self) -> ObjectStore:
        """A store that does not answer."""
        return ObjectStore(f"127.0.0.1:{free_port()}", *self._keys, f"{BUCKET}-evidence")


@pytest.fixture
async def plant(database: Database, data: Path, tmp_path: Path) -> AsyncIterator[Plant]:
    credentials = Credentials.load_or_create(data / "secrets.json", ("recorder",))
    s3, nats = EmbeddedS3(data, Ports(data / "ports.json"), credentials), NatsServer(tmp_path)
    nats.start()
    await s3.start()
    bus, ingest = [
        await Bus.connect(nats.url, name=f"test {user}", user=user, password=PASSWORDS[user])
        for user in ("recorder", "ingest")
    ]
    await ingest.ensure_stream(MEDIA)
    made = Plant(database, bus, ingest, s3, credentials)
    await made.objects.ensure_bucket()
    await made.evidence.ensure_bucket(can_lock=True)
    yield made
    for each in (bus, ingest):
        await each.close()
    made.objects.close()
    made.evidence.close()
    await s3.stop()
    nats.stop(signal.SIGKILL)


async def test_a_day_is_stated_when_what_waits_on_the_bus_is_stored(plant: Plant) -> None:
    rounds = plant.statements(plant.evidence)
    await plant.filmed(0, 25)
    await plant.recording.advance()
    await plant.filmed(25, 25)  # S3 was away over midnight: the bus alone has it
    await rounds.round()
    assert await plant.stated() == [], "a hole that will close is not stated"
    await plant.recording.advance()
    await rounds.round()
    (statement,) = await plant.stated()
    (camera,) = statement["cameras"]
    assert (statement["day"], camera["recorded_us"], camera["is_settled"]) == (DAY, 50 * EACH_US, True)


async def test_a_day_is_not_waited_for_longer_than_another_day_and_says_so(plant: Plant) -> None:
    rounds = plant.statements(plant.evidence)
    await plant.filmed(0, 25)
    await plant.recording.advance()
    await plant.filmed(25, 25)
    await plant.clock.advance((GRACE_US - SETTLE_US) / 1e6 - 1)
    await rounds.round()
    assert await plant.stated() == []
    await plant.clock.advance(1)
    await rounds.round()
    (statement,) = await plant.stated()
    (camera,) = statement["cameras"]
    assert (statement["day"], camera["recorded_us"], camera["is_settled"]) == (DAY, 25 * EACH_US, False)


async def test_a_statement_that_could_not_be_locked_is_locked_later(plant: Plant) -> None:
    await plant.filmed(0, 25)
    await plant.recording.advance()
    dead = plant.statements(plant.away())
    with pytest.raises(PeerError):
        await dead.round()
    (stated,) = await plant.coverage.between("school", DAY, DAY)
    assert await plant.evidence.names("coverage/") == []
    await plant.statements(plant.evidence).round()
    name = f"coverage/school/{DAY}.json"
    assert await plant.evidence.get(name) == canonical(stated)
    assert json.loads(canonical(stated))["statement"]["cameras"][0]["recorded_us"] == 25 * EACH_US
    assert await plant.evidence.locked_until(name) is not None
    assert await plant.coverage.sites_not_kept() == []


class Log:
    """What the bus keeps, in memory; two fragments a batch."""

    def __init__(self, *stored: tuple[int, int]):
        """Args: stored: (seq, captured_us) each."""
        self._stored = [
            StoredFragment(place + 1, fragment(seq, captured_us=captured_us))
            for place, (seq, captured_us) in enumerate(stored)
        ]
        self.read = 0

    async def after(
        self, of: StreamRef, media_seq: int, since_us: int | None = None
    ) -> tuple[Sequence[StoredFragment], bool]:
        found = [
            one
            for one in self._stored
            if (one.media_seq > media_seq if since_us is None else one.fragment.header.captured_us >= since_us)
        ]
        self.read += len(found[:2])
        return found[:2], len(found) > 2


RUN = "00000000000000aa"
MEALS = [Window(100, 200), Window(300, 400)]


@pytest.mark.parametrize(
    ("stored", "head", "holds"),
    [
        ((), None, False),
        (((0, 150),), None, True),
        (((0, 50), (1, 250), (2, 450)), None, False),  # nothing of it was wanted
        (((0, 50), (1, 60), (2, 150)), None, True),
        (((0, 150), (1, 160)), Head(RUN, 1, 180, 2, 1, ""), False),  # all of it is stored
        (((0, 150), (1, 160)), Head(RUN, 0, 160, 1, 1, ""), True),
        (((0, 150), (1, 160), (1, 160), (0, 150)), Head(RUN, 1, 180, 2, 1, ""), False),  # sent again
        (((0, 150), (1, 190), (2, 210), (3, 250), (4, 290)), Head(RUN, 1, 199, 2, 1, ""), False),  # not wanted
        (((0, 150), (1, 210), (2, 220), (3, 350)), Head(RUN, 0, 205, 1, 1, ""), True),  # the second meal
        (((0, 150), (1, 350), (2, 410)), Head(RUN, 1, 399, 2, 1, ""), False),  # what follows is another day's
        (((0, 350),), Head("another", 7, 90, 0, 1, ""), True),
    ],
)
async def test_what_waits_of_the_times_that_are_wanted(
    stored: tuple[tuple[int, int], ...], head: Head | None, holds: bool
) -> None:
    assert await Backlog(Log(*stored)).holds(OF, head, MEALS) is holds


async def test_hours_of_what_nobody_wants_are_not_read() -> None:
    log = Log(*((seq, 201 + seq // 20) for seq in range(1000)), (1000, 350))
    assert await Backlog(log).holds(OF, Head("another", 7, 201, 0, 1, ""), MEALS) is True
    assert log.read < 5
