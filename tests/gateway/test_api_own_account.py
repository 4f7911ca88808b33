"""One's own account: second factor, forced change of a password, open logins, tokens for programs."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from services.gateway.roles import VERBS_OF_ROLE
from services.gateway.totp import STEP_S, code_at, of_text
from tests.gateway.running_gateway import PASSWORD, Gateway
from tests.gateway.test_api_audit import register, sql

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def fresh_count(gateway: Gateway) -> None:
    """All tests fail to log in from one address."""
    async with sql(gateway) as connection:
        await connection.execute("delete from failed_logins where account = '*'")


ANOTHER = "quite another password"


async def account(admin: httpx.AsyncClient, name: str, role: str = "supervisor", **more: object) -> None:
    body = {"name": name, "password": PASSWORD, "roles": [role]} | more
    assert (await admin.post("/accounts", json=body)).status_code == 201


async def log_in(gateway: Gateway, name: str, code: str | None = None, password: str = PASSWORD) -> httpx.Response:
    async with gateway.client() as client:
        return await client.post("/sessions", json={"name": name, "password": password, "code": code})


async def with_second_factor(
    gateway: Gateway, admin: httpx.AsyncClient, name: str
) -> tuple[tuple[str, str, int], list[str]]:
    """An account that has one: its secret, the code that confirmed it and that code's step; and recovery codes."""
    await account(admin, name)
    async with gateway.client(await gateway.token(name, PASSWORD)) as client:
        begun = (await client.post("/me/second-factor", json={"password": PASSWORD})).json()
        assert (await client.get("/me/second-factor")).json() == {"is_on": False, "recovery_codes_left": 0}
        assert (await client.post("/me/second-factor/confirmation", json={"code": "1"})).status_code == 422
        step = int(time.time()) // STEP_S
        used = code_at(of_text(begun["secret"]), step)
        answer = await client.post("/me/second-factor/confirmation", json={"code": used})
        assert answer.status_code == 200, answer.text
        again = await client.post("/me/second-factor", json={"password": PASSWORD})
        assert (again.status_code, again.json()["code"]) == (409, "second_factor_on")
        return (begun["secret"], used, step), answer.json()["recovery_codes"]


async def test_a_code_is_asked_for_and_counts_once(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    (secret, used_up, step), _ = await with_second_factor(gateway, admin, "two-factors")
    needed = await log_in(gateway, "two-factors")
    assert (needed.status_code, needed.json()["code"]) == (401, "second_factor_needed")
    wrong = await log_in(gateway, "two-factors", password="wrong")
    assert wrong.json()["code"] == "wrong_credentials", "who has no password learns of no second factor"
    used = await log_in(gateway, "two-factors", used_up)
    assert used.json()["code"] == "wrong_code", "the one that confirmed it is used up"
    code = code_at(of_text(secret), max(int(time.time()) // STEP_S, step + 1))
    # Attempts are counted before they are judged: after the failures above, the fifth at once would have to wait.
    async with sql(gateway) as connection:
        await connection.execute("delete from failed_logins where account = 'two-factors'")
    both = await asyncio.gather(log_in(gateway, "two-factors", code), log_in(gateway, "two-factors", code))
    assert sorted(answer.status_code for answer in both) == [201, 401], "of two at once one gets in"
    async with sql(gateway) as connection:
        assert secret not in str(await connection.fetch("select * from second_factors"))


async def test_recovery_codes_log_in_once_each(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    _, codes = await with_second_factor(gateway, admin, "lost-phone")
    assert len(set(codes)) == 10
    assert (await log_in(gateway, "lost-phone", codes[3].upper())).status_code == 201
    assert (await log_in(gateway, "lost-phone", codes[3])).json()["code"] == "wrong_code"
    async with sql(gateway) as connection:
        rows = str(await connection.fetch("select * from recovery_codes"))
        assert not any(code in rows or code.replace("-", "") in rows for code in codes)
    answer = await log_in(gateway, "lost-phone", codes[4])
    async with gateway.client(answer.json()["token"]) as client:
        assert (await client.get("/me/second-factor")).json()["recovery_codes_left"] == 8
        off = {"password": PASSWORD, "code": "nonsense"}
        assert (await client.post("/me/second-factor/removal", json=off)).status_code == 422
        assert (await client.post("/me/second-factor/removal", json=off | {"code": codes[5]})).status_code == 204
    assert (await log_in(gateway, "lost-phone")).status_code == 201
    actions = [row["action"] for row in (await admin.get("/audit", params={"who": "lost-phone"})).json()["items"]]
    assert {"second_factor_begun", "second_factor_on", "recovery_code_used", "second_factor_off"} <= set(actions)


async def test_codes_cannot_be_tried_one_after_another(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await with_second_factor(gateway, admin, "code-guessed")
    for number in range(5):
        await log_in(gateway, "code-guessed")  # a right password in between makes no fresh start
        guess = await log_in(gateway, "code-guessed", f"{number:06}")
        if guess.status_code == 429:
            break
    assert (await log_in(gateway, "code-guessed", "000009")).status_code == 429
    assert (await admin.delete("/accounts/code-guessed/second-factor")).status_code == 204
    assert (await admin.delete("/accounts/code-guessed/second-factor")).status_code == 404


async def test_a_password_for_once_opens_nothing_but_its_change(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await register(admin, "once-1", "once")
    await account(admin, "once", must_change_password=True)
    answer = (await log_in(gateway, "once")).json()
    assert answer["user"]["must_change_password"]
    async with gateway.client(answer["token"]) as client:
        for path in ("/sites", "/cameras/once-1", "/events", "/status"):
            refused = await client.get(path)
            assert (refused.status_code, refused.json()["code"]) == (403, "password_must_change"), path
        refused = await client.post("/media-tokens", json={"camera": "once-1", "verb": "view"})
        assert refused.status_code == 403
        assert (await client.get("/sessions/current")).json()["user"]["must_change_password"]
        other = await log_in(gateway, "once")
        same = {"password": PASSWORD, "new_password": PASSWORD}
        assert (await client.put("/me/password", json=same)).status_code == 422
        assert (await client.put("/me/password", json={**same, "new_password": ANOTHER})).status_code == 204
        assert (await client.get("/sites")).status_code == 200
    async with gateway.client(other.json()["token"]) as client:
        assert (await client.get("/sites")).status_code == 401, "every other login has ended"
    assert not (await log_in(gateway, "once", password=ANOTHER)).json()["user"]["must_change_password"]
    await admin.patch("/accounts/once", json={"password": PASSWORD, "must_change_password": True})
    assert (await log_in(gateway, "once")).json()["user"]["must_change_password"]


async def test_an_ended_login_takes_everything_with_it_at_once(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await register(admin, "ended-1", "ended")
    await account(admin, "ended")
    stolen = (await log_in(gateway, "ended")).json()["token"]
    async with gateway.client(stolen) as thief, gateway.client(await gateway.token("ended", PASSWORD)) as owner:
        tokens = {
            verb: (await thief.post("/media-tokens", json={"camera": "ended-1", "verb": verb})).json()["token"]
            for verb in ("view", "snapshot", "playback")
        }
        address = f"{gateway.ws_url}/api/v1/cameras/ended-1/live?token={tokens['view']}"
        async with connect(address, proxy=None) as live, thief.stream("GET", "/events") as events:
            lines = events.aiter_lines()
            while not (await anext(lines)).startswith("event: hello"):
                pass
            logins = (await owner.get("/sessions")).json()["items"]
            assert [login["is_this"] for login in logins] == [True, False]
            assert stolen not in str(logins)
            assert logins[1]["agent"].startswith("python-httpx")
            began = time.monotonic()
            assert (await owner.delete(f"/sessions/{logins[1]['id']}")).status_code == 204
            with pytest.raises(ConnectionClosed) as closed:
                async with asyncio.timeout(10):
                    while True:
                        await live.recv()
            async with asyncio.timeout(10):
                while not (await anext(lines)).startswith("event: logged_out"):
                    pass
            print(f"\nlive view and events ended {(time.monotonic() - began) * 1e3:.0f} ms after the login")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401
        assert (await thief.get("/sites")).status_code == 401
        async with gateway.client() as nobody:
            for path, verb in (("snapshot.jpg", "snapshot"), ("playback.m3u8", "playback")):
                params = {"token": tokens[verb], "start": "2026-01-01T00:00:00Z"}
                answer = await nobody.get(f"/cameras/ended-1/{path}", params=params)
                assert (answer.status_code, answer.json()["code"]) == (401, "not_logged_in"), path
        with pytest.raises(ConnectionClosed) as closed:
            async with connect(address, proxy=None) as live:
                await live.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        assert (await owner.get("/sites")).status_code == 200
        assert (await owner.delete("/sessions/0123456789abcdef")).status_code == 404


async def test_an_administrator_logs_somebody_out_everywhere(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await account(admin, "thrown-out")
    tokens = [await gateway.token("thrown-out", PASSWORD) for _ in range(2)]
    assert len((await admin.get("/accounts/thrown-out/sessions")).json()["items"]) == 2
    assert (await admin.delete("/accounts/thrown-out/sessions")).status_code == 204
    for token in tokens:
        async with gateway.client(token) as client:
            assert (await client.get("/sites")).status_code == 401


async def new_token(client: httpx.AsyncClient, **change: Any) -> httpx.Response:
    ends_at = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    body = {"password": PASSWORD, "name": "dashboard", "verbs": ["view"], "ends_at": ends_at}
    return await client.post("/me/api-tokens", json=body | change)


async def test_a_token_for_a_program_may_less_than_its_owner(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    for site in ("api-a", "api-b"):
        await register(admin, f"{site}-1", site)
    await account(admin, "owner", sites=["api-a", "api-b"])
    async with gateway.client(await gateway.token("owner", PASSWORD)) as owner:
        token = (await new_token(owner, sites=["api-a"])).json()
        assert token["token"].startswith("bk_")
        async with gateway.client(token["token"]) as program:
            assert [site["id"] for site in (await program.get("/sites")).json()["items"]] == ["api-a"]
            assert (await program.get("/cameras/api-a-1")).status_code == 200
            assert (await program.get("/cameras/api-b-1")).status_code == 404
            assert (await program.get("/cameras/api-a-1/snapshot.jpg")).status_code == 403, "a verb it was not given"
            for path in ("/me/api-tokens", "/sessions", "/me/second-factor", "/notices/channels"):
                assert (await program.get(path)).status_code == 403, "it gives itself nothing"
            grant = await program.post("/media-tokens", json={"camera": "api-a-1", "verb": "view"})
            assert grant.status_code == 201
            more = await program.post("/media-tokens", json={"camera": "api-a-1", "verb": "playback"})
            assert more.status_code == 403
            # What the account loses, its tokens lose.
            await admin.patch("/accounts/owner", json={"sites": ["api-b"]})
            assert (await program.get("/sites")).json()["items"] == []
            await admin.patch("/accounts/owner", json={"is_enabled": False})
            assert (await program.get("/sites")).status_code == 401
            over = datetime.now(UTC) + timedelta(days=1)
            await admin.patch("/accounts/owner", json={"is_enabled": True, "ends_at": over.isoformat()})
            current = (await program.get("/sessions/current")).json()
            assert datetime.fromisoformat(current["expires_at"]) <= over
            over = datetime.now(UTC) + timedelta(seconds=2)
            await admin.patch("/accounts/owner", json={"ends_at": over.isoformat()})
            async with asyncio.timeout(20):
                while (await program.get("/sites")).status_code == 200:
                    await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"verbs": ["manage_accounts"]}, "verbs"),
        ({"verbs": ["manage_self"]}, "verbs"),
        ({"verbs": ["be_told"]}, "verbs"),
        ({"sites": ["elsewhere"]}, "sites"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"ends_at": "2099-01-01T00:00:00Z"}, "ends_at"),
        ({"password": "wrong"}, "password"),
    ],
)
async def test_no_token_for_more_than_one_may(
    gateway: Gateway, admin: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    name = f"asks-{field}-{'-'.join(str(value) for value in change.values())[-6:-1].strip('[]').replace(':', '')}"
    name = "".join(letter if letter.isalnum() else "-" for letter in name)
    await admin.post("/accounts", json={"name": name, "password": PASSWORD, "roles": ["viewer"], "sites": ["api-a"]})
    async with gateway.client(await gateway.token(name, PASSWORD)) as client:
        answer = await new_token(client, **change)
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_an_ended_token_takes_its_views_with_it(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await account(admin, "ends-tokens")
    async with gateway.client(await gateway.token("ends-tokens", PASSWORD)) as owner:
        added = (await new_token(owner)).json()
        headers = {"Authorization": f"Bearer {added['token']}"}
        address = f"{gateway.ws_url}/api/v1/cameras/api-a-1/live"
        async with connect(address, additional_headers=headers, proxy=None) as live:
            listed = (await owner.get("/me/api-tokens")).json()["items"]
            assert [(each["id"], each["name"]) for each in listed] == [(added["api_token"]["id"], "dashboard")]
            assert listed[0]["used_at"] is not None
            assert added["token"] not in str(listed)
            assert (await owner.delete(f"/me/api-tokens/{listed[0]['id']}")).status_code == 204
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(10):
                    while True:
                        await live.recv()
        async with gateway.client(added["token"]) as program:
            assert (await program.get("/sites")).status_code == 401
        again = (await new_token(owner)).json()
        async with sql(gateway) as connection:
            assert again["token"] not in str(await connection.fetch("select * from api_tokens"))
        assert (await admin.get("/accounts/ends-tokens/api-tokens")).json()["items"][0]["id"] == again["api_token"][
            "id"
        ]
        path = f"/accounts/ends-tokens/api-tokens/{again['api_token']['id']}"
        assert (await admin.delete(path)).status_code == 204


async def test_who_is_logged_in_hears_what_they_may_do(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await account(admin, "curious", "viewer")
    opened = (await log_in(gateway, "curious")).json()
    assert set(opened["user"]["verbs"]) == VERBS_OF_ROLE["viewer"]
    async with gateway.client(opened["token"]) as client:
        assert (await client.get("/sessions/current")).json()["user"] == opened["user"]
    await account(admin, "newly-made", must_change_password=True)
    assert set((await log_in(gateway, "newly-made")).json()["user"]["verbs"]) == {"stay_logged_in", "manage_self"}


async def test_every_login_but_this_one_ends_at_once(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await account(admin, "many-logins")
    here, *elsewhere = [await gateway.token("many-logins", PASSWORD) for _ in range(3)]
    async with gateway.client(here) as client:
        assert (await client.delete("/sessions")).status_code == 204
        (left,) = (await client.get("/sessions")).json()["items"]
        assert left["is_this"] is True
    for token in elsewhere:
        async with gateway.client(token) as client:
            assert (await client.get("/sites")).status_code == 401
    deeds = (await admin.get("/audit", params={"who": "many-logins", "action": "login_ended"})).json()["items"]
    assert deeds[0]["detail"] == {"account": "many-logins", "login": "others"}


async def test_an_administrator_sees_a_second_factor_and_takes_a_lost_one_away(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    await with_second_factor(gateway, admin, "broken-phone")
    path = "/accounts/broken-phone/second-factor"
    assert (await admin.get(path)).json() == {"is_on": True, "recovery_codes_left": 10}
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).json() == {"is_on": False, "recovery_codes_left": 0}
    assert (await log_in(gateway, "broken-phone")).status_code == 201, "the password alone is enough again"
    assert (await admin.get("/accounts/nobody-of-that-name/second-factor")).status_code == 404
