"""A real nats-server for the bus tests, and connections to it as each service's user."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from shared.bus import Bus
from tests.bus.nats_server import PASSWORDS, NatsServer


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
