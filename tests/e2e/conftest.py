"""The whole product, without demo cameras, for the tests that bring their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.live_client import Api
from tests.stack import Stack


@pytest.fixture(scope="session")
def bare_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("bare") / "data", demo=0)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def api(bare_stack: Stack) -> Iterator[Api]:
    logged_in = Api(bare_stack.url, bare_stack.admin_password)
    logged_in.site("school")
    yield logged_in
    logged_in.close()
