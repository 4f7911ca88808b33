"""What somebody would try: ids of others, tokens for other things, other sites' pages, endless requests.

Most are made from the table of routes: a route that is added is attacked without a line here; a new kind of id needs one.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.gateway.adapters.http import bounds
from services.gateway.adapters.http.access import RULES
from services.gateway.rate_limits import RateLimit
from services.gateway.roles import VERBS_OF_ROLE, Role
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

OWN, FOREIGN = "red-own", "red-foreign"
ROLES: tuple[Role, ...] = ("viewer", "inspector", "supervisor", "chief", "school", "guest", "auditor", "sre")
UNSAFE = [key for key in RULES if key[0] in ("POST", "PUT", "PATCH", "DELETE")]
# Of what other services hold: they do not run here, so nothing can be told of it; their own tests show whose it is.
ELSEWHERE = "0000000000000000"
# What stands in an address, by what comes before it. Here is where a route with a new kind of id says what it is.
KINDS = {
    "cameras": "camera", "sites": "site", "accounts": "account", "sessions": "session", "units": "unit", "api-tokens": "api_token",
    "talks": "elsewhere", "cases": "elsewhere", "orders": "elsewhere", "rules": "elsewhere", "alerts": "elsewhere",
    "views": "elsewhere", "drills": "elsewhere", "broadcasts": "elsewhere", "announcements": "elsewhere",
    "announcement-schedules": "elsewhere", "clips": "elsewhere", "evidence": "elsewhere",
    "channels": "elsewhere", "devices": "elsewhere", "rotas": "elsewhere", "chains": "elsewhere", "messages": "elsewhere",
    "draws": "elsewhere", "inspections": "elsewhere", "calendars": "elsewhere", "silences": "elsewhere",
    "rooms": "elsewhere", "guests": "elsewhere", "people": "account", "shares": "account",
    "public-screens": "public_screen", "public": "elsewhere", "pictures": "part",
    # Parts of a name below an id.
    "recordings": "part", "gops": "part", "photos": "part", "checks": "part", "exports": "part", "": "part",
}  # fmt: skip


@dataclass
class Scene:
    """Two schools; somebody of each role at the one, and what there is to be had at the other."""

    people: dict[Role, httpx.AsyncClient]
    foreign: dict[str, str]
    secrets: list[str]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def scene(gateway: Gateway) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(gateway.client(await gateway.token()))
        for site in (OWN, FOREIGN):
            unit = {"id": f"{site}-unit", "name": f"secret name of {site}", "kind": "station"}
            assert (await admin.post("/units", json=unit)).status_code == 201
            await admin.post("/sites", json={"id": site, "name": f"secret name of {site}", "unit": unit["id"]})
            camera = {"id": f"{site}-1", "site": site, "name": site, "main": {"url": f"rtsp://10.6.6.6/{site}"}}
            assert (await admin.post("/cameras", json=camera)).status_code == 201
        people: dict[Role, httpx.AsyncClient] = {}
        for role in ROLES:
            account = {"name": f"red-{role}", "password": PASSWORD, "roles": [role], "sites": [OWN]}
            if role == "guest":
                account["ends_at"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
            assert (await admin.post("/accounts", json=account)).status_code == 201
            token = await gateway.token(f"red-{role}", PASSWORD)
            people[role] = await stack.enter_async_context(gateway.client(token))
        other = {"name": "red-victim", "password": PASSWORD, "roles": ["supervisor"], "sites": [FOREIGN]}
        assert (await admin.post("/accounts", json=other)).status_code == 201
        victim = await stack.enter_async_context(gateway.client(await gateway.token("red-victim", PASSWORD)))
        ends_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        body = {"password": PASSWORD, "name": "x", "verbs": ["view"], "ends_at": ends_at}
        added = (await victim.post("/me/api-tokens", json=body)).json()
        screen = {"name": "red", "cameras": [f"{FOREIGN}-1"], "ends_at": ends_at}
        made = (await admin.post("/public-screens", json=screen)).json()
        foreign = {
            "public_screen": made["screen"]["id"],
            "public": made["token"],
            "camera": f"{FOREIGN}-1",
            "site": FOREIGN,
            "unit": f"{FOREIGN}-unit",
            "account": "red-victim",
            "session": (await victim.get("/sessions")).json()["items"][0]["id"],
            "api_token": added["api_token"]["id"],
            "elsewhere": ELSEWHERE,
            "part": "main",
        }
        yield Scene(people, foreign, [f"secret name of {FOREIGN}", "10.6.6.6", added["token"]])
        assert (await victim.get("/sites")).status_code == 200, "the victim's login was not ended by anybody"
        assert (await admin.get(f"/cameras/{FOREIGN}-1")).status_code == 200
        assert (await admin.get(f"/public-screens/{made['screen']['id']}")).json()["revision"] == 1


def kinds_in(path: str) -> list[str]:
    """The kind of each id in an address; fails where it is not known."""
    parts, found = path.removeprefix("/api/v1/").split("/"), []
    for before, part in zip(["", *parts], parts, strict=False):
        if re.search(r"\{\w+\}", part):
            found.append(KINDS["" if before.startswith("{") else before])
    return found


def filled(path: str, foreign: dict[str, str]) -> str:
    kinds = iter(kinds_in(path))
    return re.sub(r"\{\w+\}", lambda _: foreign[next(kinds)], path).removeprefix("/api/v1")


async def test_every_kind_of_id_is_known() -> None:
    for _, path in RULES:
        kinds_in(path)


WITH_ID = [key for key in RULES if "{" in key[1] and key[0] != "WS"]


@pytest.mark.parametrize(("method", "path"), WITH_ID, ids=" ".join)
async def test_ids_of_another_school_open_nothing(scene: Scene, method: str, path: str) -> None:
    for role, client in scene.people.items():
        answer = await client.request(
            method,
            filled(path, scene.foreign),
            params={"start": "2026-01-01T00:00:00Z", "hour": "2026-01-01T00:00:00Z"},
        )
        # 422 comes before the id is looked at; 503: who would know does not run here.
        verb = RULES[(method, path)].verb
        may = verb is None or verb in VERBS_OF_ROLE[role]
        assert answer.status_code in ((404, 403, 413, 415, 422, 503) if may else (403,)), (role, answer.text)
        if kinds_in(path)[0] in ("camera", "site", "unit") and method in ("GET", "DELETE"):
            assert answer.status_code in (403, 404), (role, answer.text)
        if kinds_in(path)[0] in ("session", "api_token"):
            assert answer.status_code == 404, (role, answer.text)
        assert not any(secret in answer.text for secret in scene.secrets), (role, answer.text)


MEDIA = [(path, needs.token) for (method, path), needs in RULES.items() if needs.token and method != "WS"]


async def test_a_media_token_opens_its_camera_for_its_verb_alone(gateway: Gateway, scene: Scene) -> None:
    owner = scene.people["supervisor"]
    tokens = {}
    for verb in ("view", "snapshot", "playback"):
        answer = await owner.post("/media-tokens", json={"camera": f"{OWN}-1", "verb": verb})
        tokens[verb] = answer.json()["token"]
    params = {"start": "2026-01-01T00:00:00Z", "hour": "2026-01-01T00:00:00Z"}
    async with gateway.client() as nobody:
        for path, verb in MEDIA:
            assert verb is not None
            for camera, used in [(f"{FOREIGN}-1", verb), *((f"{OWN}-1", each) for each in tokens if each != verb)]:
                address = filled(path, scene.foreign | {"camera": camera})
                answer = await nobody.get(address, params=params | {"token": tokens[used]})
                assert (answer.status_code, answer.json()["code"]) == (403, "token_for_something_else"), address
            address = filled(path, scene.foreign | {"camera": f"{OWN}-1"})
            good = tokens[verb]
            for forged in (good[:-2], f"{good}x", "." + good, good.partition(".")[0] + ".", "é", ""):
                answer = await nobody.get(address, params=params | {"token": forged})
                assert answer.status_code == 401, (address, forged)
        for path in ("/sites", "/cameras", "/audit", "/sessions", f"/cameras/{OWN}-1"):
            assert (await nobody.get(path, params={"token": tokens["view"]})).status_code == 401
            headers = {"Authorization": f"Bearer {tokens['view']}"}
            assert (await nobody.get(path, headers=headers)).status_code == 401


async def test_a_public_screens_link_opens_two_addresses_and_nothing_else(gateway: Gateway, scene: Scene) -> None:
    link = scene.foreign["public"]
    async with gateway.client() as nobody:
        shown = await nobody.get(f"/public/{link}")
        assert shown.status_code == 200
        assert "set-cookie" not in shown.headers
        assert shown.json() == {
            "name": "red",
            "state": "open",
            "cameras": [{"number": 1, "name": FOREIGN}],
            "refresh_s": 1,
        }
        for forged in (link[:-1], f"{link}x", link.upper(), "pub_", "x", "é", "pub_" + "a" * 43, "a" * 500, "%00"):
            for address in (f"/public/{forged}", f"/public/{forged}/pictures/1.jpg"):
                answer = await nobody.get(address)
                assert answer.status_code in (400, 404, 422), (address, answer.text)
                assert FOREIGN not in answer.text
        for number in ("0", "2", "-1", "1000000000000000000000"):
            assert (await nobody.get(f"/public/{link}/pictures/{number}.jpg")).status_code in (404, 422)
        for method, path in RULES:
            if RULES[(method, path)].verb is None or method == "WS":
                continue
            address = filled(path, scene.foreign)
            carried: list[dict[str, dict[str, str]]] = [
                {"headers": {"Authorization": f"Bearer {link}"}},
                {"headers": {"Cookie": f"bk_session={link}"}},
                {"params": {"token": link}},
            ]
            for way in carried:
                answer = await nobody.request(method, address, **way)  # type: ignore[arg-type]
                assert answer.status_code in (401, 403), (method, address, way, answer.text)
    for query in (f"?token={link}", ""):
        bearer = {} if query else {"Authorization": f"Bearer {link}"}
        address = f"{gateway.ws_url}/api/v1/cameras/{FOREIGN}-1/live{query}"
        assert await close_code(address, additional_headers=bearer) == 4401


async def close_code(address: str, **more: object) -> int:
    """With which a WebSocket ends."""
    try:
        async with connect(address, proxy=None, **more) as socket, asyncio.timeout(10):  # type: ignore[arg-type]
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_a_websocket_opens_to_nobody_else(gateway: Gateway, scene: Scene) -> None:
    own, foreign = (f"{gateway.ws_url}/api/v1/cameras/{site}-1/live" for site in (OWN, FOREIGN))
    supervisor = scene.people["supervisor"]
    snapshot = (await supervisor.post("/media-tokens", json={"camera": f"{OWN}-1", "verb": "snapshot"})).json()["token"]
    view = (await supervisor.post("/media-tokens", json={"camera": f"{OWN}-1", "verb": "view"})).json()["token"]
    bearer = {"Authorization": supervisor.headers["Authorization"]}
    cookie = {"Cookie": f"bk_session={bearer['Authorization'].removeprefix('Bearer ')}"}
    assert await close_code(own) == 4401
    assert await close_code(f"{own}?token=nonsense") == 4401
    assert await close_code(f"{own}?token={snapshot}") == 4403
    assert await close_code(f"{foreign}?token={view}") == 4403
    assert await close_code(foreign, additional_headers=bearer) == 4404
    assert await close_code(own, additional_headers=cookie) == 4403, "without an Origin"
    assert await close_code(own, additional_headers=cookie, origin="https://evil.test") == 4403
    auditor = {"Authorization": scene.people["auditor"].headers["Authorization"]}
    assert await close_code(own, additional_headers=auditor) == 4403


@pytest.mark.parametrize(("method", "path"), UNSAFE, ids=" ".join)
async def test_another_sites_page_changes_nothing(gateway: Gateway, scene: Scene, method: str, path: str) -> None:
    if RULES[(method, path)].verb is None:
        return
    token = scene.people["supervisor"].headers["Authorization"].removeprefix("Bearer ")
    for headers in ({"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        async with httpx.AsyncClient(base_url=f"{gateway.url}/api/v1", cookies={"bk_session": token}) as browser:
            address = filled(path, scene.foreign | {"camera": f"{OWN}-1", "site": OWN})
            answer = await browser.request(method, address, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "rtsp://0.0.0.0/",
        "http://8.8.8.8/",
        "http://127.0.0.1:{port}/api/v1/sites",
        "http://2130706433:{port}/",
        "http://localhost:{port}/",
        "file:///etc/passwd",
        "gopher://10.0.0.1/",
        "concat:file1|file2",
        "rtsp://10.0.0.1@169.254.169.254/",
    ],
)
async def test_no_camera_form_reaches_what_is_no_camera(gateway: Gateway, admin: httpx.AsyncClient, url: str) -> None:
    address = url.format(port=urlsplit(gateway.url).port)
    body = {"id": "ssrf", "site": OWN, "name": "x", "main": {"url": address}}
    for answer in (await admin.post("/cameras", json=body), await admin.post("/cameras/probe", json={"url": address})):
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("name", ["..%2f..%2fsecret.mp4", "%2e%2e", "a%2fb.mp4", "x.mp4%00", "..%5cx.mp4", "a.mp4.exe"])
async def test_object_names_lead_nowhere_else(scene: Scene, name: str) -> None:
    supervisor = scene.people["supervisor"]
    for path in (
        f"/cameras/{OWN}-1/recordings/main/2026/01/01/{name}",
        f"/cameras/{OWN}-1/recordings/main/..%2f/01/01/x.mp4",
        f"/cameras/{OWN}-1/gops/main/run/{name}",
        f"/cameras/{OWN}-1/gops/main/..%2f..%2f/{name}",
    ):
        answer = await supervisor.get(path)
        assert answer.status_code in (400, 404), (path, answer.text)


@pytest.mark.parametrize(
    "file", [b"<html><script>alert(1)</script>", b"GIF89a<script>", b"%PDF-1.4", b"\xff\xd8\xff", b"MZ\x90\x00", b""]
)
async def test_a_file_that_only_says_it_is_a_picture(scene: Scene, file: bytes) -> None:
    headers = {"Content-Type": "image/jpeg"}
    answer = await scene.people["supervisor"].post(f"/sites/{OWN}/uniform/photos", content=file, headers=headers)
    assert answer.status_code == 422, answer.text


async def raw(gateway: Gateway, sent: bytes, limit_s: float = 10.0) -> bytes:
    """What comes back until the other side closes."""
    address = urlsplit(gateway.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(sent)
        async with asyncio.timeout(limit_s):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(("method", "path"), UNSAFE, ids=" ".join)
async def test_a_huge_body_is_not_read(gateway: Gateway, scene: Scene, method: str, path: str) -> None:
    address = f"/api/v1{filled(path, scene.foreign)}"
    for kind, size in (("application/json", 1_000_001), ("image/jpeg", 17 * 1024 * 1024)):
        head = f"{method} {address} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n"
        answer = await raw(gateway, head.encode())
        assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
        assert b'"code":"body_too_large"' in answer


async def test_a_huge_body_that_does_not_say_so_is_cut(gateway: Gateway) -> None:
    # One byte too many: who goes on sending after the answer may not get to read it.
    body = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    body = body * 15 + b"4241\r\n" + b"x" * 0x4241 + b"\r\n"
    for path in ("/sessions", "/sites"):
        head = f"POST /api/v1{path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        head += f"Authorization: Bearer {await gateway.token()}\r\nIdempotency-Key: huge\r\nConnection: close\r\n\r\n"
        answer = await raw(gateway, head.encode() + body)
        assert answer.startswith(b"HTTP/1.1 413"), answer[:200]
        assert b'"code":"body_too_large"' in answer


async def test_slow_clients_lose_their_connection(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await raw(gateway, b"") == b"", "asks for nothing"
    assert await raw(gateway, b"GET /api/v1/sites HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
    assert await raw(gateway, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 200_000) == b""
    asked = b"GET /api/v1/oidc HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = await raw(gateway, asked + b"GET /api/v1/oidc HTTP/1.1\r\nX-Slow: ")
    assert answer.count(b"HTTP/1.1 200") == 1, "the second request on a connection has no more time than the first"
    monkeypatch.setattr(bounds, "STILL_LIMIT_S", 0.3)
    head = b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{"
    answer = await raw(gateway, head)
    assert answer.startswith(b"HTTP/1.1 408"), answer[:100]


async def test_a_nul_is_refused_in_words(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/sessions", json={"name": "a\x00b", "password": "x"})
    assert answer.status_code == 422
    for path in ("/audit?who=a%00b", "/cameras/a%00b", "/sites?cursor=%00"):
        assert (await admin.get(path)).status_code in (400, 404), path


async def test_who_asks_too_often_waits(
    gateway: Gateway, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = gateway.rooms.doors.limits
    monkeypatch.setattr(limits.accounts, "per_s", 0.01)
    monkeypatch.setattr(limits.accounts, "burst", 3.0)
    answers = [await admin.get("/sessions/current") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["code"] == "too_many_requests"
    assert int(answers[3].headers["Retry-After"]) > 1
    monkeypatch.undo()
    assert (await admin.get("/sessions/current")).status_code == 200
    monkeypatch.setattr(limits.addresses, "per_s", 0.01)
    monkeypatch.setattr(limits.addresses, "burst", 1.0)
    async with gateway.client() as nobody:
        assert [(await nobody.get("/oidc")).status_code for _ in range(2)] == [200, 429]
        assert (await nobody.get(f"{gateway.url}/")).status_code == 200, "pages are not counted"


async def test_a_bucket_fills_again() -> None:
    limit = RateLimit(per_s=2.0, burst=4.0)
    assert [limit.wait_s("a", 0.0) for _ in range(5)] == [0, 0, 0, 0, 1]
    assert limit.wait_s("b", 0.0) == 0
    assert [limit.wait_s("a", 1.0) for _ in range(3)] == [0, 0, 1]
    assert [limit.wait_s("a", 1000.0) for _ in range(5)] == [0, 0, 0, 0, 1]
    assert all(RateLimit(0, 0).wait_s("a", 0.0) == 0 for _ in range(100))
