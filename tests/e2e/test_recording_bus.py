"""A nats-server that is killed and comes back: what ingest remembered is recorded, once, byte for byte."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from shared import subjects
from shared.bus import Bus
from shared.cli.fleet import environment
from shared.embedded.credentials import Credentials
from shared.embedded.ports import HOST, Ports, free_port
from shared.embedded.process import Process, answers
from shared.embedded.servers import Servers
from shared.messages.cameras import CameraState, DesiredCamera, DesiredStream
from shared.sealing import Sealer, decode_key
from shared.subjects import SERVICES, CameraRef
from tests.bench.bench_ingest import PASSWORD, USER, simulator
from tests.bench.proof_recorder import Installation, Noted, compare, until_stored

CAMERAS = 6
AWAY_S = 4.0


@asynccontextmanager
async def service(name: str, servers: Servers, folder: Path) -> AsyncIterator[None]:
    port = free_port()
    own = {"BK_ALLOW_LOOPBACK_CAMERAS": "true", "BK_SEGMENT_S": "8", "BK_MEDIA_MAX_BYTES": str(2 * 1024**3)}
    told = environment(name, servers, host=HOST, port=port, own=own)
    process = Process(name, [sys.executable, "-m", f"services.{name}"], folder / f"{name}.log", env=os.environ | told)
    await process.start()
    try:
        await process.until_ready(lambda: answers(HOST, port), 30.0)
        yield
    finally:
        await process.stop(15.0)


async def test_a_killed_nats_server_loses_nothing_that_ingest_remembers() -> None:
    data = Path(mkdtemp(prefix="bk-"))
    data.chmod(0o755)
    (data / "logs").mkdir()
    credentials = Credentials.load_or_create(data / "secrets.json", SERVICES)
    servers = Servers(data, Ports(data / "ports.json"), credentials, SERVICES)
    try:
        async with AsyncExitStack() as stack:
            await servers.start(lambda name, seconds: None)
            stack.push_async_callback(servers.stop)
            urls, _ = await stack.enter_async_context(simulator(CAMERAS, 1, data))
            for name in ("ingest", "recorder"):
                await stack.enter_async_context(service(name, servers, data))
            await _prove(servers, credentials, data, urls)
    finally:
        rmtree(data, ignore_errors=True)


async def _prove(servers: Servers, credentials: Credentials, data: Path, urls: list[str]) -> None:
    there, noted = Installation(data), Noted()
    names = [f"camera-{number}" for number in range(1, CAMERAS + 1)]
    bus = await Bus.connect(there.bus_url, name="proof", user="gateway", password=there.bus_password)
    lost: list[str] = []

    async def hear(subject: str, fact: bytes, seq: int) -> None:
        lost.append(subject)

    for name in names:
        subject = subjects.media(CameraRef("school", name), "main")
        await bus.subscribe_media(subject, lambda fragment, name=name: noted.hear(name, fragment))  # type: ignore[misc]
    await bus.subscribe_facts(subjects.facts("ingest", "fragments_lost"), hear)
    await _register(bus, credentials, names, urls)
    await asyncio.sleep(12)
    assert servers.nats.process.pid is not None
    os.kill(servers.nats.process.pid, signal.SIGKILL)
    await servers.nats.process.wait()
    await asyncio.sleep(AWAY_S)
    await servers.nats.start()
    await asyncio.sleep(20)
    until = {name: max(noted.fragments[name], key=lambda key: key[1]) for name in names}
    await until_stored(there, names, until)
    for name in names:
        found = await compare(there, name, noted.fragments[name], until[name])
        assert found["compared"] > 100
        assert (found["missing"], found["wrong"], found["twice"], found["broken_links"]) == (0, 0, 0, 0), (name, found)
        rows = await there.rows(name)
        assert [row.gap for row in rows if row.gap is not None] == [], f"{AWAY_S} s are remembered"
    assert lost == []
    await bus.close()


async def _register(bus: Bus, credentials: Credentials, names: list[str], urls: list[str]) -> None:
    sealer = Sealer([decode_key(credentials.secret_key)])
    desired, states = await bus.kv("cameras"), await bus.kv("camera_states")
    refs = [CameraRef("school", name) for name in names]
    for ref, url in zip(refs, urls, strict=True):
        wanted = DesiredCamera(
            site=ref.site, camera=ref.camera, name=ref.camera, main=DesiredStream(url=url, transport="tcp"),
            username=USER, sealed_password=sealer.seal(PASSWORD, f"camera:{ref}"),
        )  # fmt: skip
        await desired.put(ref.key, wanted.encode())
    for ref in refs:
        async with asyncio.timeout(60):
            while True:
                entry = await states.get(ref.key)
                value = None if entry is None else entry.value
                if value is not None and CameraState.decode(value).condition == "online":
                    break
                await asyncio.sleep(0.2)
