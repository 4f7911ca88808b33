"""Guests of other departments (45): gone at their end on every way in; of a shared case they see that and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.gateway.alerting_desks import Behind, alerting_behind
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

SITE, OTHER = "guest-school", "guest-other"
LIMIT_S = 20.0


def ends(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def behind(gateway: Gateway) -> AsyncIterator[Behind]:
    async with alerting_behind(gateway) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def people(gateway: Gateway, behind: Behind) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    made: dict[str, dict[str, Any]] = {
        "guest-li": {"roles": ["supervisor"]},
        "guest-edu": {"roles": ["guest"], "sites": [], "ends_at": ends(days=5)},
        "guest-fire": {"roles": ["guest"], "sites": [OTHER], "ends_at": ends(days=5)},
        "guest-near": {"roles": ["supervisor"], "sites": [OTHER], "ends_at": ends(days=5)},
    }
    async with gateway.client(await gateway.token()) as admin:
        for site in (SITE, OTHER):
            await admin.post("/sites", json={"id": site, "name": site})
            camera = {"id": f"{site}-1", "site": site, "name": site, "main": {"url": "rtsp://127.0.0.1:9/x"}}
            assert (await admin.post("/cameras", json=camera)).status_code == 201
        for name, more in made.items():
            answer = await admin.post("/accounts", json={"name": name, "password": PASSWORD} | more)
            assert answer.status_code == 201, answer.text
    clients = {name.removeprefix("guest-"): gateway.client(await gateway.token(name, PASSWORD)) for name in made}
    yield clients
    for client in clients.values():
        await client.aclose()
    async with gateway.client(await gateway.token()) as admin:
        for site in (SITE, OTHER):
            await admin.delete(f"/cameras/{site}-1")
            await admin.delete(f"/sites/{site}")


async def an_alert(behind: Behind, name: str, site: str = SITE, **columns: Any) -> None:
    body = {
        "alert": name, "site": site, "camera": f"{site}-1", "rule": "no_mask", "rule_version": 1, "about": "no_mask",
        "risk": 2, "progress": "over", "first_us": 1, "raised_us": 2, "last_us": 3, "broken": 1, "looked": 1,
    }  # fmt: skip
    row = {key: body[key] for key in ("alert", "site", "camera", "rule", "risk", "progress", "first_us", "last_us")}
    row |= {"shard": 0, "is_silent": False, **columns}
    body |= {key: row[key] for key in body.keys() & columns.keys()} | {"cameras": [row["camera"]]}
    names, places = ", ".join([*row, "body"]), ", ".join([*(f":{key}" for key in row), "cast(:body as jsonb)"])
    async with behind.database.transaction() as session:
        await session.execute(text(f"insert into alerts ({names}) values ({places})"), row | {"body": json.dumps(body)})


async def test_a_shared_case_its_alerts_and_orders_and_nothing_else(
    people: dict[str, httpx.AsyncClient], behind: Behind, admin: httpx.AsyncClient
) -> None:
    li, edu, near = people["li"], people["edu"], people["near"]
    await an_alert(behind, "guest-a1", verdict="confirmed", reviewed_by="li", reviewed_us=5)
    await an_alert(behind, "guest-a2")
    opened = {"site": SITE, "source": "alert", "title": "No masks", "risk": 2, "alerts": ["guest-a1"]}
    case = (await li.post("/cases", json=opened)).json()["id"]
    order = {"kind": "opinion", "title": "Wear masks", "text": "All of you."}
    order_id = (await li.post(f"/cases/{case}/orders", json=order)).json()["id"]
    own = [f"/cases/{case}", f"/orders/{order_id}", "/alerts/guest-a1"]
    for who in (edu, near):
        for path in own:
            assert (await who.get(path)).status_code == 404, path
    for account in ("guest-edu", "guest-near"):
        shared = await li.post(f"/cases/{case}/shares", json={"account": account, "until": ends(hours=1)})
        assert shared.status_code == 201, shared.text
    assert shared.json()["shared_with"] == ["guest-edu", "guest-near"]
    for who in (edu, near):
        for path in own:
            assert (await who.get(path)).status_code == 200, path
        assert [one["id"] for one in (await who.get("/cases")).json()["items"]] == [case]
        assert (await who.get("/alerts/guest-a2")).status_code == 404
        assert (await who.get("/alerts")).json()["items"] == []
        assert (await who.get(f"/cameras/{SITE}-1")).status_code == 404
        assert (await who.get(f"/sites/{SITE}")).status_code == 404
    # A supervisor of another school who is shown it may look and change nothing.
    for path, body in (
        (f"/cases/{case}/orders", order),
        (f"/cases/{case}/closing", {}),
        (f"/cases/{case}/notes", {"text": "I was here."}),
        (f"/cases/{case}/shares", {"account": "guest-fire", "until": ends(hours=1)}),
        (f"/orders/{order_id}/steps", {"action": "withdraw"}),
        ("/alerts/guest-a1/review", {"verdict": "false"}),
        ("/alerts/guest-a1/acknowledgement", None),
    ):
        assert (await near.post(path, json=body)).status_code == 404, path
        assert (await edu.post(path, json=body)).status_code in (403, 404), path
    noted = await li.post(f"/cases/{case}/notes", json={"text": "Two schools look on."})
    assert [note["text"] for note in noted.json()["notes"]] == ["Two schools look on."]
    behind.clock.by_us = 2 * 3600_000_000
    try:
        assert (await edu.get(own[0])).status_code == 404
        assert (await edu.get("/cases")).json()["items"] == []
    finally:
        behind.clock.by_us = 0
    assert (await li.delete(f"/cases/{case}/shares/guest-edu")).json()["shared_with"] == ["guest-near"]
    for path in own:
        assert (await edu.get(path)).status_code == 404, path
    rows = (await admin.get("/audit", params={"who": "guest-edu", "limit": 500})).json()["items"]
    assert [row["action"] for row in rows].count("shared_case_seen") == 3
    rows = (await admin.get("/audit", params={"who": "guest-li", "limit": 500})).json()["items"]
    assert {"case_shared", "case_unshared"} <= {row["action"] for row in rows}


CONFIRMED = {"verdict": "confirmed", "reviewed_by": "li", "reviewed_us": 5}
FROM_ALERT = {"source": "alert", "title": "No masks", "risk": 2}


async def test_a_case_is_about_one_school(people: dict[str, httpx.AsyncClient], behind: Behind) -> None:
    li, edu, near = people["li"], people["edu"], people["near"]
    await an_alert(behind, "guest-c1", **CONFIRMED)
    await an_alert(behind, "guest-c2", OTHER, **CONFIRMED)
    for who in (near, li):
        for more, code in (
            ({"alerts": ["guest-c1"]}, "no_such_alert"),
            ({"alerts": ["guest-c2", "guest-c1"]}, "no_such_alert"),
            ({"alerts": ["guest-c2"], "cameras": [f"{SITE}-1"]}, "no_such_camera"),
            ({"alerts": ["guest-c2"], "cameras": ["guest-nowhere"]}, "no_such_camera"),
        ):
            refused = await who.post("/cases", json=FROM_ALERT | {"site": OTHER} | more)
            assert (refused.status_code, refused.json()["code"]) == (404, code), more
    own = FROM_ALERT | {"site": OTHER, "alerts": ["guest-c2"], "cameras": [f"{OTHER}-1"]}
    made = await near.post("/cases", json=own)
    assert made.status_code == 201, made.text
    # One of before, which holds what it may not: whoever is shown it does not see that through it.
    case = made.json()["id"]
    async with behind.database.transaction() as session:
        await session.execute(text("update alerts set case_id = :case where alert = 'guest-c1'"), {"case": case})
    shared = await near.post(f"/cases/{case}/shares", json={"account": "guest-edu", "until": ends(hours=1)})
    assert shared.status_code == 201, shared.text
    assert (await edu.get("/alerts/guest-c2")).status_code == 200
    assert (await edu.get("/alerts/guest-c1")).status_code == 404


async def test_a_districts_outage_is_followed_up_at_each_school(
    people: dict[str, httpx.AsyncClient], behind: Behind
) -> None:
    """It is kept as the alert of one of them; the others have their own."""
    li = people["li"]
    await an_alert(behind, "guest-d1", outage="district", **CONFIRMED)
    await an_alert(behind, "guest-d2", OTHER, outage="site", district_into="guest-d1", **CONFIRMED)
    assert (await li.get("/alerts/guest-d1")).json()["sites"] == [OTHER, SITE]
    refused = await li.post("/cases", json=FROM_ALERT | {"site": OTHER, "alerts": ["guest-d1"]})
    assert (refused.status_code, refused.json()["code"]) == (404, "no_such_alert")
    for site, alert in ((SITE, "guest-d1"), (OTHER, "guest-d2")):
        made = await li.post("/cases", json=FROM_ALERT | {"site": site, "alerts": [alert]})
        assert made.status_code == 201, made.text
        assert made.json()["cameras"] == [f"{site}-1"]


async def test_of_a_districts_outage_each_sees_their_own_part(
    people: dict[str, httpx.AsyncClient], behind: Behind
) -> None:
    """A school's account, and whoever is shown a case, learn nothing of where else it was dark."""
    li, edu, near = people["li"], people["edu"], people["near"]
    await an_alert(behind, "guest-e1", OTHER, outage="district", progress="going_on", **CONFIRMED)
    member = {"outage": "site", "district_into": "guest-e1", "progress": "going_on"}
    await an_alert(behind, "guest-e2", SITE, **member)
    # Of a camera that was removed since nobody knows any more whose it was.
    await an_alert(behind, "guest-e3", SITE, folded_into="guest-e2", progress="going_on", camera="guest-removed")
    both, own = [f"{OTHER}-1", "guest-removed", f"{SITE}-1"], [f"{OTHER}-1"]

    def part(alert: dict[str, Any]) -> tuple[list[str], list[str], list[str], str]:
        return alert["cameras"], alert["sites"], alert["cameras_away"], alert["progress"]

    async def listed(who: httpx.AsyncClient) -> dict[str, Any]:
        items = (await who.get("/alerts", params={"limit": 100})).json()["items"]
        (found,) = (one for one in items if one["id"] == "guest-e1")
        return dict(found)

    whole = (both, [OTHER, SITE], sorted(both), "going_on")
    cut = (own, [OTHER], own, "going_on")
    assert part((await li.get("/alerts/guest-e1")).json()) == part(await listed(li)) == whole
    assert part((await near.get("/alerts/guest-e1")).json()) == part(await listed(near)) == cut
    for path, body in (("acknowledgement", None), ("review", {"verdict": "confirmed"})):
        changed = await near.post(f"/alerts/guest-e1/{path}", json=body)
        assert part(changed.json()) == cut, changed.text
    case = (await near.post("/cases", json=FROM_ALERT | {"site": OTHER, "alerts": ["guest-e1"]})).json()["id"]
    shared = await near.post(f"/cases/{case}/shares", json={"account": "guest-edu", "until": ends(hours=1)})
    assert shared.status_code == 201, shared.text
    assert part((await edu.get("/alerts/guest-e1")).json()) == cut


async def test_a_share_that_cannot_be(people: dict[str, httpx.AsyncClient]) -> None:
    li = people["li"]
    case = (await li.post("/cases", json={"site": SITE, "source": "report", "title": "x", "risk": 3})).json()["id"]
    for body, code in (
        ({"account": "guest-edu", "until": ends(days=6)}, "invalid_fields"),  # the account ends before
        ({"account": "nobody", "until": ends(days=1)}, "invalid_fields"),
        ({"account": "guest-li", "until": ends(days=-1)}, "until_wrong"),
    ):
        refused = await li.post(f"/cases/{case}/shares", json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_a_guest_needs_an_end_and_an_administrator_has_none(admin: httpx.AsyncClient) -> None:
    person = {"name": "guest-x", "password": PASSWORD, "roles": ["guest"], "sites": []}
    for body, field in (
        (person, "ends_at"),
        (person | {"ends_at": ends(days=-1)}, "ends_at"),
        ({**person, "ends_at": ends(days=1), "sites": None}, "sites"),
        ({"name": "guest-x", "password": PASSWORD, "roles": ["admin"], "ends_at": ends(days=1)}, "ends_at"),
    ):
        refused = await admin.post("/accounts", json=body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_at_the_end_every_way_in_is_closed(gateway: Gateway, admin: httpx.AsyncClient, behind: Behind) -> None:
    """Logins, lists, media tokens, events: at once, whoever was in."""
    body = {"name": "guest-gone", "password": PASSWORD, "roles": ["viewer"], "sites": [OTHER]}
    assert (await admin.post("/accounts", json=body)).status_code == 201
    over = datetime.now(UTC) + timedelta(seconds=4)
    assert (await admin.patch("/accounts/guest-gone", json={"ends_at": over.isoformat()})).status_code == 200
    async with gateway.client(await gateway.token("guest-gone", PASSWORD)) as guest, gateway.client() as anonymous:
        session = (await guest.get("/sessions/current")).json()
        assert datetime.fromisoformat(session["expires_at"]) <= over
        asked = {"camera": f"{OTHER}-1", "verb": "playback"}
        issued = (await guest.post("/media-tokens", json=asked)).json()
        assert datetime.fromisoformat(issued["expires_at"]) <= over
        heard: list[str] = []

        async def listen() -> None:
            async with guest.stream("GET", "/events", timeout=LIMIT_S) as events:
                async for line in events.aiter_lines():
                    heard.append(line)

        listening = asyncio.create_task(listen())
        async with asyncio.timeout(LIMIT_S):
            while (await guest.get("/cameras")).status_code == 200:
                await asyncio.sleep(0.1)
            assert datetime.now(UTC) >= over
            refused = await anonymous.post("/sessions", json={"name": "guest-gone", "password": PASSWORD})
            assert refused.status_code == 401
            path = f"/cameras/{OTHER}-1/playback.m3u8?start=2026-01-01T00:00:00Z&token={issued['token']}"
            assert (await anonymous.get(path)).status_code == 401
            await listening
    assert "event: logged_out" in heard


async def test_a_media_token_ends_with_its_login_and_keeps_to_its_schools(
    gateway: Gateway, admin: httpx.AsyncClient, people: dict[str, httpx.AsyncClient]
) -> None:
    body = {"name": "guest-token", "password": PASSWORD, "roles": ["viewer"], "sites": [OTHER]}
    assert (await admin.post("/accounts", json=body)).status_code == 201
    start = "start=2026-01-01T00:00:00Z"
    async with gateway.client() as anonymous:
        for change in ({"is_enabled": False}, {"sites": [SITE], "is_enabled": True}):
            await admin.patch("/accounts/guest-token", json={"is_enabled": True, "sites": [OTHER]})
            async with gateway.client(await gateway.token("guest-token", PASSWORD)) as client:
                asked = {"camera": f"{OTHER}-1", "verb": "playback"}
                token = (await client.post("/media-tokens", json=asked)).json()["token"]
            path = f"/cameras/{OTHER}-1/playback.m3u8?{start}&token={token}"
            # Nobody records here: 503 says that it came through.
            assert (await anonymous.get(path)).status_code == 503
            await admin.patch("/accounts/guest-token", json=change)
            assert (await anonymous.get(path)).status_code == 401
