"""What is typed to find something: words in lists, in Chinese and Latin, never beyond the schools that one may see."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.gateway.alerting_desks import alerting_behind
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

EAST, SECOND = "find-east", "find-second"
CAMERAS = {
    "find-e1": (EAST, "烹饪间"),
    "find-s1": (SECOND, "烹饪间"),
    "find-s2": (SECOND, "Prep room １号"),
    "find-s3": (SECOND, "100% clean_room"),
}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def keeper(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """A supervisor of the second school; the first one, its camera and its case are not theirs."""
    async with gateway.client(await gateway.token()) as admin, alerting_behind(gateway):
        for site, name in ((EAST, "东方幼儿园"), (SECOND, "第二小学")):
            assert (await admin.post("/sites", json={"id": site, "name": name})).status_code == 201
        for id, (site, name) in CAMERAS.items():
            body = {"id": id, "site": site, "name": name, "main": {"url": "rtsp://127.0.0.1:9/x"}}
            assert (await admin.post("/cameras", json=body)).status_code == 201
        account = {"name": "finder", "password": PASSWORD, "roles": ["supervisor"], "sites": [SECOND]}
        assert (await admin.post("/accounts", json=account)).status_code == 201
        async with gateway.client(await gateway.token("finder", PASSWORD)) as client:
            yield client
        for id in CAMERAS:
            await admin.delete(f"/cameras/{id}")
        for site in (EAST, SECOND):
            await admin.delete(f"/sites/{site}")


async def found(client: httpx.AsyncClient, path: str, q: str, **more: str) -> list[str]:
    answer = await client.get(path, params={"q": q} | more)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


@pytest.mark.parametrize(
    ("q", "sites", "cameras"),
    [
        ("东方", [EAST], ["find-e1"]),
        ("方幼", [EAST], ["find-e1"]),
        ("东方 烹饪", [], ["find-e1"]),
        ("find-E", [EAST], ["find-e1"]),
        ("prep 1号", [], ["find-s2"]),
        ("ｐｒｅｐ　１", [], ["find-s2"]),
        ("00% clean_", [], ["find-s3"]),
        ("find-%", [], []),
        ("find_e", [], []),
        ("东方 小学", [], []),
        ("\\", [], []),
    ],
)
async def test_each_word_is_somewhere_in_a_name_or_an_id(
    admin: httpx.AsyncClient, keeper: httpx.AsyncClient, q: str, sites: list[str], cameras: list[str]
) -> None:
    assert (await found(admin, "/sites", q), await found(admin, "/cameras", q)) == (sites, cameras)


async def test_what_is_not_theirs_is_not_found(keeper: httpx.AsyncClient) -> None:
    assert await found(keeper, "/sites", "东方") == []
    assert await found(keeper, "/cameras", "烹饪") == ["find-s1"]
    assert await found(keeper, "/cameras", "烹饪", site=EAST) == []


async def test_what_is_found_comes_in_pages(admin: httpx.AsyncClient, keeper: httpx.AsyncClient) -> None:
    first = (await admin.get("/cameras", params={"q": "烹饪 find", "limit": "1"})).json()
    assert [one["id"] for one in first["items"]] == ["find-e1"]
    assert await found(admin, "/cameras", "烹饪 find", cursor=first["next_cursor"]) == ["find-s1"]
    too_long = await admin.get("/sites", params={"q": "x" * 101})
    assert (too_long.status_code, too_long.json()["errors"][0]["field"]) == (422, "q")


async def test_a_title_is_found_as_it_is_typed(admin: httpx.AsyncClient, keeper: httpx.AsyncClient) -> None:
    case = {"site": SECOND, "source": "inspection", "title": "100%/Ｐrep_room Ａ：ÉTÉ 冷库", "risk": 2}
    id = (await admin.post("/cases", json=case)).json()["id"]
    for typed in ("00%", "%/prep", "PREP_ROOM ａ:été", "prep_room", "冷库 100", f"{id[-6:]} 冷库"):
        assert await found(keeper, "/cases", typed) == [id], typed
    for typed in ("1%0", "prep%room", "pre__room", "//", "100%\\/", "冷库 热库"):
        assert await found(keeper, "/cases", typed) == [], typed


async def test_cases_and_orders_are_found_by_title_and_number(
    admin: httpx.AsyncClient, keeper: httpx.AsyncClient
) -> None:
    made = []
    for site in (EAST, SECOND):
        case = {"site": site, "source": "inspection", "title": "疑似鼠患：Prep room", "risk": 1}
        id = (await admin.post("/cases", json=case)).json()["id"]
        order = {"kind": "opinion", "title": "封堵鼠洞", "text": "Both of them."}
        made.append((id, (await admin.post(f"/cases/{id}/orders", json=order)).json()["id"]))
    (far, far_order), (near, near_order) = made
    assert set(await found(admin, "/cases", "鼠患 prep")) == {far, near}
    assert await found(admin, "/cases", far.upper()) == [far]
    assert await found(admin, "/cases", "鼠患 没有") == []
    assert await found(admin, "/orders", f"{near_order} 鼠洞") == [near_order]
    assert await found(keeper, "/cases", "鼠患") == [near]
    assert await found(keeper, "/cases", far) == []
    assert await found(keeper, "/orders", "鼠洞") == [near_order]
    assert await found(keeper, "/orders", far_order) == []
