"""The organisation: a tree that people change, and accounts that see what lies under their units, at every moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio

from shared.bus import Bus
from shared.messages.cameras import DesiredCamera
from shared.messages.notices import PersonKnown
from shared.subjects import CameraRef
from tests.gateway.running_gateway import PASSWORD, Gateway, no_chains
from tests.gateway.test_api_events import Heard, alerting, listening, raised
from tests.gateway.test_api_live import bearer, close_code, watching

pytestmark = pytest.mark.asyncio(loop_scope="session")

# province > city > two stations, each with a school of one camera
CITY, EAST, WEST = "org-city", "org-east", "org-west"
UNITS = (
    ("org-province", "province", None),
    (CITY, "city", "org-province"),
    (EAST, "station", CITY),
    (WEST, "station", CITY),
)
SCHOOL_EAST, SCHOOL_WEST = "org-school-east", "org-school-west"
LIMIT_S = 20.0


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def chief(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator, with the tree made."""
    async with gateway.client(await gateway.token()) as admin, no_chains(gateway):
        for id, kind, parent in UNITS:
            answer = await admin.post("/units", json={"id": id, "name": id, "kind": kind, "parent": parent})
            assert answer.status_code == 201, answer.text
        for site, unit in ((SCHOOL_EAST, EAST), (SCHOOL_WEST, WEST)):
            made = await admin.post("/sites", json={"id": site, "name": site, "unit": unit})
            assert (made.status_code, made.json()["unit"]) == (201, unit)
            camera = {"id": f"{site}-1", "site": site, "name": site, "main": {"url": "rtsp://127.0.0.1:9/x"}}
            assert (await admin.post("/cameras", json=camera)).status_code == 201
        yield admin
        for site in (SCHOOL_EAST, SCHOOL_WEST):
            await admin.delete(f"/cameras/{site}-1")
            await admin.delete(f"/sites/{site}")
        for account in ("org-keeper", "org-head", "org-mover"):
            await admin.patch(f"/accounts/{account}", json={"units": None, "sites": []})
        for id, _, _ in reversed(UNITS):
            assert (await admin.delete(f"/units/{id}")).status_code == 204


async def person(gateway: Gateway, chief: httpx.AsyncClient, name: str, *units: str) -> httpx.AsyncClient:
    body = {"name": name, "password": PASSWORD, "roles": ["supervisor"], "units": list(units)}
    made = await chief.post("/accounts", json=body)
    assert (made.status_code, made.json()["units"]) == (201, list(units)), made.text
    return gateway.client(await gateway.token(name, PASSWORD))


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def keeper(gateway: Gateway, chief: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """The supervisor of the eastern station."""
    async with await person(gateway, chief, "org-keeper", EAST) as client:
        yield client


async def ids(client: httpx.AsyncClient, path: str) -> list[str]:
    return [one["id"] for one in (await client.get(path, params={"limit": 500})).json()["items"]]


async def test_while_alerting_is_away_no_unit_is_removed(gateway: Gateway) -> None:
    """First of all: nobody answers for its chains yet."""
    async with gateway.client(await gateway.token()) as admin:
        await admin.post("/units", json={"id": "org-alone", "name": "alone", "kind": "operator"})
        refused = await admin.delete("/units/org-alone")
        assert (refused.status_code, refused.json()["code"]) == (503, "peer_away")
        assert (await admin.get("/units/org-alone")).status_code == 200
        async with no_chains(gateway):
            assert (await admin.delete("/units/org-alone")).status_code == 204


async def test_the_tree_is_read_changed_and_refused_in_words(chief: httpx.AsyncClient) -> None:
    found = await chief.get(f"/units/{EAST}")
    assert found.json()["path"] == ["org-province", CITY, EAST]
    tag = found.headers["ETag"]
    named = await chief.patch(f"/units/{EAST}", json={"name_en": "East"}, headers={"If-Match": tag})
    assert (named.status_code, named.json()["name_en"], named.json()["parent"]) == (200, "East", CITY)
    assert (await chief.patch(f"/units/{EAST}", json={"name": "x"}, headers={"If-Match": tag})).status_code == 412
    circle = await chief.patch(f"/units/{CITY}", json={"parent": EAST})
    assert (circle.status_code, circle.json()["errors"][0]["field"]) == (422, "parent")
    assert "bite its tail" in circle.json()["errors"][0]["problem"]
    nowhere = await chief.post("/units", json={"id": "org-x", "name": "x", "kind": "station", "parent": "no-such"})
    assert "no unit 'no-such'" in nowhere.json()["errors"][0]["problem"]
    again = await chief.post("/units", json={"id": EAST, "name": "x", "kind": "station"})
    assert (again.status_code, again.json()["code"]) == (409, "unit_exists")
    assert (await chief.get("/units/no-such")).json()["code"] == "no_such_unit"
    assert (await chief.post("/sites", json={"id": "org-y", "name": "y", "unit": "no-such"})).status_code == 422
    page = (await chief.get("/units", params={"limit": 1})).json()
    assert len(page["items"]) == 1
    assert page["next_cursor"]


async def test_what_is_used_stays(chief: httpx.AsyncClient, keeper: httpx.AsyncClient) -> None:
    for unit, words in ((CITY, "units lie below"), (WEST, "Schools belong")):
        refused = await chief.delete(f"/units/{unit}")
        assert (refused.status_code, refused.json()["code"]) == (409, "unit_in_use")
        assert words in refused.json()["detail"]
    await chief.patch(f"/sites/{SCHOOL_EAST}", json={"unit": WEST})
    assert "Accounts are limited" in (await chief.delete(f"/units/{EAST}")).json()["detail"]
    await chief.patch(f"/sites/{SCHOOL_EAST}", json={"unit": EAST})


async def test_two_who_move_at_once_close_no_circle(chief: httpx.AsyncClient) -> None:
    for id in ("org-a", "org-b"):
        await chief.post("/units", json={"id": id, "name": id, "kind": "operator"})
    answers = await asyncio.gather(
        chief.patch("/units/org-a", json={"parent": "org-b"}), chief.patch("/units/org-b", json={"parent": "org-a"})
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    below, above = ("org-a", "org-b") if answers[0].status_code == 200 else ("org-b", "org-a")
    for id in (below, above):
        assert (await chief.delete(f"/units/{id}")).status_code == 204


async def test_one_station_sees_nothing_of_another(keeper: httpx.AsyncClient) -> None:
    assert await ids(keeper, "/sites") == [SCHOOL_EAST]
    assert await ids(keeper, "/cameras") == [f"{SCHOOL_EAST}-1"]
    assert await ids(keeper, "/units") == [CITY, EAST, "org-province"]
    assert (await keeper.get("/sessions/current")).json()["user"]["sites"] == [SCHOOL_EAST]
    assert [one["id"] for one in (await keeper.get("/status")).json()["cameras"]] == [f"{SCHOOL_EAST}-1"]
    for path, code in (
        (f"/sites/{SCHOOL_WEST}", "no_such_site"),
        (f"/cameras/{SCHOOL_WEST}-1", "no_such_camera"),
        (f"/cameras/{SCHOOL_WEST}-1/snapshot.jpg", "no_such_camera"),
        (f"/units/{WEST}", "no_such_unit"),
    ):
        answer = await keeper.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, code), path
    token = await keeper.post("/media-tokens", json={"camera": f"{SCHOOL_WEST}-1", "verb": "view"})
    assert (token.status_code, token.json()["code"]) == (404, "no_such_camera")
    assert (await keeper.get("/calendars")).json()["code"] == "out_of_scope"
    assert (await keeper.patch(f"/units/{EAST}", json={"name": "mine"})).status_code == 403


async def test_no_picture_of_another_station(gateway: Gateway, keeper: httpx.AsyncClient) -> None:
    async with watching(gateway, CameraRef(SCHOOL_WEST, f"{SCHOOL_WEST}-1"), **bearer(keeper)) as socket:
        assert (await close_code(socket))[0] == 4404


async def test_what_lies_above_sees_what_lies_below(gateway: Gateway, chief: httpx.AsyncClient) -> None:
    async with await person(gateway, chief, "org-head", CITY) as head:
        assert await ids(head, "/sites") == [SCHOOL_EAST, SCHOOL_WEST]
        both = await chief.patch("/accounts/org-head", json={"units": [EAST], "sites": [SCHOOL_WEST]})
        assert both.json()["units"] == [EAST]
        async with gateway.client(await gateway.token("org-head", PASSWORD)) as again:
            assert await ids(again, "/sites") == [SCHOOL_EAST, SCHOOL_WEST], "units and single schools add up"
    unknown = await chief.patch("/accounts/org-head", json={"units": ["no-such"]})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "units")
    boss = {"name": "org-boss", "password": PASSWORD, "roles": ["admin"], "units": [EAST]}
    assert (await chief.post("/accounts", json=boss)).json()["errors"][0]["field"] == "units"
    cooks = {"name": "org-cooks", "password": PASSWORD, "roles": ["school"], "units": []}
    assert (await chief.post("/accounts", json=cooks)).status_code == 422


async def test_a_program_s_token_sees_what_its_account_sees_now(gateway: Gateway, keeper: httpx.AsyncClient) -> None:
    ends_at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 3600, UTC).isoformat()
    body = {"password": PASSWORD, "name": "dashboard", "verbs": ["view"], "ends_at": ends_at}
    made = await keeper.post("/me/api-tokens", json=body)
    assert made.status_code == 201, made.text
    async with gateway.client(made.json()["token"]) as program:
        assert await ids(program, "/sites") == [SCHOOL_EAST]


async def test_a_school_that_moves_is_another_s_at_once(gateway: Gateway, chief: httpx.AsyncClient) -> None:
    """Lists and ids from the next request on; an open view and an open stream within the 5 s of their next look."""
    async with await person(gateway, chief, "org-mover", EAST) as mover:
        camera = f"{SCHOOL_EAST}-1"
        token = (await mover.post("/media-tokens", json={"camera": camera, "verb": "view"})).json()["token"]
        await _desired(gateway, SCHOOL_EAST, ("org-province", CITY, EAST))
        async with (
            watching(gateway, CameraRef(SCHOOL_EAST, camera), f"?token={token}") as socket,
            alerting(gateway) as bus,
            listening(mover) as heard,
        ):
            assert (await chief.patch(f"/sites/{SCHOOL_EAST}", json={"unit": WEST})).json()["unit"] == WEST
            assert await ids(mover, "/sites") == []
            assert (await mover.get(f"/cameras/{camera}")).status_code == 404
            assert (await mover.get("/sessions/current")).json()["user"]["sites"] == []
            code, reason = await close_code(socket, LIMIT_S)
            assert (code, "not one of yours" in reason) == (4404, True)
            await _desired(gateway, SCHOOL_EAST, ("org-province", CITY, WEST))
            await _known(gateway, "org-mover", ())
            await chief.patch(f"/sites/{SCHOOL_WEST}", json={"unit": EAST})
            await _hears_of(bus, heard, SCHOOL_WEST, never=SCHOOL_EAST)
            # And a whole unit moves with what is in it.
            assert (await chief.patch(f"/units/{EAST}", json={"parent": None})).json()["path"] == [EAST]
            await _desired(gateway, SCHOOL_WEST, (EAST,))
        for site, unit in ((SCHOOL_EAST, EAST), (SCHOOL_WEST, WEST)):
            await chief.patch(f"/sites/{site}", json={"unit": unit})
        await chief.patch(f"/units/{EAST}", json={"parent": CITY})


async def _hears_of(bus: Bus, heard: Heard, site: str, never: str) -> None:
    """Alerts of both schools are told: from the first of `site` that is heard, none of the other is."""

    async def tell() -> None:
        for number in range(round(LIMIT_S / 0.25)):
            for each in (never, site):
                await bus.publish_fact(raised(number, each).model_copy(update={"alert": f"org-{each}-{number}"}))
            await asyncio.sleep(0.25)

    telling = asyncio.create_task(tell())
    try:
        async with asyncio.timeout(LIMIT_S):
            while (await heard.next())[1]["site"] != site:
                pass
            assert [(await heard.next())[1]["site"] for _ in range(3)] == [site] * 3
    finally:
        telling.cancel()


async def _desired(gateway: Gateway, site: str, units: tuple[str, ...]) -> DesiredCamera:
    bucket = await gateway.observer.kv("cameras")
    async with asyncio.timeout(LIMIT_S):
        while True:
            entry = await bucket.get(CameraRef(site, f"{site}-1").key)
            if entry is not None and entry.value is not None:
                desired = DesiredCamera.decode(entry.value)
                if desired.units == units:
                    return desired
            await asyncio.sleep(0.05)


async def _known(gateway: Gateway, name: str, sites: tuple[str, ...]) -> None:
    """What alerting is told of whom it may tell."""
    bucket = await gateway.observer.kv("people")
    async with asyncio.timeout(LIMIT_S):
        while True:
            for key in await bucket.keys():
                entry = await bucket.get(key)
                person = None if entry is None or entry.value is None else PersonKnown.decode(entry.value)
                if person is not None and person.person == name and person.sites == sites:
                    return
            await asyncio.sleep(0.05)
