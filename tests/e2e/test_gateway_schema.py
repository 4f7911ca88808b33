"""The gateway keeps to its OpenAPI document, whoever asks and whatever they send; the whole is `make proof-gateway`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.live_client import Api
from tests.e2e.schema_walk import UNLIMITED, make_world, walk
from tests.stack import Stack

LIMIT_S = 25.0


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Of a stack of its own: what is tried there changes and removes things."""
    running = Stack(tmp_path_factory.mktemp("walked") / "data", demo=0, env=UNLIMITED)
    running.start()
    try:
        api = Api(running.url, running.admin_password)
        yield api
        api.close()
    finally:
        running.stop()


def test_no_answer_is_outside_the_document_or_the_scope(api: Api) -> None:
    done = walk(make_world(api), examples=2, limit_s=LIMIT_S, is_quick=True)
    print(done.told())
    assert done.requests > 100, done.told()
    assert not done.findings, done.told()["findings"]
