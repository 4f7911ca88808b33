"""A gateway of its own process beside the one under test: same bus, same database, may be killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import httpx

from shared.embedded.ports import HOST, free_port
from shared.embedded.process import Process
from tests.gateway.running_gateway import Peers
from tests.readiness import is_ready

_LIMIT_S = 60.0


@dataclass(frozen=True)
class SecondGateway:
    """`url`: of its API."""

    url: str
    process: Process

    def client(self, token: str) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=20, verify=False)

    async def kill(self) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def second_gateway(peers: Peers) -> AsyncIterator[SecondGateway]:
    folder, port = Path(mkdtemp(prefix="bk-second-")), free_port()
    env = {
        "BK_NATS_URL": peers.nats.url,
        "BK_NATS_USER": "gateway",
        "BK_NATS_PASSWORD": peers.credentials.bus["gateway"],
        "BK_DATABASE_URL": peers.postgres.url("gateway"),
        "BK_SECRET_KEY": peers.credentials.secret_key,
        "BK_ADMIN_PASSWORD_FILE": str(folder / "admin-password"),
        "BK_ALLOW_LOOPBACK_CAMERAS": "true",
        "BK_WORKER_ID": "gateway-2",
        "BK_HTTP_PORT": str(port),
    }
    argv = [sys.executable, "-m", "services.gateway"]
    process = Process("gateway-2", argv, folder / "log", env=os.environ | env)
    await process.start()
    try:
        await process.until_ready(lambda: is_ready(port), _LIMIT_S)
        yield SecondGateway(f"http://{HOST}:{port}/api/v1", process)
    finally:
        await process.stop(8.0)
        rmtree(folder, ignore_errors=True)
