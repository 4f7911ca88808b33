"""Who may do what: every route, every role."""

from __future__ import annotations

import re

import httpx
import pytest

from services.gateway.adapters.http.access import RULES, uncovered
from services.gateway.adapters.http.app import ROUTERS
from services.gateway.roles import VERBS_OF_ROLE, Role
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

ROLES: tuple[Role | None, ...] = (None, "viewer", "supervisor", "admin")
_tokens: dict[Role, str] = {}


async def token_of(gateway: Gateway, admin: httpx.AsyncClient, role: Role) -> str:
    if role not in _tokens:
        body = {"name": f"the-{role}", "password": PASSWORD, "roles": [role]}
        assert (await admin.post("/accounts", json=body)).status_code == 201
        _tokens[role] = await gateway.token(f"the-{role}", PASSWORD)
    return _tokens[role]


async def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    assert uncovered(ROUTERS) == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path"), [key for key in RULES if key[0] != "WS"])
async def test_every_route_for_every_role(
    gateway: Gateway, admin: httpx.AsyncClient, method: str, path: str, role: Role | None
) -> None:
    """What is refused says 401 or 403; what is allowed gets as far as saying that the thing or the body is wrong."""
    needs = RULES[(method, path)]
    if (method, path) == ("DELETE", "/api/v1/sessions/current"):
        token = None if role is None else await _fresh_login(gateway, admin, role)
    else:
        token = None if role is None else await token_of(gateway, admin, role)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(base_url=gateway.url, headers=headers, trust_env=False, timeout=20) as client:
        address = re.sub(r"\{\w+\}", "no-such-thing", path)
        body = {"nonsense": 1} if method in ("POST", "PATCH") else None
        async with client.stream(method, address, json=body) as answer:
            # What happens, as it happens, has no end to wait for.
            if not answer.headers.get("Content-Type", "").startswith("text/event-stream"):
                await answer.aread()
    if needs.verb is None:
        assert answer.status_code not in (401, 403)
    elif role is None:
        assert answer.status_code == 401
        assert answer.json()["code"] == "not_logged_in"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    elif needs.verb not in VERBS_OF_ROLE[role]:
        assert answer.status_code == 403
        assert answer.json()["code"] == "not_allowed"
    else:
        # No other service runs here: what only a recorder could answer says that it is away.
        assert answer.status_code in (200, 204, 404, 415, 422) or answer.json()["code"] == "peer_away"
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code"} <= answer.json().keys()


async def _fresh_login(gateway: Gateway, admin: httpx.AsyncClient, role: Role) -> str:
    await token_of(gateway, admin, role)
    return await gateway.token(f"the-{role}", PASSWORD)


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
