"""Logging in and out, accounts, lock-out."""

from __future__ import annotations

import asyncio
import stat
import time

import asyncpg
import httpx
import pytest

from services.gateway.adapters.postgres.people import PostgresFailedLogins
from services.gateway.roles import ALL_VERBS
from shared.database import Database
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def add_account(admin: httpx.AsyncClient, name: str, *roles: str) -> None:
    body = {"name": name, "password": PASSWORD, "roles": list(roles) or ["viewer"]}
    assert (await admin.post("/accounts", json=body)).status_code == 201


async def test_the_first_start_leaves_a_password_that_only_its_owner_reads(gateway: Gateway) -> None:
    file = gateway.folder / "admin-password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(gateway.admin_password) >= 20


async def test_a_login_is_a_token_and_a_cookie(gateway: Gateway) -> None:
    async with gateway.client() as client:
        answer = await client.post("/sessions", json={"name": "Admin ", "password": gateway.admin_password})
        assert answer.status_code == 201
        assert answer.json()["user"] == {
            "name": "admin",
            "roles": ["admin"],
            "sites": None,
            "must_change_password": False,
            "verbs": [verb for verb in ALL_VERBS if verb != "answer"],
        }
        cookie = answer.headers["Set-Cookie"]
        for part in ("bk_session=", "HttpOnly", "SameSite=strict", "Path=/"):
            assert part in cookie
        assert answer.headers["Cache-Control"] == "no-store"
        current = await client.get("/sessions/current")  # by the cookie that the client kept
        assert current.json()["user"]["name"] == "admin"


async def test_logging_out_ends_the_login_at_once(gateway: Gateway) -> None:
    token = await gateway.token()
    async with gateway.client(token) as client:
        assert (await client.get("/sites")).status_code == 200
        assert (await client.delete("/sessions/current")).status_code == 204
        assert (await client.get("/sites")).status_code == 401


async def test_the_token_is_not_in_the_database(gateway: Gateway) -> None:
    token = await gateway.token()
    url = gateway.peers.postgres.url("gateway").replace("+asyncpg", "")
    connection = await asyncpg.connect(url, server_settings={"search_path": "gateway"})
    try:
        rows = [str(row) for row in await connection.fetch("select * from logins")]
        assert rows
        assert not any(token in row for row in rows)
        hashes = await connection.fetch("select password_hash from accounts")
        assert all(row["password_hash"].startswith("$argon2id$") for row in hashes)
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute("update audit set who = 'nobody'")
        with pytest.raises(asyncpg.RaiseError, match="append-only"):
            await connection.execute("delete from audit")
    finally:
        await connection.close()


@pytest.mark.parametrize("body", [{"name": "admin", "password": "wrong"}, {"name": "nobody-here", "password": "wrong"}])
async def test_a_failure_does_not_say_whether_the_account_exists(gateway: Gateway, body: dict[str, str]) -> None:
    async with gateway.client() as client:
        answer = await client.post("/sessions", json=body)
        assert answer.status_code == 401
        assert answer.json()["detail"] == "The name or the password is wrong."
        await client.post("/sessions", json={"name": "admin", "password": gateway.admin_password})


async def test_a_failure_takes_as_much_with_an_account_as_without(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await add_account(admin, "timing-1")
    took: dict[str, list[float]] = {"timing-1": [], "timing-2": []}
    async with gateway.client() as client:
        for _ in range(4):
            for name, times in took.items():
                began = time.process_time()
                assert (await client.post("/sessions", json={"name": name, "password": "x"})).status_code == 401
                times.append(time.process_time() - began)
    known, unknown = (min(times) for times in took.values())
    print(f"\nwrong password: {known * 1e3:.0f} ms, no such account: {unknown * 1e3:.0f} ms")
    assert unknown > known / 2, "the password hash is computed in both cases"


async def test_guessing_is_locked_out_for_a_while(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await add_account(admin, "guessed")
    async with gateway.client() as client:
        for _ in range(5):
            answer = await client.post("/sessions", json={"name": "guessed", "password": "wrong"})
            assert answer.status_code == 401
        answer = await client.post("/sessions", json={"name": "GUESSED", "password": PASSWORD})
        assert answer.status_code == 429, "even with the right password"
        problem = answer.json()
        assert problem["code"] == "too_many_failures"
        assert 1 <= problem["retry_after_s"] <= 3
        assert answer.headers["Retry-After"] == str(problem["retry_after_s"])
    assert await gateway.token(), "another account from the same address is not locked"


async def test_a_changed_account_loses_its_logins(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await add_account(admin, "changed", "supervisor")
    token = await gateway.token("changed", PASSWORD)
    async with gateway.client(token) as client:
        assert (await client.get("/sites")).status_code == 200
        answer = await admin.patch("/accounts/changed", json={"password": "another long password"})
        assert answer.status_code == 200
        assert "password" not in answer.json()
        assert (await client.get("/sites")).status_code == 401
    again = await gateway.token("changed", "another long password")
    await admin.patch("/accounts/changed", json={"is_enabled": False})
    async with gateway.client(again) as client:
        assert (await client.get("/sites")).status_code == 401
        body = {"name": "changed", "password": "another long password"}
        assert (await client.post("/sessions", json=body)).status_code == 401


async def test_the_last_administrator_stays(admin: httpx.AsyncClient) -> None:
    others = [a["name"] for a in (await admin.get("/accounts")).json()["items"] if "admin" in a["roles"]]
    for name in others:
        if name != "admin":
            await admin.patch(f"/accounts/{name}", json={"roles": ["viewer"]})
    answer = await admin.patch("/accounts/admin", json={"roles": ["viewer"]})
    assert answer.status_code == 409
    assert answer.json()["code"] == "last_administrator"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "password": "short", "roles": ["viewer"]}, "password"),
        ({"name": "x", "password": PASSWORD, "roles": []}, "roles"),
        ({"name": "x", "password": PASSWORD, "roles": ["king"]}, "roles.0"),
        ({"name": "a b", "password": PASSWORD, "roles": ["viewer"]}, "name"),
    ],
)
async def test_an_account_that_cannot_be_is_refused_in_words(
    admin: httpx.AsyncClient, body: dict[str, object], field: str
) -> None:
    answer = await admin.post("/accounts", json=body)
    assert answer.status_code == 422
    faults = answer.json()["errors"]
    assert [fault["field"] for fault in faults] == [field]
    assert faults[0]["change"].endswith(".")


async def test_of_log_ins_at_one_moment_none_has_to_wait(gateway: Gateway) -> None:
    database = Database(gateway.peers.postgres.url("gateway"), "gateway")
    failed, own = PostgresFailedLogins(database), ("one-desk", "192.0.2.7")
    try:
        # The one beside it was counted first, and its clock was read a little later.
        assert await failed.attempt(*own, 1000.002) == 0
        assert await failed.attempt(*own, 1000.001) == 0
        # Those that get in forget the row under those that are counted.
        for _ in range(20):
            some = [failed.attempt(*own, 1000.0), failed.succeeded(*own), failed.attempt(*own, 1000.0)]
            assert [one for one in await asyncio.gather(*some) if one] == []
            await failed.succeeded(*own)
        # And the count is exact: five are free, the next waits.
        waits = await asyncio.gather(*(failed.attempt(*own, 1001.0) for _ in range(6)))
        assert sorted(waits) == [0, 0, 0, 0, 0, 2]
    finally:
        await database.close()
