"""Real servers and alerting workers as processes, nothing else, for benches and proofs of alerting."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import httpx

from shared.bus import Bus
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST, Ports, free_port
from shared.embedded.process import Process
from shared.embedded.servers import Servers
from shared.messages.alerting import Alert, AlertList, AlertsWanted
from shared.messages.cameras import DesiredCamera
from shared.subjects import SERVICES, CameraRef

LIMIT_S = 60.0
_PAGE = 500
_AT_ONCE = 500


@dataclass(slots=True)
class AlertingPlant:
    """`workers`: by name, those that run."""

    servers: Servers
    data: Path
    workers: dict[str, Process] = field(default_factory=dict)
    _ports: dict[str, int] = field(default_factory=dict)

    @asynccontextmanager
    async def bus(self, user: str) -> AsyncIterator[Bus]:
        told = self.servers.bus_environment(user)
        bus = await Bus.connect(
            told["BK_NATS_URL"], name=f"bench {user}", user=told["BK_NATS_USER"], password=told["BK_NATS_PASSWORD"]
        )
        yield bus
        await bus.close()

    async def worker(self, name: str) -> Process:
        """Started and ready."""
        port = self._ports[name] = free_port()
        told = {"PATH": os.environ["PATH"], "BK_HTTP_PORT": str(port), "BK_WORKER_ID": name}
        told |= {key: os.environ[key] for key in ("PYTHONPATH",) if key in os.environ}
        servers = self.servers
        told |= servers.bus_environment("alerting") | servers.database_environment("alerting")
        told |= servers.object_environment() | servers.sealing_environment()
        process = Process(name, [sys.executable, "-m", "services.alerting"], self.data / f"{name}.log", env=told)
        await process.start()

        async def is_ready() -> bool:
            try:
                async with httpx.AsyncClient(trust_env=False) as http:
                    return (await http.get(f"http://{HOST}:{port}/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        await process.until_ready(is_ready, LIMIT_S)
        self.workers[name] = process
        return process

    async def kill(self, name: str) -> None:
        """As kill -9 does."""
        process = self.workers.pop(name)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()

    async def metric(self, worker: str, name: str) -> float:
        """The value of a counter or gauge without labels."""
        async with httpx.AsyncClient(trust_env=False) as http:
            text = (await http.get(f"http://{HOST}:{self._ports[worker]}/metrics")).text
        found = re.search(rf"^bk_{name} ([0-9.e+-]+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    async def register(self, cameras: Iterable[DesiredCamera]) -> None:
        """As the gateway does."""
        async with self.bus("gateway") as bus:
            bucket = await bus.kv("cameras")
            left = list(cameras)
            while left:
                some, left = left[:_AT_ONCE], left[_AT_ONCE:]
                await asyncio.gather(*(bucket.put(CameraRef(one.site, one.camera).key, one.encode()) for one in some))


@asynccontextmanager
async def alerting_plant() -> AsyncIterator[AlertingPlant]:
    data = Path(mkdtemp(prefix="bk-"))
    data.chmod(0o755)
    credentials = Credentials.load_or_create(data / "secrets.json", SERVICES)
    servers = Servers(data, Ports(data / "ports.json"), credentials, SERVICES)
    await servers.start(lambda name, seconds: None)
    plant = AlertingPlant(servers, data)
    try:
        yield plant
    finally:
        for process in plant.workers.values():
            await process.stop(20.0)
        await servers.stop()
        rmtree(data, ignore_errors=True)


async def all_alerts(bus: Bus) -> list[Alert]:
    """Page after page."""
    found: list[Alert] = []
    before = None
    while True:
        wanted = AlertsWanted(limit=_PAGE, before=before, is_silent=None)
        page = AlertList.decode(await bus.request("alerting", "alerts", wanted, timeout_s=30)).items
        found += page
        if len(page) < _PAGE:
            return found
        before = f"{page[-1].first_us}.{page[-1].alert}"


def without_times_of_work(alert: Alert) -> bytes:
    """Byte for byte what was found; without what says when *we* worked."""
    left_out = {"ruled_us": None, "stored_us": None}
    return json.dumps(json.loads(alert.model_copy(update=left_out).encode()), sort_keys=True).encode()
