"""A bug in a route: a problem document whose id stands in the log, and the gateway goes on."""

from __future__ import annotations

from typing import Any, NoReturn

import httpx
import pytest
from structlog.testing import capture_logs

from services.gateway.handlers.public_screens import PublicScreenDesk
from services.gateway.handlers.registry import RegistryDesk
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def breaks(*args: Any, **more: Any) -> NoReturn:
    raise KeyError("nobody expected this")


def bug_in(logs: Any) -> dict[str, Any]:
    (line,) = (one for one in logs if one["log_level"] == "critical")
    return dict(line)


async def test_a_bug_is_a_problem_document_whose_id_is_in_the_log(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(RegistryDesk, "list_sites", breaks)
        answers = [await admin.get("/sites") for _ in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
        assert (answer.json()["code"], answer.json()["title"]) == ("bug", "Internal Server Error")
        assert answer.headers["X-Request-Id"] == answer.json()["request_id"]
        assert answer.json()["request_id"] in answer.json()["detail"]
        assert "KeyError" not in answer.text
        assert "nobody expected" not in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    told = [one for one in logs if one["log_level"] == "critical"]
    assert [one["request"] for one in told] == [answer.json()["request_id"] for answer in answers]
    assert (told[0]["path"], told[0]["method"], told[0]["error"]) == ("/api/v1/sites", "GET", "KeyError")
    assert str(told[0]["exc_info"]) == "'nobody expected this'"
    assert (await admin.get("/sites")).status_code == 200


async def test_what_broke_may_be_sent_again_with_its_key(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body, headers = {"id": "broke-once", "name": "x"}, {"Idempotency-Key": "broke-once-1"}
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(RegistryDesk, "add_site", breaks)
        assert (await admin.post("/sites", json=body, headers=headers)).json()["code"] == "bug"
    assert bug_in(logs)["method"] == "POST"
    assert (await admin.post("/sites", json=body, headers=headers)).status_code == 201
    assert (await admin.delete("/sites/broke-once")).status_code == 204


async def test_the_log_holds_no_link_of_a_public_screen(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(PublicScreenDesk, "view", breaks)
        async with gateway.client() as anybody:
            assert (await anybody.get("/public/a-secret-link")).json()["code"] == "bug"
    assert bug_in(logs)["path"] == "/api/v1/public/…"
