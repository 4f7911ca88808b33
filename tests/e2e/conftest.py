"""The whole product, without demo cameras, for the tests that bring their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from shared.bus import Bus
from tests import sharing
from tests.e2e.live_client import Api
from tests.e2e.plant import PASSWORDS, Plant
from tests.stack import Stack


@pytest.fixture(scope="session")
def bare_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("bare") / "data", demo=0)
    running.start()
    sharing.keep("bare_stack", running)
    try:
        yield running
    finally:
        if running.is_running:
            running.stop()


@pytest.fixture(scope="session")
def api(bare_stack: Stack) -> Iterator[Api]:
    logged_in = Api(bare_stack.url, bare_stack.admin_password)
    logged_in.site("school")
    yield logged_in
    logged_in.close()


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    made = Plant(tmp_path)
    await made.nats.start()
    try:
        yield made
    finally:
        await made.stop()


@pytest.fixture
async def bus(plant: Plant) -> AsyncIterator[Bus]:
    connected = await Bus.connect(plant.nats.url, name="test", user="gateway", password=PASSWORDS["gateway"])
    yield connected
    await connected.close()
