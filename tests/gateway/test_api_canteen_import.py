"""Canteens from a spreadsheet through the API: tried, done row by row, and done again without doing anything."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.gateway.canteen_sheet import COLUMNS
from shared.messages.cameras import DesiredCamera
from shared.sealing import Sealer, decode_key
from tests.gateway.running_gateway import PASSWORD, Gateway, no_chains

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEAD = ",".join(column.zh for column in COLUMNS)
SECRET = "hunter-two-in-the-kitchen"
ROWS = [
    f"导入区/导入所,imp-a,导入甲校,小学,imp-a-1,烹饪间,加工操作,rtsp://10.3.0.1/1,rtsp://10.3.0.1/2,cook,{SECRET}",
    f",imp-a,,,,备餐间,备餐,rtsp://u2:{SECRET}-2@10.3.0.2/1,,,",
    "导入区/导入所,imp-b,导入乙园,幼儿园,,,,,,,",
    "导入区/没有,imp-c,导入丙校,小学,,,,,,,",
    ",imp-a,,,imp-a-9,外网,仓储,rtsp://8.8.8.8/1,,,",
]


def sheet(*rows: str) -> bytes:
    return "\r\n".join([HEAD, *rows]).encode("gb18030")


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def boss(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with gateway.client(await gateway.token()) as client, no_chains(gateway):
        for id, name, parent in (("imp-zone", "导入区", None), ("imp-one", "导入所", "imp-zone")):
            body = {"id": id, "name": name, "kind": "station", "parent": parent}
            assert (await client.post("/units", json=body)).status_code == 201
        yield client
        for camera in (await client.get("/cameras", params={"limit": 500})).json()["items"]:
            if camera["site"].startswith("imp-"):
                await client.delete(f"/cameras/{camera['id']}")
        for path in ("/sites/imp-a", "/sites/imp-b", "/units/imp-one", "/units/imp-zone"):
            assert (await client.delete(path)).status_code == 204, path


async def done(client: httpx.AsyncClient, file: bytes) -> list[dict[str, Any]]:
    async with client.stream("POST", "/canteen-imports", content=file, headers={"Content-Type": "text/csv"}) as answer:
        assert answer.status_code == 200
        return [json.loads(line) async for line in answer.aiter_lines()]


def _said(value: Any) -> Any:
    """Without what is null: lines leave it out."""
    if isinstance(value, dict):
        return {name: _said(each) for name, each in value.items() if each is not None}
    return [_said(each) for each in value] if isinstance(value, list) else value


async def test_a_list_is_tried_done_and_done_again(gateway: Gateway, boss: httpx.AsyncClient) -> None:
    tried = (await boss.post("/canteen-imports/trial", content=sheet(*ROWS))).json()
    assert tried["counts"] == {"new": 3, "changed": 0, "unchanged": 0, "wrong": 2}
    assert [(row["row"], row["outcome"], row["site_outcome"], row["camera_outcome"]) for row in tried["rows"]] == [
        (2, "new", "new", "new"),
        (3, "new", "unchanged", "new"),
        (4, "new", "new", None),
        (5, "wrong", None, None),
        (6, "wrong", None, None),
    ]
    assert [row["errors"][0]["field"] for row in tried["rows"][3:]] == ["unit", "main_url"]
    assert (await boss.get("/sites/imp-a")).status_code == 404, "a trial keeps nothing"

    lines = await done(boss, sheet(*ROWS))
    assert [line["done"] for line in lines] == [1, 2, 3, 4, 5, 5]
    assert lines[-1]["counts"] == tried["counts"]
    assert [line["row"] for line in lines[:-1]] == _said(tried["rows"]), "done as it was tried"
    assert (await boss.get("/sites/imp-a")).json() | {"recordings_gb": None} == {
        "id": "imp-a", "name": "导入甲校", "kind": "primary", "unit": "imp-one", "recordings_gb": None,
    }  # fmt: skip
    camera = (await boss.get("/cameras/imp-a-1")).json()
    assert (camera["has_password"], camera["username"], camera["purpose"]) == (True, "cook", "processing")

    again = await done(boss, sheet(*ROWS))
    assert again[-1]["counts"] == {"new": 0, "changed": 0, "unchanged": 3, "wrong": 2}
    moved = ROWS[0].replace("rtsp://10.3.0.1/1", "rtsp://10.3.0.1/9").replace("小学", "中学")
    (row,) = (await boss.post("/canteen-imports/trial", content=sheet(moved))).json()["rows"]
    assert (row["outcome"], row["changes"]) == ("changed", ["site.kind", "main"])
    assert (await done(boss, sheet(moved)))[-1]["counts"]["changed"] == 1
    assert (await boss.get("/cameras/imp-a-1")).json()["main"]["url"] == "rtsp://10.3.0.1/9"


async def test_passwords_are_sealed_for_their_camera_and_never_come_back(
    gateway: Gateway, boss: httpx.AsyncClient
) -> None:
    await done(boss, sheet(*ROWS))
    opened = {}
    sealer = Sealer([decode_key(gateway.peers.credentials.secret_key)])
    register = gateway.rooms.registry.register
    for camera in await register.every_camera():
        if camera.site == "imp-a" and camera.sealed_password is not None:
            opened[camera.name] = sealer.open(camera.sealed_password, f"camera:{camera.ref}")
            assert camera.main.url.startswith("rtsp://10.3.0."), "no credentials in the address"
    assert opened == {"烹饪间": SECRET, "备餐间": f"{SECRET}-2"}
    wrong = sheet(ROWS[0].replace("烹饪间", "").replace("imp-a-1", "imp-a-7"))
    answers = [
        (await boss.post("/canteen-imports/trial", content=sheet(*ROWS))).text,
        (await boss.post("/canteen-imports/trial", content=wrong)).text,
        json.dumps(await done(boss, sheet(*ROWS))),
        (await boss.get("/audit", params={"limit": 200})).text,
        (await boss.get("/cameras", params={"limit": 500})).text,
    ]
    assert not any(SECRET in answer for answer in answers)
    assert "canteens_imported" in answers[3]


async def test_files_that_are_none_and_people_who_may_not(gateway: Gateway, boss: httpx.AsyncClient) -> None:
    for content, status, code in (
        (b"", 422, "bad_spreadsheet"),
        (b"PK\x03\x04nothing", 422, "bad_spreadsheet"),
        (b"a,b,c", 422, "invalid_fields"),
        (HEAD.encode(), 422, "invalid_fields"),
        (b"x" * 4_100_000, 413, "body_too_large"),
    ):
        for path in ("/canteen-imports/trial", "/canteen-imports"):
            answer = await boss.post(path, content=content, headers={"Content-Type": "text/csv"})
            assert (answer.status_code, answer.json()["code"]) == (status, code), content[:20]
    person = {"name": "imp-keeper", "password": PASSWORD, "roles": ["supervisor"]}
    assert (await boss.post("/accounts", json=person)).status_code == 201
    async with gateway.client(await gateway.token("imp-keeper", PASSWORD)) as keeper:
        assert (await keeper.post("/canteen-imports", content=sheet(*ROWS))).status_code == 403
        assert (await keeper.get("/canteen-imports/template.csv")).status_code == 403


async def test_a_template_comes_back_as_an_empty_list(boss: httpx.AsyncClient) -> None:
    for ending in ("csv", "xlsx"):
        for lang in ("zh-CN", "en"):
            template = await boss.get(f"/canteen-imports/template.{ending}", params={"lang": lang})
            assert template.status_code == 200
            assert template.headers["Content-Disposition"] == f'attachment; filename="canteens.{ending}"'
            refused = await boss.post("/canteen-imports/trial", content=template.content)
            assert "no row below" in refused.json()["errors"][0]["problem"]


async def test_cameras_are_told_where_their_school_belongs(gateway: Gateway, boss: httpx.AsyncClient) -> None:
    await done(boss, sheet(*ROWS))
    register, units = gateway.rooms.registry.register, gateway.rooms.organisation.units
    camera, site = await register.camera("imp-a-1"), await register.site("imp-a")
    assert camera is not None
    assert site is not None
    desired = DesiredCamera.decode(camera.desired(site, await units.path(site.unit)).encode())
    assert (desired.units, desired.site_name) == (("imp-zone", "imp-one"), "导入甲校")
