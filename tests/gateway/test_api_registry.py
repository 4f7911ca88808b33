"""Sites and cameras: what is kept, what ingest is told, what is refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg
import httpx
import pytest

from shared import subjects
from shared.messages.cameras import DesiredCamera
from shared.messages.ingest import ProbeReply, ProbeRequest
from shared.sealing import Sealer, decode_key
from shared.subjects import CameraRef
from tests.gateway.running_gateway import Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def add_site(admin: httpx.AsyncClient, id: str) -> None:
    assert (await admin.post("/sites", json={"id": id, "name": "二小", "kind": "primary"})).status_code == 201


async def desired(gateway: Gateway, camera: CameraRef, wanted: Any = lambda found: found is not None) -> Any:
    """What the bus says, once it is what is wanted."""
    bucket = await gateway.observer.kv("cameras")
    async with asyncio.timeout(5):
        while True:
            entry = await bucket.get(camera.key)
            found = DesiredCamera.decode(entry.value) if entry is not None and entry.value is not None else None
            if wanted(found):
                return found
            await asyncio.sleep(0.02)


async def test_a_site_from_cradle_to_grave(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/sites", json={"id": "site-1", "name": " 一小 ", "kind": "primary"})
    assert answer.status_code == 201
    assert answer.json() == {"id": "site-1", "name": "一小", "kind": "primary", "recordings_gb": None, "unit": None}
    assert answer.headers["Location"] == "/api/v1/sites/site-1"
    first = answer.headers["ETag"]
    assert (await admin.post("/sites", json={"id": "site-1", "name": "x"})).status_code == 409
    changed = await admin.patch("/sites/site-1", json={"name": "第一小学"}, headers={"If-Match": first})
    assert changed.json()["name"] == "第一小学"
    stale = await admin.patch("/sites/site-1", json={"name": "y"}, headers={"If-Match": first})
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_meanwhile")
    assert (await admin.patch("/sites/site-1", json={"kind": "other"}, headers={"If-Match": "*"})).status_code == 200
    assert (await admin.delete("/sites/site-1")).status_code == 204
    assert (await admin.get("/sites/site-1")).status_code == 404


async def test_lists_come_in_pages(admin: httpx.AsyncClient) -> None:
    for number in range(5):
        await add_site(admin, f"paged-{number}")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await admin.get("/sites", params=query)).json()
        seen += [site["id"] for site in page["items"]]
        assert len(page["items"]) <= 2
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(set(seen))
    assert {f"paged-{number}" for number in range(5)} <= set(seen)
    assert (await admin.get("/sites", params={"cursor": "???"})).json()["code"] == "bad_cursor"
    assert (await admin.get("/sites", params={"limit": "0"})).status_code == 422


async def test_ingest_is_told_of_a_camera_and_its_password_is_sealed(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    await add_site(admin, "sealed-site")
    body = {
        "id": "sealed-1",
        "site": "sealed-site",
        "name": "烹饪间",
        "purpose": "hygiene",
        "main": {"url": "rtsp://ana:s%40cret@10.0.0.7:554/1", "transport": "tcp"},
        "sub": {"url": "rtsp://10.0.0.7:554/2"},
    }
    answer = await admin.post("/cameras", json=body)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert "s@cret" not in answer.text
    assert "s%40cret" not in answer.text
    assert (shown["main"]["url"], shown["username"], shown["has_password"]) == ("rtsp://10.0.0.7:554/1", "ana", True)
    assert shown["state"]["condition"] == "connecting"
    camera = CameraRef("sealed-site", "sealed-1")
    told = await desired(gateway, camera)
    assert (told.main.url, told.main.transport, told.username) == ("rtsp://10.0.0.7:554/1", "tcp", "ana")
    sealer = Sealer([decode_key(gateway.peers.credentials.secret_key)])
    assert sealer.open(told.sealed_password, f"camera:{camera}") == "s@cret"
    assert "s@cret" not in (await admin.get("/audit", params={"camera": "sealed-1"})).text
    assert "s@cret" not in await everything_in_the_database(gateway)
    assert (await admin.patch("/cameras/sealed-1", json={"sub": None, "is_enabled": False})).status_code == 200
    told = await desired(gateway, camera, lambda found: found is not None and not found.is_enabled)
    assert told.sub is None
    assert told.sealed_password is not None
    assert (await admin.patch("/cameras/sealed-1", json={"password": None})).json()["has_password"] is False
    assert (await admin.delete("/sites/sealed-site")).json()["code"] == "site_in_use"
    assert (await admin.delete("/cameras/sealed-1")).status_code == 204
    await desired(gateway, camera, lambda found: found is None)


async def everything_in_the_database(gateway: Gateway) -> str:
    url = gateway.peers.postgres.url("gateway").replace("+asyncpg", "")
    connection = await asyncpg.connect(url, server_settings={"search_path": "gateway"})
    try:
        rows = [await connection.fetch(f"select * from {table}") for table in ("cameras", "audit", "outbox", "sites")]
        return str([dict(row) for table in rows for row in table])
    finally:
        await connection.close()


async def test_what_happened_is_a_fact(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    heard: list[tuple[str, dict[str, Any]]] = []

    async def hear(subject: str, data: bytes, number: int) -> None:
        heard.append((subject, json.loads(data)))

    camera = CameraRef("fact-site", "fact-1")
    end = await gateway.observer.subscribe_facts(subjects.facts("gateway", "*", camera), hear)
    await add_site(admin, "fact-site")
    body = {"id": "fact-1", "site": "fact-site", "name": "n", "main": {"url": "rtsp://10.0.0.7/1"}}
    await admin.post("/cameras", json=body)
    await admin.patch("/cameras/fact-1", json={"name": "m"})
    await admin.delete("/cameras/fact-1")
    async with asyncio.timeout(5):
        while len(heard) < 3:
            await asyncio.sleep(0.02)
    await end()
    names = [subject.rsplit(".", 1)[-1] for subject, _ in heard]
    assert names == ["camera_registered", "camera_changed", "camera_removed"]
    assert all(fact["camera"] == "fact-1" for _, fact in heard)


async def test_the_bucket_is_brought_back_to_what_the_register_says(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    await add_site(admin, "mirror-site")
    body = {"id": "mirror-1", "site": "mirror-site", "name": "n", "main": {"url": "rtsp://10.0.0.7/1"}}
    await admin.post("/cameras", json=body)
    camera = CameraRef("mirror-site", "mirror-1")
    told = await desired(gateway, camera)
    bucket = await gateway.observer.kv("cameras")
    await bucket.put(camera.key, told.model_copy(update={"name": "somebody else's"}).encode())
    await admin.patch("/cameras/mirror-1", json={"name": "ours"})
    assert (await desired(gateway, camera, lambda found: found.name == "ours")).name == "ours"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"main": {"url": "ftp://10.0.0.7/1"}}, ["main.url"]),
        ({"main": {"url": "http://169.254.169.254/"}, "sub": {"url": "rtsp://8.8.8.8/"}}, ["main.url", "sub.url"]),
        ({"main": {"url": "rtsp://127.0.0.1:{port}/"}}, ["main.url"]),
        ({"main": {"url": "file:///etc/passwd"}}, ["main.url"]),
        ({"site": "no-such-site"}, ["site"]),
        ({"id": "Not an id"}, ["id"]),
        ({"purpose": "party"}, ["purpose"]),
        ({"name": "  "}, ["name"]),
        ({"main": None}, ["main"]),
        ({"colour": "red"}, ["colour"]),
        (
            {"main": {"url": "rtsp://10.0.0.7/", "transport": "pigeon"}, "wants_audio": "perhaps"},
            ["main.transport", "wants_audio"],
        ),
    ],
)
async def test_a_camera_that_cannot_be_is_refused_field_by_field(
    gateway: Gateway, admin: httpx.AsyncClient, change: dict[str, Any], fields: list[str]
) -> None:
    await admin.post("/sites", json={"id": "refusing", "name": "n"})
    body = {"id": "refused", "site": "refusing", "name": "n", "main": {"url": "rtsp://10.0.0.7/1"}} | change
    own_port = gateway.url.rsplit(":", 1)[-1]
    body = json.loads(json.dumps(body).replace("{port}", own_port))
    answer = await admin.post("/cameras", json=body)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["code"] == "invalid_fields"
    assert sorted(fault["field"] for fault in problem["errors"]) == fields
    for fault in problem["errors"]:
        assert fault["problem"].endswith(".")
        assert fault["change"].endswith(".")


@pytest.mark.parametrize(
    ("change", "code", "facts"),
    [
        ({"main": {"url": "ftp://10.0.0.7/1"}}, "scheme_unknown", {"scheme": "ftp"}),
        ({"main": {"url": "rtsp://8.8.8.8/"}}, "address_not_ours", {"address": "8.8.8.8"}),
        ({"site": "no-such-site"}, "no_such_site", {"id": "no-such-site"}),
        ({"id": "Not an id"}, "form_of_id", {}),
        ({"name": "n" * 101}, "string_too_long", {"max_length": 100}),
        ({"recording": {"time_zone": "Mars"}}, "no_such_time_zone", {"zone": "Mars"}),
        ({"recording": {"mode": "calendar"}}, "windows_missing", {}),
        ({"name": "a\x00b"}, "nul_in_text", {}),
        ('{"id": ', "json_invalid", {"error": "Expecting value"}),
    ],
)
async def test_programs_are_told_the_same_as_people(
    admin: httpx.AsyncClient, change: dict[str, Any] | str, code: str, facts: dict[str, Any]
) -> None:
    await admin.post("/sites", json={"id": "refusing", "name": "n"})
    body = {"id": "refused", "site": "refusing", "name": "n", "main": {"url": "rtsp://10.0.0.7/1"}}
    content = change if isinstance(change, str) else json.dumps(body | change)
    answer = await admin.post("/cameras", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert [(fault["code"], fault["facts"]) for fault in answer.json()["errors"]] == [(code, facts)]


async def test_a_camera_id_is_made_up_where_none_is_given(admin: httpx.AsyncClient) -> None:
    await add_site(admin, "made-up")
    body = {"site": "made-up", "name": "n", "main": {"url": "rtsp://127.0.0.1:8554/1"}}
    made = [(await admin.post("/cameras", json=body)).json()["id"] for _ in range(2)]
    assert made[0] != made[1]
    listed = (await admin.get("/cameras", params={"site": "made-up"})).json()["items"]
    assert sorted(made) == [camera["id"] for camera in listed]


async def test_a_probe_asks_ingest_and_never_carries_a_password_in_the_address(
    gateway: Gateway, admin: httpx.AsyncClient
) -> None:
    asked: list[ProbeRequest] = []

    async def answer(data: bytes) -> ProbeReply:
        asked.append(ProbeRequest.decode(data))
        return ProbeReply(
            is_ok=True, reason_code="ok", reason="Pictures came.", codecs="avc1.64002A", width=1920, height=1080
        )

    order = {"url": "rtsp://ana:pw@10.0.0.7/1"}
    nobody = await admin.post("/cameras/probe", json=order)
    assert (nobody.status_code, nobody.json()["code"]) == (503, "peer_away")
    end = await gateway.ingest.serve("ingest", {"probe": answer})
    found = await admin.post("/cameras/probe", json=order)
    await end()
    assert found.json() | {"is_ok": True, "width": 1920} == found.json()
    assert (asked[0].url, asked[0].username, asked[0].password) == ("rtsp://10.0.0.7/1", "ana", "pw")
    refused = await admin.post("/cameras/probe", json={"url": "http://169.254.169.254/"})
    assert refused.json()["errors"][0]["field"] == "url"


async def test_a_stored_password_is_not_sent_to_another_host(admin: httpx.AsyncClient) -> None:
    await add_site(admin, "site-hosts")
    camera = {
        "id": "keeps-its-host", "site": "site-hosts", "name": "n", "username": "u", "password": "secret-word",
        "main": {"url": "rtsp://192.168.7.1/a"},
    }  # fmt: skip
    assert (await admin.post("/cameras", json=camera)).status_code == 201
    elsewhere = {"main": {"url": "rtsp://192.168.7.66/a"}}
    refused = await admin.patch("/cameras/keeps-its-host", json=elsewhere)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "password"
    for change in (
        {"main": {"url": "rtsp://192.168.7.1/other-path"}},
        elsewhere | {"password": "entered-again"},
    ):
        assert (await admin.patch("/cameras/keeps-its-host", json=change)).status_code == 200
