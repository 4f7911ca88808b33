"""A service's schema on a real PostgreSQL: migrations by one at a time, nobody else's tables, named errors."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Select, column, select, table, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from shared.database import Database, DatabaseUnreachable
from shared.embedded.ports import HOST, free_port
from shared.embedded.postgres import EmbeddedPostgres

_FIRST = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0001", None, None, None
def upgrade():
    op.execute("create table site (id text primary key)")
    op.execute("select pg_sleep(0.3)")
    op.execute("insert into site values ('once')")
"""
_SECOND = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None
def upgrade():
    op.execute("alter table site add column name text")
"""
_BROKEN = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "0003", "0002", None, None
def upgrade():
    op.execute("create table half (id text)")
    op.execute("this is not SQL")
"""


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.py").write_text(_FIRST)
    return folder


async def _rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.transaction() as session:
        return [tuple(row) for row in await session.execute(text(query))]


def _site(id: str) -> Select[tuple[str]]:
    return select(column("id")).select_from(table("site")).where(column("id") == id)


async def test_two_starters_migrate_once(postgres: EmbeddedPostgres, migrations: Path) -> None:
    starters = [Database(postgres.url("gateway"), "gateway") for _ in range(2)]
    await asyncio.gather(*(starter.migrate(migrations) for starter in starters))
    assert await _rows(starters[0], "select id from site") == [("once",)]
    assert await _rows(starters[1], "select version_num from alembic_version") == [("0001",)]
    for starter in starters:
        await starter.close()


async def test_a_later_start_adds_what_is_new_and_a_broken_one_leaves_nothing(
    postgres: EmbeddedPostgres, migrations: Path
) -> None:
    database = Database(postgres.url("gateway"), "gateway")
    await database.migrate(migrations)
    (migrations / "0002_second.py").write_text(_SECOND)
    await database.migrate(migrations)
    (migrations / "0003_broken.py").write_text(_BROKEN)
    with pytest.raises(ProgrammingError):
        await database.migrate(migrations)
    assert await _rows(database, "select version_num, to_regclass('half') from alembic_version") == [("0002", None)]
    await database.close()


async def test_a_service_finds_its_own_tables_and_nobody_elses(postgres: EmbeddedPostgres, migrations: Path) -> None:
    gateway = Database(postgres.url("gateway"), "gateway")
    recorder = Database(postgres.url("recorder"), "recorder")
    await gateway.migrate(migrations)
    for query in ("select * from site", "select * from gateway.site", "create table public.x (id text)"):
        with pytest.raises(ProgrammingError):
            await _rows(recorder, query)
    await gateway.close()
    await recorder.close()


async def test_an_integrity_error_stays_what_it_is(postgres: EmbeddedPostgres, migrations: Path) -> None:
    database = Database(postgres.url("gateway"), "gateway")
    await database.migrate(migrations)
    with pytest.raises(IntegrityError):
        await _rows(database, "insert into site values ('once') returning id")
    await database.close()


async def test_a_server_that_stops_and_comes_back(postgres: EmbeddedPostgres, migrations: Path) -> None:
    database = Database(postgres.url("gateway"), "gateway")
    await database.migrate(migrations)
    assert await database.why_not_ready() is None
    await postgres.stop()
    assert "no answer from PostgreSQL" in str(await database.why_not_ready())
    with pytest.raises(DatabaseUnreachable):
        await _rows(database, "select id from site")
    await postgres.start()
    assert await _rows(database, "select id from site") == [("once",)]
    await database.close()


async def test_a_server_that_hangs_is_given_up_and_comes_back(
    postgres: EmbeddedPostgres, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.database.ANSWER_LIMIT_S", 1.0)
    database = Database(postgres.url("recorder"), "recorder")
    await database.migrate(migrations)
    processes = _tree(postgres)
    for process in processes:
        process.suspend()
    try:
        async with asyncio.timeout(15):
            with pytest.raises(DatabaseUnreachable):
                await _rows(database, "select id from site")
    finally:
        for process in processes:
            process.resume()
    assert await _rows(database, "select id from site") == [("once",)]
    await database.close()


async def test_a_statement_that_takes_too_long_is_the_peers_failure(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's own limit is met first where we stood still ourselves; a service that restarts would not help it."""
    monkeypatch.setattr("shared.database.STATEMENT_LIMIT_S", 0.3)
    database = Database(postgres.url("gateway"), "gateway")
    with pytest.raises(DatabaseUnreachable, match="statement timeout"):
        await _rows(database, "select pg_sleep(5)")
    assert await _rows(database, "select 1") == [(1,)]
    await database.close()


def _tree(postgres: EmbeddedPostgres) -> list[psutil.Process]:
    """The server and the processes that serve its connections."""
    pid = postgres.process.pid
    assert pid is not None
    server = psutil.Process(pid)
    return [server, *server.children(recursive=True)]


async def test_a_pool_whose_connections_are_all_in_use_says_so(
    postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.database.POOL_LIMIT_S", 0.2)
    database = Database(postgres.url("gateway"), "gateway", pool_size=1)
    async with database.transaction() as session:
        await session.execute(text("select 1"))
        with pytest.raises(DatabaseUnreachable, match="BK_DATABASE_POOL_SIZE"):
            await _rows(database, "select 1")
        assert "in use" in str(await database.why_not_ready())
    assert await _rows(database, "select 1") == [(1,)]
    assert await database.why_not_ready() is None
    await database.close()


async def test_a_wrong_password_is_the_peers_refusal(postgres: EmbeddedPostgres, migrations: Path) -> None:
    url = postgres.url("gateway")
    database = Database(url.replace(url.split(":")[2].split("@")[0], "wrong"), "gateway")
    with pytest.raises(DatabaseUnreachable, match="password"):
        await database.migrate(migrations)
    await database.close()


async def test_nobody_there(migrations: Path) -> None:
    database = Database(f"postgresql+asyncpg://a:b@127.0.0.1:{free_port()}/c", "gateway")
    with pytest.raises(DatabaseUnreachable):
        await database.migrate(migrations)
    await database.close()


class Wire:
    """What goes to PostgreSQL goes through here; `asked` counts how often something was sent and an answer waited for."""

    def __init__(self, postgres: EmbeddedPostgres):
        self._address, self._port = HOST, int(postgres.url("gateway").rpartition(":")[2].partition("/")[0])
        self.port = free_port()
        self.asked = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._serve, HOST, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        assert self._server is not None
        self._server.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, postgres: EmbeddedPostgres) -> str:
        return postgres.url("gateway").replace(f":{self._port}/", f":{self.port}/")

    def cut(self) -> None:
        """Every connection ends, as when the server restarts."""
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection(self._address, self._port)
        self._writers += [writer, questions]
        for way in (self._ask(reader, questions), self._answer(answers, writer)):
            self._tasks.add(asyncio.create_task(way))

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            self.asked += 1
            writer.write(data)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)
        writer.close()


async def test_a_statement_by_itself_asks_once(postgres: EmbeddedPostgres, migrations: Path) -> None:
    async with Wire(postgres) as wire:
        database = Database(wire.url(postgres), "gateway")
        await database.migrate(migrations)

        async def read() -> object:
            async with database.autocommit() as session:
                return await session.scalar(text("select id from site"))

        assert await read() == "once"  # prepared with the first
        before = wire.asked
        assert await read() == "once"
        assert wire.asked == before + 1
        for name, is_there in (("once", True), ("never", False)):
            assert await database.finds(_site(name)) is is_there  # prepared with the first
            before = wire.asked
            assert await database.finds(_site(name)) is is_there
            assert wire.asked == before + 1
        async with database.transaction() as session:
            assert await session.scalar(text("select id from site")) == "once"
        assert wire.asked <= before + 5, "begin, perhaps prepared again, the statement, commit"
        await database.close()


async def test_each_statement_stands_by_itself(postgres: EmbeddedPostgres, migrations: Path) -> None:
    database = Database(postgres.url("gateway"), "gateway", pool_size=1)
    await database.migrate(migrations)
    with pytest.raises(IntegrityError):
        async with database.autocommit() as session:
            await session.execute(text("insert into site values ('kept')"))
            await session.execute(text("insert into site values ('kept')"))
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as session:  # on the same connection
            await session.execute(text("insert into site values ('not kept')"))
            raise ZeroDivisionError
    assert await _rows(database, "select id from site order by id") == [("kept",), ("once",)]
    await database.close()


async def test_a_connection_that_ended_while_it_rested_costs_nobody_an_error(
    postgres: EmbeddedPostgres, migrations: Path
) -> None:
    async with Wire(postgres) as wire:
        database = Database(wire.url(postgres), "gateway", pool_size=1)
        await database.migrate(migrations)
        for _ in range(3):
            assert await _rows(database, "select id from site") == [("once",)]
            wire.cut()
            await asyncio.sleep(0.05)
        await database.close()


async def test_who_rested_long_is_asked_first(
    postgres: EmbeddedPostgres, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall that forgot the connection tells neither side."""
    async with Wire(postgres) as wire:
        database = Database(wire.url(postgres), "gateway", pool_size=1)
        await database.migrate(migrations)
        asked = []
        for rest_s in (60.0, 0.0):
            monkeypatch.setattr("shared.database.REST_S", rest_s)
            before = wire.asked
            async with database.autocommit() as session:
                await session.execute(text("select 1"))
            asked.append(wire.asked - before)
        assert asked[1] > asked[0]
        await database.close()
