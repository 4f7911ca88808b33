"""Bus, database, ingest and a gateway as processes, and nothing else, for benches of the gateway."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import httpx

from shared.bus import Bus
from shared.embedded.credentials import Credentials
from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import HOST, Ports, free_port
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.process import Process
from shared.subjects import SERVICES
from tests.readiness import is_ready

LIMIT_S = 60.0
_ANSWER_LIMIT_S = 90.0


@dataclass(frozen=True, slots=True)
class GatewayPlant:
    """`pids`: of each process, by its name."""

    folder: Path
    url: str
    credentials: Credentials
    nats_url: str
    pids: dict[str, int]

    @asynccontextmanager
    async def bus(self, user: str) -> AsyncIterator[Bus]:
        bus = await Bus.connect(self.nats_url, name=f"bench {user}", user=user, password=self.credentials.bus[user])
        yield bus
        await bus.close()

    def api(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=f"{self.url}/api/v1", headers=headers, trust_env=False, timeout=LIMIT_S)

    async def metric(self, name: str) -> float:
        """Of the gateway."""
        async with httpx.AsyncClient(trust_env=False) as http:
            text = (await http.get(f"{self.url}/metrics")).text
        found = re.search(rf"^bk_{name} ([0-9.e+-]+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    async def token(self, name: str = "admin", password: str | None = None) -> str:
        password = password or (self.folder / "admin-password").read_text().strip()
        async with self.api() as http:
            answer = await http.post("/sessions", json={"name": name, "password": password})
            assert answer.status_code == 201, answer.text
            return str(answer.json()["token"])


@asynccontextmanager
async def gateway_plant(env: dict[str, str]) -> AsyncIterator[GatewayPlant]:
    """`env`: more settings of the gateway."""
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    (folder / "logs").mkdir()
    credentials = Credentials.load_or_create(folder / "secrets.json", SERVICES)
    ports = Ports(folder / "ports.json")
    nats = EmbeddedNats(folder, ports, credentials.bus, store_bytes_max=20 * 1024**3)
    postgres = EmbeddedPostgres(folder, ports, credentials.postgres, credentials.database)
    await asyncio.gather(nats.start(), postgres.start())
    shared = {"BK_NATS_URL": nats.url, "BK_SECRET_KEY": credentials.secret_key, "BK_ALLOW_LOOPBACK_CAMERAS": "true"}
    own = {
        "ingest": {"BK_MEDIA_MAX_BYTES": str(4 * 1024**3)},
        "gateway": {
            "BK_DATABASE_URL": postgres.url("gateway"),
            "BK_ADMIN_PASSWORD_FILE": str(folder / "admin-password"),
            "BK_ADMIN_PASSWORD_ONCE": "false",
            **env,
        },
    }
    processes: list[Process] = []
    port = 0
    try:
        for service, more in own.items():
            port = free_port()
            login = {"BK_NATS_USER": service, "BK_NATS_PASSWORD": credentials.bus[service], "BK_HTTP_PORT": str(port)}
            log = folder / "logs" / f"{service}.log"
            argv = [sys.executable, "-m", f"services.{service}"]
            process = Process(service, argv, log, env=os.environ | shared | login | more)
            await process.start()
            processes.append(process)
            await process.until_ready(lambda port=port: is_ready(port), LIMIT_S)  # type: ignore[misc]
        pids = {each.name: each.pid or 0 for each in (nats.process, postgres.process, *processes)}
        yield GatewayPlant(folder, f"http://{HOST}:{port}", credentials, nats.url, pids)
    finally:
        for process in reversed(processes):
            await process.stop(8.0)
        await asyncio.gather(nats.stop(), postgres.stop())
        rmtree(folder, ignore_errors=True)


class ClientProcess:
    """`light_clients` as a child; one command after the other."""

    def __init__(self, child: asyncio.subprocess.Process):
        self._child = child

    async def do(self, what: str, **more: Any) -> dict[str, Any]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
        async with asyncio.timeout(_ANSWER_LIMIT_S):
            line = await self._child.stdout.readline()
        if not line:
            raise SystemExit("the clients' process ended")
        return dict(json.loads(line))


@asynccontextmanager
async def client_process(url: str) -> AsyncIterator[ClientProcess]:
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.light_clients", url, stdin=pipe, stdout=pipe
    )
    try:
        yield ClientProcess(child)
    finally:
        assert child.stdin is not None
        child.stdin.close()
        await child.wait()
