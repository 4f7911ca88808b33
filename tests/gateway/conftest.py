"""A gateway as it really runs: NATS, PostgreSQL and uvicorn."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import httpx
import pytest_asyncio
import uvicorn
from fastapi import FastAPI

from services.gateway.settings import GatewaySettings
from services.gateway.wiring import wire
from shared import subjects
from shared.bus.streams import MEDIA, Limits
from shared.clock import SystemClock
from shared.embedded.credentials import Credentials
from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import HOST, Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.http_protocol import PatientHttp
from shared.service import Context
from shared.supervise import Supervisor
from tests.gateway.running_gateway import Gateway, Peers


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def peers() -> AsyncIterator[Peers]:
    folder = Path(mkdtemp(prefix="bk-gateway-"))
    folder.chmod(0o755)
    credentials = Credentials.load_or_create(folder / "secrets.json", subjects.SERVICES)
    ports = Ports(folder / "ports.json")
    nats = EmbeddedNats(folder, ports, credentials.bus)
    postgres = EmbeddedPostgres(folder, ports, credentials.postgres, credentials.database)
    await asyncio.gather(nats.start(), postgres.start())
    yield Peers(nats, postgres, credentials)
    await asyncio.gather(nats.stop(), postgres.stop())
    rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def gateway(peers: Peers) -> AsyncIterator[Gateway]:
    folder = Path(mkdtemp(prefix="bk-gateway-own-"))
    listening = socket.socket()
    listening.bind((HOST, 0))
    settings = GatewaySettings(
        nats_url=peers.nats.url,
        nats_user="gateway",
        nats_password=peers.credentials.bus["gateway"],
        database_url=peers.postgres.url("gateway"),
        secret_key=peers.credentials.secret_key,
        worker_id="gateway-1",
        http_port=listening.getsockname()[1],
        admin_password_file=folder / "admin-password",
        admin_password_once=False,
        console_dir=folder / "dist",
        allow_loopback_cameras=True,
        live_viewers_of_person=40,
        live_queue_s=1.0,
        requests_of_address=0,
        requests_of_account=0,
    )
    ingest, observer, bus = [await peers.bus(name) for name in ("ingest", "gateway", "gateway")]
    await ingest.ensure_stream(MEDIA, Limits(600, 256 << 20))
    clock = SystemClock()
    supervisor = Supervisor(clock)
    wired = await wire(Context("gateway", settings, bus, clock, supervisor))
    for name, task in wired.tasks:
        supervisor.start(name, task)
    assert isinstance(wired.app, FastAPI)
    config = uvicorn.Config(
        wired.app,
        log_config=None,
        http=_Hurried,
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    password = (folder / "admin-password").read_text().strip()
    yield Gateway(
        f"http://{HOST}:{settings.http_port}", peers, ingest, observer, password, folder, wired.app.state.rooms
    )
    server.should_exit = True
    await serving
    await supervisor.stop_all()
    assert supervisor.bug is None
    for close in wired.close:
        await close()
    for each in (ingest, observer, bus):
        await each.close()
    rmtree(folder, ignore_errors=True)


class _Hurried(PatientHttp):
    headers_limit_s = 1.0


class _Server(uvicorn.Server):
    """The test runner has its own signal handlers."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def admin(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client(await gateway.token()) as client:
        yield client
