"""Real servers for the tests of the platform, each in a fresh folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.s3 import EmbeddedS3

SERVICES = ("gateway", "recorder")


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that other users may enter, unlike pytest's own."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    yield folder
    rmtree(folder, ignore_errors=True)


@pytest.fixture
def credentials(data: Path) -> Credentials:
    return Credentials.load_or_create(data / "secrets.json", SERVICES)


@pytest.fixture
async def postgres(data: Path, credentials: Credentials) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data, Ports(data / "ports.json"), credentials.postgres, credentials.database)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def s3(data: Path, credentials: Credentials) -> AsyncIterator[EmbeddedS3]:
    server = EmbeddedS3(data, Ports(data / "ports.json"), credentials)
    await server.start()
    yield server
    await server.stop()
