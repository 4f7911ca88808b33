"""A service's PostgreSQL schema: engine, sessions, and migrations run at start by one process at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Select, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from shared.errors import PeerError
from shared.settings import DatabaseSettings

CONNECT_LIMIT_S = 5.0
# = how long who needs a connection waits while others hold all of the pool's; less than CONNECT_LIMIT_S, so that
# readiness says which of the two it is
POOL_LIMIT_S = 4.0
STATEMENT_LIMIT_S = 30.0
# = how soon a PostgreSQL that hangs is noticed; migrations take longer and have a limit of their own
ANSWER_LIMIT_S = 15.0
MIGRATION_LIMIT_S = 300.0
# = how long a connection may rest before it is asked whether anybody is there: a firewall forgets it without a word.
# One whose other end has closed it is known without asking.
REST_S = 10.0

# Of the socket, asyncpg and SQLAlchemy's pool; the last is no TimeoutError of Python's.
_FAILURES = (OSError, TimeoutError, DBAPIError, PoolTimeout)


class DatabaseUnreachable(PeerError):
    """PostgreSQL is away, starting up or shutting down, slower than a statement may take, every connection to it is in
    use, or it gave the transaction up for another's sake: later it goes through."""


class Database:
    """One schema of one database.

    Every connection has `search_path` set to the schema alone: a table of another service is not found by
    accident, and its role may not read it on purpose. Tables are written without a schema name.
    """

    def __init__(self, url: str, schema: str, *, pool_size: int = 5):
        self._schema = schema
        self._url = url
        self.engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_LIMIT_S,
            connect_args={
                "timeout": CONNECT_LIMIT_S,
                # A server that hangs answers nothing, not even that a statement takes too long.
                "command_timeout": ANSWER_LIMIT_S,
                "server_settings": {
                    "search_path": schema,
                    "application_name": f"bright-kitchen {schema}",
                    "statement_timeout": str(int(STATEMENT_LIMIT_S * 1000)),
                },
            },
        )
        _look_before_use(self.engine)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        each_for_itself = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._each_for_itself = async_sessionmaker(each_for_itself, expire_on_commit=False)

    @classmethod
    def from_settings(cls, settings: DatabaseSettings, schema: str) -> Database:
        return cls(settings.database_url.get_secret_value(), schema, pool_size=settings.database_pool_size)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One session in one transaction; committed at the end, rolled back on any exception.

        Raises DatabaseUnreachable where the server is away; an integrity error is the caller's to read.
        """
        async with _named_failures(self._sessions()) as session:
            yield session
            await session.commit()

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[AsyncSession]:
        """A session in which each statement is a transaction of its own: for reads, and for one write by itself.

        The server is asked once a statement; `transaction` asks it to begin and to commit besides. What was written
        stays, whatever is raised after it; locks end with their statement. Raises as `transaction` does.
        """
        async with _named_failures(self._each_for_itself()) as session:
            yield session

    async def finds(self, wanted: Select[Any]) -> bool:
        """Whether there is anything, asked once: a loop that would lock and mostly finds nothing asks this first."""
        async with self.autocommit() as session:
            return (await session.execute(wanted.limit(1))).first() is not None

    async def migrate(self, folder: Path) -> None:
        """Bring the schema to the newest revision in `folder` (alembic revision files).

        Any number of processes may start at once: a transaction-scoped advisory lock lets one work while the
        others wait and then find nothing to do. A failed migration leaves nothing behind.
        """
        try:
            async with asyncio.timeout(MIGRATION_LIMIT_S), self.engine.begin() as connection:
                await connection.execute(
                    text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"),
                    {"name": f"bright-kitchen migrations of {self._schema}"},
                )
                exists = await connection.scalar(
                    text("select 1 from pg_namespace where nspname = :name"), {"name": self._schema}
                )
                if not exists:
                    await connection.execute(text(f'create schema "{self._schema}"'))
                await connection.run_sync(_upgrade, self._schema, folder)
        except _FAILURES as error:
            raise _unreachable_or_same(error) from error

    async def why_not_ready(self) -> str | None:
        """None when a query is answered, else the reason."""
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S), self.engine.connect() as connection:
                await connection.execute(text("select 1"))
        except _FAILURES as error:
            return _pool_is_used_up(error) or f"no answer from PostgreSQL: {_first_line(error)}"
        return None

    async def close(self) -> None:
        await self.engine.dispose()


@asynccontextmanager
async def _named_failures(session: AsyncSession) -> AsyncIterator[AsyncSession]:
    try:
        yield session
    except _FAILURES as error:
        if isinstance(error, TimeoutError):
            # Who does not answer a statement does not answer a rollback either, nor a request to cancel.
            await session.invalidate()
        else:
            await session.rollback()
        raise _unreachable_or_same(error) from error
    finally:
        await session.close()


def _look_before_use(engine: AsyncEngine) -> None:
    """In place of SQLAlchemy's pre-ping, which asks three times before every use."""
    pool, dialect = engine.sync_engine.pool, engine.sync_engine.dialect

    @event.listens_for(pool, "checkin")
    def rest(connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["rests_since"] = time.monotonic()

    @event.listens_for(pool, "checkout")
    def look(connection: DBAPIConnection, entry: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
        driver = entry.driver_connection
        if driver is None or driver.is_closed():
            raise DisconnectionError("the server has closed the connection")
        rested_s = time.monotonic() - entry.info.get("rests_since", time.monotonic())
        if rested_s >= REST_S:
            try:
                dialect.do_ping(connection)
            except DBAPIError as error:
                raise DisconnectionError("nobody answers on the connection any more") from error


def _upgrade(connection: Connection, schema: str, folder: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(folder))
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    command.upgrade(config, "head")


# Classes of SQLSTATE (PostgreSQL, appendix A) that are the server's or the operator's to mend, not ours:
# connection, wrong password, no such database, given up for another's sake (a deadlock: again it goes through), out of
# disk or connections, cancelled (by STATEMENT_LIMIT_S or an operator) or shut down, system error.
_PEER_STATES = ("08", "28", "3D", "40", "53", "57", "58")


def _unreachable_or_same(error: Exception) -> Exception:
    used_up = _pool_is_used_up(error)
    if used_up is not None:
        return DatabaseUnreachable(used_up)
    is_away = isinstance(error, OSError | TimeoutError | OperationalError | InterfaceError)
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    if is_away or state.startswith(_PEER_STATES) or getattr(error, "connection_invalidated", False):
        return DatabaseUnreachable(_first_line(error))
    return error


def _pool_is_used_up(error: BaseException) -> str | None:
    if not isinstance(error, PoolTimeout):
        return None
    return (
        f"every connection of the pool was in use for {POOL_LIMIT_S:g} s: look for statements that hang, or raise"
        " BK_DATABASE_POOL_SIZE"
    )


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).partition("\n")[0] or type(error).__name__
