"""What lasts ends with the right to it: a login that lives is not enough."""

from __future__ import annotations

import httpx
import pytest

from services.gateway.adapters.http import events
from services.gateway.adapters.http.access import RULES
from tests.gateway.running_gateway import PASSWORD, Gateway
from tests.gateway.test_api_events import alerting, listening, raised
from tests.gateway.test_api_live import bearer, close_code, register, watching
from tests.gateway.test_api_own_account import new_token

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT_S = 20.0


async def test_a_program_hears_and_sees_no_more_than_its_owner_may_now(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    """Its token lives for a year; the account keeps the system running by now, and looks at nobody."""
    camera = await register(admin, "rights-1")
    body = {"name": "was-supervisor", "password": PASSWORD, "roles": ["supervisor"]}
    assert (await admin.post("/accounts", json=body)).status_code == 201
    async with gateway.client(await gateway.token("was-supervisor", PASSWORD)) as owner:
        token = (await new_token(owner, verbs=["list", "view"])).json()["token"]
    async with gateway.client(token) as program:
        async with (
            alerting(gateway) as bus,
            watching(gateway, camera, **bearer(program)) as socket,
            listening(program) as heard,
        ):
            await bus.publish_fact(raised(1, camera.site))
            assert await heard.alerts(1) == ["e1"]
            assert (await admin.patch("/accounts/was-supervisor", json={"roles": ["sre"]})).status_code == 200
            assert (await close_code(socket, LIMIT_S))[0] == 4403
            with pytest.raises(EOFError):
                await heard.next()
        refused = await program.get("/events")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert (await program.get("/cameras/rights-1")).status_code == 200, "what it still may, it does"


async def test_what_is_asked_while_it_lasts_is_what_was_asked_at_its_beginning() -> None:
    asked = {
        ("WS", "/api/v1/cameras/{id}/live"): "view",
        ("POST", "/api/v1/cameras/{id}/whep"): "view",
        ("GET", "/api/v1/events"): events.VERB,
        ("POST", "/api/v1/cameras/{id}/talk"): "talk",
        ("POST", "/api/v1/broadcasts"): "talk",
    }
    assert {route: RULES[route].verb for route in asked} == asked
