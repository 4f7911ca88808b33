"""What no person types is refused like any mistake, and never an error of ours."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

_LAST_MOMENT = "9999-12-31T23:59:59-14:00"
_RULE = {"rule": "strange", "title": {"en": "a\x00b"}, "watched": {"kind": "thing", "name": "x"}, "risk": 3}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", f"/cameras?cursor={base64.urlsafe_b64encode(b'%c' % 0).decode()}", None, 400, "bad_cursor"),
        ("POST", "/sites", {"id": "strange", "name": "x", "\ud800": 1}, 422, "invalid_fields"),
        ("POST", "/sites", {"id": "strange", "name": "\ud800"}, 422, "invalid_fields"),
        ("PUT", "/rules/strange", _RULE, 422, "nul_in_text"),
        ("GET", f"/audit?since={_LAST_MOMENT}", None, 422, "invalid_fields"),
        ("GET", f"/alerts?start={_LAST_MOMENT}", None, 422, "invalid_fields"),
        ("GET", "/alerts?start=2026-01-01T00:00:00", None, 422, "invalid_fields"),
        ("POST", "/silences", {"reason": "x", "end": _LAST_MOMENT}, 422, "invalid_fields"),
        ("POST", "/rules/dry-run", {"rule": _RULE, "start": "2026-01-01T00:00:00"}, 422, "invalid_fields"),
    ],
)
async def test_a_strange_request_is_refused(
    admin: httpx.AsyncClient, method: str, path: str, body: Any, status: int, code: str
) -> None:
    # Written by json: halves of characters travel as escapes.
    content, headers = (None, {}) if body is None else (json.dumps(body), {"Content-Type": "application/json"})
    answer = await admin.request(method, path, content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_a_revision_that_cannot_be_ours_matches_nothing(admin: httpx.AsyncClient) -> None:
    await admin.post("/sites", json={"id": "strange-2", "name": "x"})
    for tag in ("9" * 5000, '"99999999999999999999"'):
        answer = await admin.patch("/sites/strange-2", json={"name": "y"}, headers={"If-Match": tag})
        assert answer.status_code == 412, answer.text
    assert (await admin.delete("/sites/strange-2")).status_code == 204
