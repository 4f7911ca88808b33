"""A real nats-server for the bus tests, with the generated permissions."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sysconfig
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from shared.bus import Bus
from shared.bus.permissions import nats_authorization
from shared.subjects import SERVICES

PASSWORDS = {name: f"{name}-secret" for name in (*SERVICES, "ops")}


class NatsServer:
    """Started, killed and started again on the same port and store."""

    def __init__(self, folder: Path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._config = folder / "nats.conf"
        self._config.write_text(
            f'listen: "127.0.0.1:{self.port}"\nmax_payload: 8388608\n'
            f'jetstream {{ store_dir: "{folder}/js" }}\n{nats_authorization(PASSWORDS)}'
        )
        self._log = (folder / "nats.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        binary = Path(sysconfig.get_path("scripts")) / "nats-server"
        self._process = subprocess.Popen([binary, "-c", self._config], stdout=self._log, stderr=self._log)
        for _ in range(200):
            with socket.socket() as probe:
                probe.settimeout(0.05)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            subprocess.run(["sleep", "0.02"], check=True)
        raise AssertionError("nats-server does not start")

    def stop(self, number: int = signal.SIGTERM) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(10)


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.stop(signal.SIGKILL)


@pytest.fixture
async def connect(nats_server: NatsServer) -> AsyncIterator[Callable[[str], Awaitable[Bus]]]:
    async with AsyncExitStack() as stack:

        async def join(user: str) -> Bus:
            bus = await Bus.connect(nats_server.url, name=f"test {user}", user=user, password=PASSWORDS[user])
            stack.push_async_callback(bus.close)
            return bus

        yield join


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    async def wait(is_true: Callable[[], bool], limit_s: float = 5.0) -> None:
        async with asyncio.timeout(limit_s):
            while not is_true():
                await asyncio.sleep(0.01)

    return wait
