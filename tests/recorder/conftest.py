"""A real PostgreSQL with the recorder's schema, in a fresh folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

import services.recorder
from services.recorder.adapters.postgres.index import PostgresIndex
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres

MIGRATIONS = Path(services.recorder.__file__).parent / "migrations"


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that other users may enter, unlike pytest's own."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    yield folder
    rmtree(folder, ignore_errors=True)


@pytest.fixture
async def database(data: Path) -> AsyncIterator[Database]:
    credentials = Credentials.load_or_create(data / "secrets.json", ("recorder",))
    server = EmbeddedPostgres(data, Ports(data / "ports.json"), credentials.postgres, credentials.database)
    await server.start()
    opened = Database(server.url("recorder"), "recorder")
    await opened.migrate(MIGRATIONS)
    yield opened
    await opened.close()
    await server.stop()


@pytest.fixture
def index(database: Database) -> PostgresIndex:
    return PostgresIndex(database)
