"""S3 and PostgreSQL as they fail: said in words, and afterwards everything is there once; on the real servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.adapters.s3_segments import S3Segments
from services.recorder.outage_ledger import OutageLedger
from services.recorder.recording import Recording
from services.recorder.recording_plan import Wish
from services.recorder.segment import StreamRef
from services.recorder.segmenter import StoredFragment
from shared.database import Database, DatabaseUnreachable
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST, Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.s3 import BUCKET, EmbeddedS3
from shared.objects import ObjectStore, ObjectsUnreachable
from tests.recorder.conftest import MIGRATIONS
from tests.recorder.test_recording import BEGAN_US, OF, filmed

# What MinIO and others say; the embedded server makes a missing bucket, and its disk is not ours to fill.
REFUSALS = {
    "507 Insufficient Storage": ("XMinioStorageFull", "Storage backend has reached its minimum free drive threshold."),
    "404 Not Found": ("NoSuchBucket", "The specified bucket does not exist"),
}


class Log:
    """What the bus keeps: a minute and a half in fragments of 200 ms."""

    def __init__(self) -> None:
        self.stored = [StoredFragment(number, one) for number, one in enumerate(filmed("aa", 450, BEGAN_US), 1)]

    async def after(self, of: StreamRef, media_seq: int) -> tuple[Sequence[StoredFragment], bool]:
        return [one for one in self.stored if one.media_seq > media_seq], False


class Servers:
    """PostgreSQL and S3 of one folder."""

    def __init__(self, data: Path):
        self.credentials = Credentials.load_or_create(data / "secrets.json", ("recorder",))
        ports = Ports(data / "ports.json")
        self.s3 = EmbeddedS3(data, ports, self.credentials)
        self.postgres = EmbeddedPostgres(data, ports, self.credentials.postgres, self.credentials.database)

    def objects(self, secret: str | None = None, endpoint: str | None = None) -> ObjectStore:
        key = self.credentials.s3_secret_key if secret is None else secret
        return ObjectStore(endpoint or self.s3.endpoint, self.credentials.s3_access_key, key, BUCKET)


@pytest.fixture
async def servers(data: Path) -> AsyncIterator[Servers]:
    made = Servers(data)
    await made.s3.start()
    await made.postgres.start()
    yield made
    await made.postgres.stop()
    await made.s3.stop()


@pytest.fixture
async def stored(servers: Servers) -> AsyncIterator[Database]:
    opened = Database(servers.postgres.url("recorder"), "recorder")
    await opened.migrate(MIGRATIONS)
    yield opened
    await opened.close()


def recording(objects: ObjectStore, database: Database) -> Recording:
    return Recording(
        OF, Log(), S3Segments(objects), PostgresIndex(database), lambda: BEGAN_US + 200_000_000, 20.0,
        wish=lambda captured_us: Wish.KEEP, cause_of=lambda from_us, to_us: "unknown",
    )  # fmt: skip


async def everything_is_there_once(objects: ObjectStore, database: Database) -> None:
    rows = await PostgresIndex(database).between(OF, 0, BEGAN_US * 2)
    seqs = [seq for row in rows for seq in range(row.segment.first_seq, row.segment.last_seq + 1)]
    assert seqs == list(range(450))
    assert await objects.names("media/") == sorted(row.segment.object_name for row in rows)
    data = b"".join([await objects.get(row.segment.object_name) for row in rows])
    assert data == b"".join(f"aa{seq:05d}".encode() for seq in range(450))


@asynccontextmanager
async def refusing(status: str) -> AsyncIterator[str]:
    """An S3 that refuses; it is not ours, so it is played at the socket."""
    code, message = REFUSALS[status]
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).lower().splitlines()
                sizes = [int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length")]
                await reader.readexactly(sum(sizes))
                writer.write(head + body)

    server = await asyncio.start_server(answer, HOST, 0)
    try:
        yield f"{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.parametrize(("status", "refusal"), REFUSALS.items(), ids=["full disk", "no bucket"])
async def test_an_s3_that_refuses(servers: Servers, stored: Database, status: str, refusal: tuple[str, str]) -> None:
    async with refusing(status) as endpoint:
        with pytest.raises(ObjectsUnreachable, match=refusal[1]):
            await recording(servers.objects(endpoint=endpoint), stored).advance()
    assert await PostgresIndex(stored).head(OF) is None, "nothing is acknowledged that is not there"
    right = servers.objects()
    await recording(right, stored).advance()
    await everything_is_there_once(right, stored)


async def test_a_key_that_is_wrong(servers: Servers, stored: Database) -> None:
    with pytest.raises(ObjectsUnreachable, match="S3 refuses: SignatureDoesNotMatch"):
        await recording(servers.objects(secret="not-the-secret-key"), stored).advance()
    right = servers.objects()
    await recording(right, stored).advance()
    await everything_is_there_once(right, stored)


async def test_a_database_that_goes_and_comes_back(servers: Servers, stored: Database) -> None:
    objects = servers.objects()
    going = recording(objects, stored)
    await going.advance()
    await servers.postgres.stop()
    with pytest.raises(DatabaseUnreachable):
        await recording(objects, stored).advance()
    await servers.postgres.start()
    await recording(objects, stored).advance()
    await everything_is_there_once(objects, stored)


async def test_the_outage_is_said_with_its_reason() -> None:
    ledger = OutageLedger()
    reason = "S3 refuses: NoSuchBucket: The specified bucket does not exist"
    for second in (0, 6, 12):
        ledger.failed(OF, BEGAN_US, BEGAN_US, "objects_away", reason, BEGAN_US + second * 1_000_000)
    assert [(fact.cause, fact.reason) for fact in ledger.facts] == [("objects_away", reason)]  # type: ignore[attr-defined]
