"""OpenID Connect against a provider that is not ours, on loopback: what it vouches for, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
import pytest_asyncio
from fastapi import FastAPI
from oidc_provider_mock import User
from werkzeug.serving import BaseWSGIServer

from services.gateway.accounts import Account, Accounts
from services.gateway.adapters.http import oidc, problems, sessions
from services.gateway.adapters.oidc_provider import ClientOf, OidcProvider, is_fit
from services.gateway.handlers.oidc import OidcDesk
from services.gateway.oidc import GROUP_GRANTS, GroupGrant, Person, account_name, challenge_of, granted, safe_next
from services.gateway.roles import verbs_of
from shared.clock import SystemClock
from tests.gateway.running_gateway import Gateway

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    # The provider's own, about the library that it is made of.
    pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib"),
]

REDIRECT = "/api/v1/oidc/callback"
GRANTS = GROUP_GRANTS.validate_python(
    {
        "bureau": {"roles": ["supervisor"]},
        "station-1": {"roles": ["viewer"], "sites": ["s1", "s2"]},
        "station-2": {"roles": ["supervisor"], "sites": ["s2", "s3"]},
        "wrong": {"roles": ["school"]},
    }
)
PEOPLE = [
    User(sub="u-1", claims={"preferred_username": "Li Wei", "groups": ["station-1", "choir"]}),
    User(sub="u-2", claims={"preferred_username": "admin", "groups": ["bureau"]}),
    User(sub="u-3", claims={"preferred_username": "nobody", "groups": ["choir"]}),
    User(sub="u-4", claims={"preferred_username": "misfit", "groups": "wrong"}),
    User(sub="u-5", claims={"preferred_username": "zhao", "groups": ["station-1"]}),
    User(sub="u-6", claims={"preferred_username": "qian", "groups": ["station-1"]}),
]


@contextmanager
def provider(port: int = 0) -> Iterator[BaseWSGIServer]:
    with oidc_provider_mock.run_server_in_thread(port, require_nonce=True, user_claims=PEOPLE) as server:
        yield server


@dataclass
class Door:
    """The routes of OpenID Connect over the real gateway's people, with a provider."""

    client: httpx.AsyncClient
    provider: httpx.AsyncClient
    desk: OidcDesk

    async def begin(self, next: str = "/alerts") -> dict[str, str]:
        """What the browser brings to the provider."""
        answer = await self.client.get("/api/v1/oidc/login", params={"next": next})
        assert answer.status_code == 303, answer.text
        self.address = answer.headers["Location"]
        return {name: values[0] for name, values in parse_qs(urlsplit(self.address).query).items()}

    async def at_provider(self, subject: str) -> str:
        """Log in there; the address that the browser is sent back to."""
        answer = await self.provider.post(self.address, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    async def log_in(self, subject: str) -> httpx.Response:
        await self.begin()
        back = urlsplit(await self.at_provider(subject))
        return await self.client.get(f"{back.path}?{back.query}")


class _Hurried(SystemClock):
    """Waits are short: keys may be asked for again at once, and discovery is soon old. Dates are the real ones."""

    def monotonic(self) -> float:
        return super().monotonic() * 1000


@asynccontextmanager
async def door_to(gateway: Gateway, issuer: str, people: Any, box: Any, links: Any) -> AsyncIterator[Door]:
    client = ClientOf(
        issuer, "kitchen", "secret", f"http://test{REDIRECT}", "openid profile", "preferred_username", "groups"
    )
    vouches = OidcProvider(client, _Hurried())
    desk = OidcDesk(vouches, GRANTS, links, people, box)
    app = FastAPI()
    app.include_router(oidc.router)
    app.include_router(sessions.router)
    problems.install(app)
    app.state.rooms = SimpleNamespace(
        doors=SimpleNamespace(oidc=desk, oidc_name="the district"), is_cookie_secure=False
    )
    transport = httpx.ASGITransport(app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://test") as browser,
        httpx.AsyncClient(trust_env=False) as there,
    ):
        yield Door(browser, there, desk)
    await vouches.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def running(gateway: Gateway) -> AsyncIterator[BaseWSGIServer]:
    with provider() as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def door(gateway: Gateway, running: BaseWSGIServer) -> AsyncIterator[Door]:
    rooms = gateway.rooms
    issuer = f"http://localhost:{running.server_port}"
    async with door_to(gateway, issuer, rooms.people, rooms.doors.oidc.box, rooms.doors.oidc.links) as each:
        yield each


async def test_groups_become_roles_and_schools(gateway: Gateway, admin: httpx.AsyncClient, door: Door) -> None:
    asked = await door.begin()
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 32
    assert len(asked["nonce"]) >= 32
    answer = await door.log_in("u-1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/alerts"), answer.text
    assert "SameSite=strict" in answer.headers["Set-Cookie"]
    async with gateway.client(door.client.cookies["bk_session"]) as person:
        user = (await person.get("/sessions/current")).json()["user"]
    assert (user["name"], user["roles"], user["sites"]) == ("li-wei", ["viewer"], ["s1", "s2"])
    assert (await door.log_in("u-1")).status_code == 303, "the same person again"
    names = [each["name"] for each in (await admin.get("/accounts")).json()["items"]]
    assert len([name for name in names if name.startswith("li-wei")]) == 1
    row = (await admin.get("/audit", params={"who": "li-wei", "action": "log_in"})).json()["items"][0]
    assert row["detail"] == {"by": "oidc"}


class SlowAccounts:
    """The real ones, and what happens right after one was read."""

    def __init__(self, real: Accounts, meanwhile: Callable[[], Awaitable[object]]):
        self._real = real
        self._meanwhile = meanwhile

    async def find(self, name: str) -> Account | None:
        found = await self._real.find(name)
        await self._meanwhile()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


async def test_who_is_switched_off_meanwhile_stays_so(
    gateway: Gateway, admin: httpx.AsyncClient, running: BaseWSGIServer, door: Door
) -> None:
    """What the groups say is roles and schools; the rest is as it is at that moment."""
    assert (await door.log_in("u-5")).status_code == 303
    assert (await admin.patch("/accounts/zhao", json={"roles": ["supervisor"]})).status_code == 200

    async def switch_off() -> None:
        assert (await admin.patch("/accounts/zhao", json={"is_enabled": False})).status_code == 200

    rooms = gateway.rooms
    people = replace(rooms.people, accounts=cast(Accounts, SlowAccounts(rooms.people.accounts, switch_off)))
    issuer = f"http://localhost:{running.server_port}"
    async with door_to(gateway, issuer, people, rooms.doors.oidc.box, rooms.doors.oidc.links) as slow:
        assert (await slow.log_in("u-5")).status_code == 403
    now = await rooms.people.accounts.find("zhao")
    assert now is not None
    assert (now.is_enabled, now.roles) == (False, ("viewer",))


async def test_groups_do_not_take_the_last_administrator_away(
    gateway: Gateway, admin: httpx.AsyncClient, door: Door
) -> None:
    """Who is refused has lost nothing: settings or groups are put right, or another one is made first."""
    accounts = gateway.rooms.people.accounts
    assert (await door.log_in("u-6")).status_code == 303
    others = [each for each in await accounts.all() if "admin" in each.roles]
    await accounts.change("qian", lambda there, _: replace(there, roles=("admin",), sites=None))
    try:
        for each in others:
            await accounts.change(each.name, lambda there, _: replace(there, roles=("viewer",)))
        answer = await door.log_in("u-6")
        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
        now = await accounts.find("qian")
        assert now is not None
        assert now.roles == ("admin",)
    finally:
        for each in others:
            await accounts.change(each.name, lambda there, _, roles=each.roles: replace(there, roles=roles))
    row = (await admin.get("/audit", params={"who": "qian", "action": "log_in"})).json()["items"][0]
    assert row["outcome"] == "last_administrator"
    assert (await door.log_in("u-6")).status_code == 303, "there are others"
    now = await accounts.find("qian")
    assert now is not None
    assert now.roles == ("viewer",)


async def test_nobody_becomes_the_local_administrator(gateway: Gateway, door: Door) -> None:
    assert (await door.log_in("u-2")).status_code == 303
    async with gateway.client(door.client.cookies["bk_session"]) as person:
        user = (await person.get("/sessions/current")).json()["user"]
    assert user["name"].startswith("admin-")
    assert user["roles"] == ["supervisor"]


async def test_without_a_group_nobody_gets_in(door: Door) -> None:
    answer = await door.log_in("u-3")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_role")
    answer = await door.log_in("u-4")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_role")
    assert "BK_OIDC_GROUPS" in answer.json()["detail"]


async def test_an_answer_that_was_not_asked_for_is_worth_nothing(door: Door) -> None:
    await door.begin()
    back = urlsplit(await door.at_provider("u-1"))
    query = {name: values[0] for name, values in parse_qs(back.query).items()}
    for wrong in ({"state": "x"}, {"state": ""}):
        answer = await door.client.get(back.path, params=query | wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "attempt_unknown")
    cookie = door.client.cookies["bk_oidc"]
    door.client.cookies.clear()
    answer = await door.client.get(back.path, params=query)
    assert answer.json()["code"] == "attempt_unknown", "a code from another browser (login CSRF)"
    door.client.cookies.set("bk_oidc", cookie)
    answer = await door.client.get(back.path, params=query | {"code": "made-up"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_vouched")
    answer = await door.client.get(back.path, params={"error": "access_denied"})
    assert answer.json()["code"] == "not_vouched"
    assert (await door.client.get(back.path, params=query)).status_code == 303, "and the right one is"
    door.client.cookies.set("bk_oidc", cookie)
    answer = await door.client.get(back.path, params=query)
    assert answer.json()["code"] == "not_vouched", "a code counts once"


async def test_an_id_token_of_another_attempt_is_refused(door: Door) -> None:
    """The nonce binds it to the browser that asked."""
    await door.begin()
    first = door.address
    await door.begin()
    ours = parse_qs(urlsplit(door.address).query)
    door.address = first.replace(parse_qs(urlsplit(first).query)["state"][0], ours["state"][0])
    back = urlsplit(await door.at_provider("u-1"))
    answer = await door.client.get(f"{back.path}?{back.query}")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_vouched")


async def test_keys_change_without_notice(gateway: Gateway) -> None:
    rooms = gateway.rooms
    with provider() as server:
        port = server.server_port
        issuer = f"http://localhost:{port}"
        async with door_to(gateway, issuer, rooms.people, rooms.doors.oidc.box, rooms.doors.oidc.links) as door:
            assert (await door.log_in("u-1")).status_code == 303
            server.shutdown()
            server.server_close()
            with provider(port):
                assert (await door.log_in("u-1")).status_code == 303, "signed with a key that we never saw"
            away = await door.client.get("/api/v1/oidc/login")
            assert away.status_code == 303


async def test_it_is_off_by_default(gateway: Gateway) -> None:
    async with gateway.client() as client:
        assert (await client.get("/oidc")).json() == {"is_on": False, "name": ""}
        answer = await client.get("/oidc/login")
        assert (answer.status_code, answer.json()["code"]) == (404, "oidc_off")


@pytest.mark.parametrize(
    ("next", "safe"),
    [
        ("/alerts?open=1", "/alerts?open=1"),
        (None, "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("https://evil.test", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("javascript:1", "/"),
    ],
)
async def test_only_our_own_pages(next: str | None, safe: str) -> None:
    assert safe_next(next) == safe


@pytest.mark.parametrize(
    ("grants", "together"),
    [
        ([("supervisor", ["s1"]), ("viewer", None)], (["viewer"], None)),
        ([("viewer", None), ("supervisor", ["s1"])], (["viewer"], None)),
        ([("viewer", ["s1"]), ("supervisor", None)], (["viewer", "supervisor"], None)),
        ([("viewer", ["s1", "s2"]), ("supervisor", ["s2", "s1"])], (["viewer", "supervisor"], ["s1", "s2"])),
        ([("viewer", ["s1"]), ("supervisor", ["s1", "s2"])], (["viewer", "supervisor"], ["s1", "s2"])),
        ([("supervisor", ["s1"]), ("supervisor", ["s2"])], (["supervisor"], ["s1", "s2"])),
        ([("inspector", ["s1"]), ("supervisor", ["s2"])], (["inspector"], ["s1", "s2"])),
        ([("school", ["s1"]), ("viewer", ["s2"])], (["viewer"], ["s1", "s2"])),
        # Where the second is for, the first is too: what it alone allows counts there and everywhere else.
        ([("sre", None), ("viewer", ["s1"])], (["sre"], None)),
        ([("auditor", None), ("viewer", None)], (["auditor", "viewer"], None)),
        ([("admin", None), ("supervisor", ["s1"]), ("viewer", ["s2"])], (["admin", "supervisor", "viewer"], None)),
        ([("supervisor", None), ("viewer", []), ("viewer", ["s1"])], (["supervisor", "viewer"], None)),
        ([("auditor", ["s1"]), ("inspector", ["s2"])], None),
        ([], None),
    ],
)
async def test_no_school_is_given_what_no_group_gives_there(grants: list[Any], together: Any) -> None:
    found = {str(number): GroupGrant(roles=(role,), sites=sites) for number, (role, sites) in enumerate(grants)}
    one = granted(tuple(found), found)
    assert (None if one is None else (list(one.roles), one.sites and list(one.sites))) == together
    for site in ("s1", "s2", "s3"):
        given = [each for each in found.values() if each.sites is None or site in each.sites]
        sees = one is not None and (one.sites is None or site in one.sites)
        assert not sees or verbs_of(one.roles if one else ()) <= verbs_of(r for each in given for r in each.roles)


async def test_of_units_it_is_known_that_they_are_the_same_and_no_more() -> None:
    above, below = GroupGrant(roles=("supervisor",), units=("city",)), GroupGrant(roles=("viewer",), units=("east",))
    same = GroupGrant(roles=("inspector",), units=("city", "east"))
    both = granted(("a", "b"), {"a": above, "b": below})
    assert both is not None
    assert (both.roles, both.sites, both.units) == (("viewer",), (), ("city", "east"))
    all_three = granted(("a", "b", "c"), {"a": above, "b": below, "c": same})
    assert all_three is not None
    assert all_three.roles == ("viewer", "inspector"), "the third is wherever one of the others is"


async def test_small_rules() -> None:
    # RFC 7636, appendix B
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    both = granted(("station-1", "station-2"), GRANTS)
    assert both is not None
    assert (both.roles, both.sites) == (("viewer",), ("s1", "s2", "s3"))
    everywhere = granted(("station-1", "bureau"), GRANTS)
    assert everywhere is not None
    assert everywhere.sites is None
    assert granted(("choir",), GRANTS) is None
    assert account_name(Person("i", "s", "<script>", ()), is_taken=False) == "-script-"
    assert [is_fit(url) for url in ("https://a", "http://127.0.0.1:1/x", "http://a", "file:///etc")] == [
        True, True, False, False
    ]  # fmt: skip
