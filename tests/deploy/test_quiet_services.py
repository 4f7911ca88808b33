"""Four services on real servers, each by itself: they start, say what they can do and no more, and leave in order."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from shared.bus import Bus
from shared.bus.errors import NobodyAnswers
from shared.embedded.ports import HOST, free_port
from shared.embedded.process import Process
from shared.embedded.servers import Servers
from shared.messages.status import ServiceStatus, StatusWanted
from shared.version import VERSION

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_S = 30.0
DATABASE = frozenset(("alerting", "intercom", "recorder"))
OBJECTS = frozenset(("alerting", "intercom", "recorder"))
# What each can do today.
CAPABILITIES = {
    "alerting": (
        "rules",
        "alerts",
        "orders",
        "calendars",
        "silences",
        "announcements",
        "proofs",
        "notices",
        "inspections",
        "figures",
    ),
    "recorder": ("recording", "playback"),
    "intercom": ("talk", "onvif", "isapi", "dahua", "view", "broadcast"),
}
SEALING = frozenset(("alerting", "intercom"))
QUIET = ("alerting", "detector", "intercom", "recorder")


@asynccontextmanager
async def running(service: str, servers: Servers, data: Path) -> AsyncIterator[tuple[Process, httpx.AsyncClient]]:
    """The process and a client of its HTTP port, from its start to its ordered stop."""
    port = free_port()
    told = {"PATH": os.environ["PATH"], "BK_HTTP_PORT": str(port), "BK_WORKER_ID": f"{service}-1"}
    told |= servers.bus_environment(service)
    if service in DATABASE:
        told |= servers.database_environment(service)
    if service in OBJECTS:
        told |= servers.object_environment() | servers.evidence_environment()
    if service in SEALING:
        told |= servers.sealing_environment()
    process = Process(service, [sys.executable, "-m", f"services.{service}"], data / f"{service}.log", env=told)
    await process.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", trust_env=False, timeout=6) as http:
            yield process, http
    finally:
        await process.stop(LIMIT_S)


async def until(has_come: Callable[[], Awaitable[bool]], process: Process) -> None:
    await process.until_ready(has_come, LIMIT_S)


async def answers(http: httpx.AsyncClient, path: str, status: int) -> bool:
    try:
        return (await http.get(path)).status_code == status
    except httpx.TransportError:
        return False


@asynccontextmanager
async def bus_of_gateway(servers: Servers) -> AsyncIterator[Bus]:
    told = servers.bus_environment("gateway")
    bus = await Bus.connect(
        told["BK_NATS_URL"], name="test", user=told["BK_NATS_USER"], password=told["BK_NATS_PASSWORD"]
    )
    yield bus
    await bus.close()


@pytest.mark.parametrize("service", QUIET)
async def test_it_starts_answers_and_leaves(service: str, servers: Servers, data: Path) -> None:
    async with bus_of_gateway(servers) as bus, running(service, servers, data) as (process, http):
        await until(lambda: answers(http, "/readyz", 200), process)
        assert (await http.get("/healthz")).json() == {"service": service, "worker": f"{service}-1", "status": "ok"}
        assert "# TYPE" in (await http.get("/metrics")).text

        told = ServiceStatus.decode(await bus.request(service, "status", StatusWanted()))
        assert told == ServiceStatus(
            service=service, worker=f"{service}-1", version=VERSION, capabilities=CAPABILITIES.get(service, ())
        )

        members = await bus.kv(f"members_{service}")
        seen: set[int] = set()

        async def has_beaten_twice() -> bool:
            entry = await members.get(f"{service}-1")
            seen.update(set() if entry is None else {entry.revision})
            return len(seen) >= 2

        await until(has_beaten_twice, process)
        assert await process.stop(LIMIT_S)
        assert process.exit_code == 0
        gone = await members.get(f"{service}-1")
        assert gone is None or gone.value is None


async def test_what_it_cannot_do_has_no_answer(servers: Servers, data: Path) -> None:
    async with bus_of_gateway(servers) as bus, running("detector", servers, data) as (process, http):
        await until(lambda: answers(http, "/readyz", 200), process)
        assert (await http.get("/api/v1/anything")).status_code == 404
        with pytest.raises(NobodyAnswers):
            await bus.request("detector", "analyse", StatusWanted(), timeout_s=1)


@pytest.mark.parametrize("service", QUIET)
async def test_without_its_bus_it_lives_and_says_why_it_is_not_ready(
    service: str, servers: Servers, data: Path
) -> None:
    port = free_port()
    told = {"PATH": os.environ["PATH"], "BK_HTTP_PORT": str(port), "BK_NATS_URL": f"nats://{HOST}:{free_port()}"}
    told |= servers.database_environment(service) if service in DATABASE else {}
    told |= servers.object_environment() | servers.evidence_environment() if service in OBJECTS else {}
    told |= servers.sealing_environment() if service in SEALING else {}
    process = Process(service, [sys.executable, "-m", f"services.{service}"], data / f"{service}.log", env=told)
    await process.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}", trust_env=False) as http:
            await until(lambda: answers(http, "/healthz", 200), process)
            ready = await http.get("/readyz")
            assert ready.status_code == 503
            assert ready.json()["reasons"] == {"start": "still starting"}
    finally:
        await process.stop(LIMIT_S)
    assert process.exit_code == 0


@pytest.mark.parametrize("service", sorted(DATABASE))
async def test_a_missing_variable_ends_it_with_a_line_that_names_it(service: str, servers: Servers, data: Path) -> None:
    told = {"PATH": os.environ["PATH"], **servers.bus_environment(service), "BK_HTTP_PORT": str(free_port())}
    log = data / f"{service}-unset.log"
    process = Process(service, [sys.executable, "-m", f"services.{service}"], log, env=told)
    await process.start()
    async with asyncio.timeout(LIMIT_S):
        code = await process.wait()
    assert code == 2
    assert re.search(rf"^{service}: BK_DATABASE_URL: ", log.read_text(), re.MULTILINE)


async def test_kill_9_of_one_is_noticed_by_its_silence(servers: Servers, data: Path) -> None:
    async with bus_of_gateway(servers) as bus, running("intercom", servers, data) as (process, http):
        await until(lambda: answers(http, "/readyz", 200), process)
        members = await bus.kv("members_intercom")
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        async with asyncio.timeout(LIMIT_S):
            # The bucket forgets who was silent for longer than its entries live.
            while await members.get("intercom-1") is not None:
                await asyncio.sleep(0.2)
