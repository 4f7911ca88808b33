"""Who may do what: every route, every role."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.gateway.adapters.http.access import RULES, uncovered
from services.gateway.adapters.http.app import ROUTERS
from services.gateway.roles import VERBS_OF_ROLE, Role
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROLES: tuple[Role | None, ...] = (None, *VERBS_OF_ROLE)
SITE = "access"
OF_ONE_SCHOOL = ("school", "guest")
# What is of the whole installation, and closed to whoever is of some schools alone although their role has the verb.
OF_ALL_SCHOOLS = {
    ("GET", "/api/v1/calendars"),
    ("GET", "/api/v1/calendars/{id}/versions"),
    ("GET", "/api/v1/calendars/{id}/calendar.ics"),
    ("GET", "/api/v1/drill-schedules"),
}


class Everybody:
    """Somebody of each role, logged in when first asked for."""

    def __init__(self, gateway: Gateway, admin: httpx.AsyncClient):
        self._gateway = gateway
        self._admin = admin
        self._clients: dict[Role | None, httpx.AsyncClient] = {}

    async def of(self, role: Role | None) -> httpx.AsyncClient:
        if role not in self._clients:
            self._clients[role] = self._gateway.client(None if role is None else await self._first_login(role))
        return self._clients[role]

    async def fresh(self, role: Role | None) -> httpx.AsyncClient:
        """With a login of their own, to be ended."""
        await self.of(role)
        return self._gateway.client(None if role is None else await self._gateway.token(f"the-{role}", PASSWORD))

    async def _first_login(self, role: Role) -> str:
        body: dict[str, Any] = {"name": f"the-{role}", "password": PASSWORD, "roles": [role]}
        if role in OF_ONE_SCHOOL:
            body["sites"] = [SITE]
        if role == "guest":
            body["ends_at"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        answer = await self._admin.post("/accounts", json=body)
        assert answer.status_code == 201, answer.text
        return await self._gateway.token(f"the-{role}", PASSWORD)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def everybody(gateway: Gateway) -> AsyncIterator[Everybody]:
    async with gateway.client(await gateway.token()) as admin:
        assert (await admin.post("/sites", json={"id": SITE, "name": SITE})).status_code == 201
        people = Everybody(gateway, admin)
        yield people
        await people.close()
        await admin.delete(f"/sites/{SITE}")


async def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    assert uncovered(ROUTERS) == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path"), [key for key in RULES if key[0] != "WS"])
async def test_every_route_for_every_role(everybody: Everybody, method: str, path: str, role: Role | None) -> None:
    """What is refused says 401 or 403; what is allowed gets as far as saying that the thing or the body is wrong."""
    needs = RULES[(method, path)]
    ends = (method, path) == ("DELETE", "/api/v1/sessions/current")
    client = await (everybody.fresh(role) if ends else everybody.of(role))
    address = re.sub(r"\{\w+\}", "no-such-thing", path.removeprefix("/api/v1"))
    body = {"nonsense": 1} if method in ("POST", "PATCH") else None
    async with client.stream(method, address, json=body) as answer:
        # What happens, as it happens, has no end to wait for.
        if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            await answer.aread()
    if ends:
        await client.aclose()
    if needs.verb is None:
        assert answer.status_code not in (401, 403)
    elif role is None:
        assert answer.status_code == 401
        assert answer.json()["code"] == "not_logged_in"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    elif needs.verb not in VERBS_OF_ROLE[role]:
        assert answer.status_code == 403
        assert answer.json()["code"] == "not_allowed"
    elif role in OF_ONE_SCHOOL and (method, path) in OF_ALL_SCHOOLS:
        assert answer.status_code == 403
        assert answer.json()["code"] == "out_of_scope"
    else:
        # No other service runs here: what only a recorder could answer says that it is away.
        assert answer.status_code in (200, 204, 404, 415, 422) or answer.json()["code"] == "peer_away"
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code"} <= answer.json().keys()


async def test_viewers_and_supervisors_cannot_change_the_registry() -> None:
    for role in ("viewer", "supervisor"):
        assert not VERBS_OF_ROLE[role] & {"change_registry", "manage_accounts", "read_audit"}


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({"Origin": "{url}"}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "{url}"}, True),
        ({}, False),
        ({"Origin": "http://evil.test"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "{url}"}, False),
    ],
)
async def test_a_cookie_changes_things_only_from_our_own_pages(
    gateway: Gateway, headers: dict[str, str], is_allowed: bool
) -> None:
    token = await gateway.token()
    filled = {name: value.format(url=gateway.url) for name, value in headers.items()}
    async with httpx.AsyncClient(
        base_url=f"{gateway.url}/api/v1", cookies={"bk_session": token}, headers=filled, trust_env=False
    ) as browser:
        assert (await browser.get("/sessions/current")).status_code == 200, "reading is no change"
        answer = await browser.post("/sites", json={"id": "Not An Id", "name": ""})
        assert answer.status_code == (422 if is_allowed else 403)
        if not is_allowed:
            assert answer.json()["code"] == "foreign_origin"
