"""The servers of one machine, once for a file of tests, and alerting on them as a process."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import httpx
import pytest_asyncio

from shared.bus import Bus
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST, Ports, free_port
from shared.embedded.process import Process
from shared.embedded.servers import Servers
from shared.subjects import SERVICES

LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Plant:
    """Where alerting runs."""

    servers: Servers
    data: Path

    @asynccontextmanager
    async def bus(self, user: str) -> AsyncIterator[Bus]:
        """A connection as that service's user."""
        told = self.servers.bus_environment(user)
        bus = await Bus.connect(
            told["BK_NATS_URL"], name=f"test {user}", user=told["BK_NATS_USER"], password=told["BK_NATS_PASSWORD"]
        )
        yield bus
        await bus.close()

    async def worker(self, name: str = "alerting-1", **env: str) -> Process:
        """Started and ready."""
        port = free_port()
        told = {"PATH": os.environ["PATH"], "BK_HTTP_PORT": str(port), "BK_WORKER_ID": name}
        told |= {key: os.environ[key] for key in ("PYTHONPATH",) if key in os.environ}
        servers = self.servers
        told |= servers.bus_environment("alerting") | servers.database_environment("alerting")
        told |= servers.object_environment() | servers.sealing_environment() | env
        process = Process(name, [sys.executable, "-m", "services.alerting"], self.data / f"{name}.log", env=told)
        await process.start()

        async def is_ready() -> bool:
            try:
                async with httpx.AsyncClient(trust_env=False) as http:
                    return (await http.get(f"http://{HOST}:{port}/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        await process.until_ready(is_ready, LIMIT_S)
        return process


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def plant() -> AsyncIterator[Plant]:
    data = Path(mkdtemp(prefix="bk-"))
    data.chmod(0o755)
    credentials = Credentials.load_or_create(data / "secrets.json", SERVICES)
    running = Servers(data, Ports(data / "ports.json"), credentials, SERVICES)
    await running.start(lambda name, seconds: None)
    yield Plant(running, data)
    await running.stop()
    rmtree(data, ignore_errors=True)
