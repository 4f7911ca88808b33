"""The same request twice is done once; a list that did not change is not sent again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from services.gateway.idempotency import KEPT_S, counts_for
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def add_site(client: httpx.AsyncClient, key: str, id: str, name: str = "n") -> httpx.Response:
    return await client.post("/sites", json={"id": id, "name": name}, headers={"Idempotency-Key": key})


async def test_the_first_answer_comes_again(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    first = await add_site(admin, "k-1", "once-site")
    again = await add_site(admin, "k-1", "once-site")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (again.headers["Location"], again.headers["ETag"]) == (first.headers["Location"], first.headers["ETag"])
    assert again.headers["Idempotency-Replayed"] == "true"
    added = (await admin.get("/audit", params={"action": "site_added"})).json()["items"]
    assert sum(row["detail"].get("site") == "once-site" for row in added) == 1
    other = await add_site(admin, "k-1", "once-site", "another name")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_taken")
    assert (await add_site(admin, "k-2", "once-site")).status_code == 409, "another key is another request"
    assert (await add_site(admin, "k 3", "once-site")).json()["code"] == "bad_idempotency_key"


async def test_of_many_at_once_one_is_done(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(add_site(admin, "k-many", "many-site") for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    made = [answer for answer in answers if answer.status_code == 201]
    assert made
    assert all(answer.json()["code"] == "idempotency_key_busy" for answer in answers if answer.status_code == 409)
    assert len({answer.text for answer in made}) == 1


async def test_a_key_is_its_accounts_own_and_lasts_a_day(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    person = {"name": "also-keys", "password": PASSWORD, "roles": ["admin"]}
    assert (await admin.post("/accounts", json=person)).status_code == 201
    async with gateway.client(await gateway.token("also-keys", PASSWORD)) as other:
        assert (await add_site(other, "k-1", "other-site")).status_code == 201
    refused = await add_site(admin, "k-bad", "Not An Id")
    assert refused.status_code == 422
    assert (await add_site(admin, "k-bad", "Not An Id")).headers["Idempotency-Replayed"] == "true"
    keys, now = gateway.rooms.doors.keys, gateway.rooms.people.clock.now()
    assert (await keys.claim("admin", "k-1", "x", now))[0] == "other"
    assert (await keys.claim("admin", "k-1", "x", now + timedelta(seconds=KEPT_S + 5)))[0] == "first"
    assert (await keys.claim("admin", "k-1", "x", now))[0] == "running"
    await keys.forget("admin", "k-1", now + timedelta(seconds=KEPT_S + 5))


async def test_what_is_shown_once_is_not_kept(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k-login"}
    body = {"name": "admin", "password": gateway.admin_password}
    first, second = [await admin.post("/sessions", json=body, headers=headers) for _ in range(2)]
    assert first.json()["token"] != second.json()["token"]


async def test_a_list_that_did_not_change_is_not_sent_again(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    first = await admin.get("/sites")
    known = {"If-None-Match": f'"other", {first.headers["ETag"]}'}
    same = await admin.get("/sites", headers=known)
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", first.headers["ETag"])
    await admin.post("/sites", json={"id": "tagged-site", "name": "n"})
    changed = await admin.get("/sites", headers=known)
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]
    assert (await admin.get("/sites/tagged-site")).headers["ETag"] == '"1"', "a revision stays what it was"


@pytest.mark.parametrize(
    ("path", "may"),
    [
        ("/api/v1/sites", True),
        ("/api/v1/orders/0011223344556677/steps", True),
        ("/api/v1/rooms/0011223344556677/notes", True),
        ("/api/v1/rooms/0011223344556677/guests", False),
        ("/api/v1/guest-sessions", False),
        ("/api/v1/me/api-tokens", False),
        ("/api/v1/media-tokens", False),
    ],
)
async def test_links_and_tokens_are_never_kept(path: str, may: bool) -> None:
    assert counts_for("POST", path) is may
