"""The same request twice is done once; a list that did not change is not sent again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from services.gateway.idempotency import KEPT_S, counts_for
from tests.gateway.running_gateway import PASSWORD, Gateway
from tests.gateway.test_api_audit import sql
from tests.gateway.test_api_canteen_import import sheet

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


async def cut_off(gateway: Gateway, path: str, sent: bytes, **headers: str) -> None:
    """A request whose client is gone before its body ended, until the gateway is done with it."""
    others, address = asyncio.all_tasks(), urlsplit(gateway.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    lines = [f"POST /api/v1{path} HTTP/1.1", "Host: x", *(f"{name}: {said}" for name, said in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode() + sent)
    await writer.drain()
    async with asyncio.timeout(20):
        while not (begun := [task for task in asyncio.all_tasks() - others if "run_asgi" in repr(task.get_coro())]):
            await asyncio.sleep(0.01)
        writer.close()
        await asyncio.wait(begun)


@pytest.mark.parametrize("got", [0, 10])
async def test_a_body_that_was_cut_off_leaves_its_key_free(
    gateway: Gateway, admin: httpx.AsyncClient, got: int
) -> None:
    key, id = f"k-cut-{got}", f"cut-{got}"
    headers = {"Authorization": admin.headers["Authorization"], "Idempotency-Key": key}
    head = {"Content-Type": "application/json", "Content-Length": "100"}
    await cut_off(gateway, "/sites", f'{{"id": "{id}'.encode()[:got], **headers, **head)
    async with sql(gateway) as connection:
        assert await connection.fetch("select * from idempotency_keys where key = $1", key) == []
    whole = await add_site(admin, key, id)
    assert whole.status_code == 201, whole.text
    assert "Idempotency-Replayed" not in whole.headers


@pytest.mark.parametrize("key", [None, "k-half-a-list"])
async def test_half_a_file_is_not_done(gateway: Gateway, admin: httpx.AsyncClient, key: str | None) -> None:
    """A list reads as well without its last rows."""
    file = sheet(",half-a,甲校,小学,,,,,,,", ",half-b,乙校,小学,,,,,,,", "")
    got = file[: file.index(b"half-b") - 1]
    headers = {"Authorization": admin.headers["Authorization"], "Content-Type": "text/csv"}
    headers |= {"Content-Length": str(len(file))} | ({} if key is None else {"Idempotency-Key": key})
    await cut_off(gateway, "/canteen-imports", got, **headers)
    assert (await admin.get("/sites/half-a")).status_code == 404
    await cut_off(gateway, "/canteen-imports/trial", got, **headers)
    mine = {} if key is None else {"Idempotency-Key": key}
    tried = await admin.post("/canteen-imports/trial", content=file, headers={"Content-Type": "text/csv"} | mine)
    assert (tried.status_code, tried.json()["counts"]["new"]) == (200, 2), tried.text
    tried = await admin.post("/canteen-imports/trial", content=got, headers={"Content-Type": "text/csv"})
    assert tried.json()["counts"]["new"] == 1, "what came would have been a list"


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
