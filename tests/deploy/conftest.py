"""The servers of one machine, once for all tests here, with every service's own user on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
import pytest_asyncio

from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.servers import Servers
from shared.subjects import SERVICES


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A folder that other users may enter (PostgreSQL runs as another under root), unlike pytest's own."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    yield folder
    rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def servers(data: Path) -> AsyncIterator[Servers]:
    """NATS, PostgreSQL and S3, started."""
    credentials = Credentials.load_or_create(data / "secrets.json", SERVICES)
    running = Servers(data, Ports(data / "ports.json"), credentials, SERVICES)
    await running.start(lambda name, seconds: None)
    yield running
    await running.stop()
