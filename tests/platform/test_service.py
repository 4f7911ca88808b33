"""A service process: what it says when it cannot start, when it is ready, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from shared.bus import Bus
from shared.cli.fleet import SERVICES
from shared.embedded.nats import EmbeddedNats
from shared.embedded.ports import HOST, Ports, free_port
from shared.health import Health
from shared.messages.status import HealthWanted, WorkerHealth
from shared.version import VERSION

_SERVICE = """
import asyncio, os
from pathlib import Path
from shared.errors import PeerError
from shared.service import Context, Wired, run
from shared.settings import ServiceSettings, setting

class Settings(ServiceSettings):
    mood: str = setting(says="how it feels: well, buggy, late, stuck or not_ready", when_wrong="the test fails")

said = Path("said")
tries = 0

async def wire(context: Context[Settings]) -> Wired:
    global tries
    tries += 1
    if context.settings.mood == "stuck" or (context.settings.mood == "late" and tries < 3):
        raise PeerError("database away")

    async def work() -> None:
        if context.settings.mood == "buggy":
            raise KeyError("ours")
        await asyncio.Event().wait()

    async def close() -> None:
        said.write_text("closed, bus " + ("up" if context.bus.is_connected else "down"))

    async def drain() -> None:
        Path("drained").write_text("work is " + ("up" if "work" in context.supervisor.names else "down"))

    reason = "no tea" if context.settings.mood == "not_ready" else None
    return Wired(tasks=[("work", work)], readiness={"tea": lambda: reason}, drain=drain, drain_limit_s=5.0, close=[close])

run("gateway", Settings, wire)
"""


class Service:
    """The service above as a child process in `folder`."""

    def __init__(self, folder: Path, nats_url: str, password: str):
        self.port = free_port()
        self.said = folder / "said"
        self._folder = folder
        self._env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "BK_NATS_URL": nats_url,
            "BK_NATS_USER": "gateway",
            "BK_NATS_PASSWORD": password,
            "BK_HTTP_PORT": str(self.port),
        }
        self._child: subprocess.Popen[str] | None = None

    def start(self, **env: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", _SERVICE], cwd=self._folder, env=self._env | env, stderr=subprocess.PIPE, text=True
        )

    def end(self, number: signal.Signals | None = None) -> tuple[int, list[str]]:
        """(exit code, lines it wrote)"""
        assert self._child is not None
        if number is not None:
            self._child.send_signal(number)
        _, errors = self._child.communicate(timeout=30)
        return self._child.returncode, errors.splitlines()

    def get(self, path: str) -> tuple[int, Any]:
        deadline = time.monotonic() + 20.0
        while True:
            try:
                with urllib.request.urlopen(f"http://{HOST}:{self.port}{path}") as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as answer:
                return answer.code, answer.read()
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def until_readyz(self, code: int) -> dict[str, Any]:
        deadline = time.monotonic() + 20.0
        while True:
            answered, body = self.get("/readyz")
            told: dict[str, Any] = json.loads(body)
            if answered == code and told["reasons"] != {"start": "still starting"}:
                return told
            assert time.monotonic() < deadline, told
            time.sleep(0.05)

    def until_event(self, event: str) -> dict[str, Any]:
        """The next line of its log with that message."""
        assert self._child is not None
        assert self._child.stderr is not None
        for line in self._child.stderr:
            told: dict[str, Any] = json.loads(line)
            if told["event"] == event:
                return told
        raise AssertionError(f"it never said {event!r}")

    def kill(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self._child.communicate()


@pytest.fixture
async def nats(data: Path) -> AsyncIterator[EmbeddedNats]:
    server = EmbeddedNats(data, Ports(data / "ports.json"), dict.fromkeys(SERVICES, "secret"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def service(nats: EmbeddedNats, tmp_path: Path) -> Iterator[Service]:
    child = Service(tmp_path, nats.url, "secret")
    yield child
    child.kill()


async def test_it_becomes_ready_and_ends_in_order(service: Service) -> None:
    service.start(BK_MOOD="well")
    told = service.until_readyz(200)
    assert (told["service"], told["is_ready"], told["reasons"]) == ("gateway", True, {})
    assert service.get("/healthz")[0] == 200
    assert b"python_info" in service.get("/metrics")[1]
    code, lines = service.end(signal.SIGTERM)
    assert code == 0
    events = _events(lines)
    assert (events[0], events[-1]) == ("started", "stopped")
    assert service.said.read_text() == "closed, bus up"
    assert service.said.with_name("drained").read_text() == "work is up"


async def test_a_connection_may_rest_for_longer_than_clients_and_proxies_let_it(service: Service) -> None:
    service.start(BK_MOOD="well")
    service.until_readyz(200)
    connection = HTTPConnection(HOST, service.port, timeout=5)
    for rest_s in (0, 6):
        await asyncio.sleep(rest_s)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    connection.close()


async def test_it_is_not_ready_for_a_reason(service: Service) -> None:
    service.start(BK_MOOD="not_ready")
    assert service.until_readyz(503)["reasons"] == {"tea": "no tea"}
    assert service.end(signal.SIGINT)[0] == 0


@pytest.mark.parametrize(
    ("mood", "missing"),
    [("not_ready", {"tea": "no tea"}), ("stuck", {"start": "still starting, it waits: database away"})],
)
async def test_whoever_asks_over_the_bus_is_told_why_it_is_not_ready(
    service: Service, nats: EmbeddedNats, mood: str, missing: dict[str, str]
) -> None:
    service.start(BK_MOOD=mood)
    assert service.until_readyz(503)["reasons"] == missing
    bus = await Bus.connect(nats.url, name="test", user="gateway", password="secret")
    told = WorkerHealth.decode(await bus.request("gateway", "health", HealthWanted()))
    assert {each.what: each.reason for each in told.missing} == missing
    assert (told.service, told.version) == ("gateway", VERSION)
    assert 0 <= time.time() - told.started_us / 1e6 < 60
    own = await bus.request("gateway", "health", HealthWanted(), instance=told.worker)
    assert WorkerHealth.decode(own).started_us == told.started_us
    await bus.close()


async def test_a_check_that_hangs_holds_up_no_other_and_runs_once() -> None:
    asked, free = [], asyncio.Event()

    async def hangs() -> str | None:
        asked.append("objects")
        await free.wait()
        return None

    health = Health("recorder", "r1")
    health.serve({"objects": hangs, "database": lambda: "away", "bus": lambda: None}, None)
    for _ in range(2):
        assert await health.reasons(0.02) == {"objects": "no answer within 0.02 s", "database": "away"}
    assert asked == ["objects"]
    free.set()
    assert await health.reasons(20) == {"database": "away"}
    assert await health.reasons(20) == {"database": "away"}
    assert len(asked) == 2, "what has answered is asked again"


async def test_it_loses_and_finds_the_bus(service: Service, nats: EmbeddedNats) -> None:
    service.start(BK_MOOD="well")
    service.until_readyz(200)
    await nats.stop()
    assert service.until_readyz(503)["reasons"] == {"bus": "not connected to NATS"}
    await nats.start()
    service.until_readyz(200)


async def test_a_database_that_is_late_is_waited_for(service: Service) -> None:
    service.start(BK_MOOD="late")
    service.until_readyz(200)
    _, lines = service.end(signal.SIGTERM)
    assert "started" in _events(lines)
    assert json.loads(lines[0])["detail"] == "database away"


async def test_our_bug_ends_the_process_with_its_trace(service: Service) -> None:
    service.start(BK_MOOD="buggy")
    code, lines = service.end()
    assert code == 1
    assert "KeyError: 'ours'" in json.loads(lines[-1])["exception"]
    assert service.said.exists()


async def test_a_missing_setting_is_named(service: Service) -> None:
    service.start()
    assert service.end() == (2, ["gateway: BK_MOOD: Field required"])


async def test_a_busy_port_is_named(service: Service) -> None:
    with socket.create_server((HOST, service.port)):
        service.start(BK_MOOD="well")
        code, (line,) = service.end()
    assert code == 2
    assert (
        line
        == f"gateway: cannot listen on {HOST}:{service.port} (Address already in use): set BK_HTTP_PORT to a free port"
    )


async def test_a_wrong_password_on_the_bus_is_said_and_tried_again(service: Service) -> None:
    service.start(BK_MOOD="well", BK_NATS_PASSWORD="wrong")
    refused = service.until_event("bus not reached, will try again")
    assert "Authorization" in refused["detail"]
    assert json.loads(service.get("/readyz")[1])["reasons"] == {"start": "still starting"}
    assert service.end(signal.SIGTERM)[0] == 0


def _events(lines: list[str]) -> list[str]:
    return [json.loads(line)["event"] for line in lines]
