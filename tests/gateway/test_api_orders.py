"""Cases and orders through the API, alerting itself behind it: who may do what, photos, what each side sees."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.loop import PostgresLoop
from services.alerting.handlers.attachments import AttachmentDesk
from services.alerting.handlers.orders import LoopDesk
from services.alerting.loop.deadlines import DeadlinePolicy
from services.alerting.loop.working_time import weekdays
from services.alerting.wiring import _MIGRATIONS
from shared.clock import SystemClock
from shared.database import Database
from tests.alerting.folding import never_folded
from tests.gateway.order_papers import run_on
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

SITE = "loop-school"


class Bucket:
    """Objects in memory, in place of S3."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, name: str, data: bytes, content_type: str) -> None:
        self.kept[name] = data

    async def get(self, name: str) -> bytes:
        return self.kept[name]


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def alerting(gateway: Gateway) -> AsyncIterator[Bucket]:
    """Alerting's own desks on its own schema, answering on the bus."""
    database = Database(gateway.peers.postgres.url("alerting"), "alerting")
    await database.migrate(_MIGRATIONS)
    clock, bucket = SystemClock(), Bucket()
    loop = PostgresLoop(database, PostgresAlerts(database, lambda: None, never_folded()), clock.now_us, lambda: None)
    desk, files = LoopDesk(loop, DeadlinePolicy(), weekdays, clock.now_us), AttachmentDesk(bucket, loop, clock.now_us)
    bus = await gateway.peers.bus("alerting")
    answers = {
        "case_open": desk.open,
        "case": desk.case,
        "cases": desk.cases,
        "case_close": desk.close,
        "case_note": desk.note,
        "deadlines": desk.deadlines,
        "order_serve": desk.serve,
        "order": desk.order,
        "orders": desk.orders,
        "order_change": desk.change,
        "attachment_put": files.put,
        "attachment": files.get,
    }
    stop = await bus.serve("alerting", answers)
    yield bucket
    await stop()
    await bus.close()
    await database.close()


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def people(gateway: Gateway, alerting: Bucket) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A supervisor, another one, the school's own, and another school's."""
    async with gateway.client(await gateway.token()) as admin:
        for site in (SITE, "other-school"):
            await admin.post("/sites", json={"id": site, "name": site})
        made = {"li": ("supervisor", None), "wang": ("supervisor", None)}
        made |= {"chef": ("school", [SITE]), "stranger": ("school", ["other-school"])}
        for name, (role, sites) in made.items():
            body = {"name": name, "password": PASSWORD, "roles": [role], "sites": sites}
            assert (await admin.post("/accounts", json=body)).status_code == 201
    clients = {name: gateway.client(await gateway.token(name, PASSWORD)) for name in made}
    yield clients
    for client in clients.values():
        await client.aclose()


def photo() -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


async def served(people: dict[str, httpx.AsyncClient]) -> tuple[str, str]:
    """A case and its order."""
    case = {"site": SITE, "source": "inspection", "title": "Open bins", "risk": 2}
    opened = await people["li"].post("/cases", json=case)
    assert opened.status_code == 201, opened.text
    id = opened.json()["id"]
    body = {"kind": "opinion", "title": "Close the bins", "text": "Both of them, always."}
    order = await people["li"].post(f"/cases/{id}/orders", json=body)
    assert order.status_code == 201, order.text
    return id, order.json()["id"]


async def test_a_school_answers_with_a_photo_and_the_bureau_closes(people: dict[str, httpx.AsyncClient]) -> None:
    case, order = await served(people)
    cook, li = people["chef"], people["li"]
    shown: dict[str, Any] = (await cook.get("/cases")).json()["items"][0]
    assert (shown["id"], shown["orders"][0]["state"]) == (case, "served")
    await cook.post(f"/orders/{order}/steps", json={"action": "read"})
    kept = await cook.post(f"/orders/{order}/photos", content=photo(), headers={"Content-Type": "image/png"})
    assert kept.status_code == 201, kept.text
    answer = {"action": "answer", "text": "They have lids now.", "photos": [kept.json()]}
    answered = (await cook.post(f"/orders/{order}/steps", json=answer)).json()
    assert (answered["state"], answered["steps"][-1]["photos"][0]["name"]) == ("answered", kept.json()["name"])
    seen = await li.get(f"/orders/{order}/photos/{kept.json()['name']}")
    assert seen.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(seen.content)).size == (400, 300)
    assert (await li.get(f"/orders/{order}/photos/{'0' * 32}.jpg")).status_code == 404
    assert (await li.get(f"/orders/{order}/photos/..%2f..%2fsecret")).status_code == 404
    assert (await li.post(f"/orders/{order}/steps", json={"action": "close"})).json()["state"] == "closed"
    assert (await li.post(f"/cases/{case}/closing", json={})).json()["state"] == "closed"
    deeds = json.dumps((await people["li"].get("/cases")).json())
    assert "password" not in deeds


async def test_each_side_takes_its_own_steps(people: dict[str, httpx.AsyncClient]) -> None:
    _, order = await served(people)
    cook, li, wang = people["chef"], people["li"], people["wang"]
    refused = await cook.post(f"/orders/{order}/steps", json={"action": "withdraw"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    refused = await li.post(f"/orders/{order}/steps", json={"action": "answer", "text": "for them"})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert (await cook.post(f"/orders/{order}/steps", json={"action": "appeal", "text": "No."})).status_code == 200
    own = await li.post(f"/orders/{order}/steps", json={"action": "reject", "text": "Yes."})
    assert (own.status_code, own.json()["code"]) == (409, "four_eyes")
    other = await wang.post(f"/orders/{order}/steps", json={"action": "uphold"})
    assert other.json()["state"] == "withdrawn"


async def test_another_school_sees_nothing_of_it(people: dict[str, httpx.AsyncClient]) -> None:
    case, order = await served(people)
    stranger = people["stranger"]
    assert (await stranger.get("/cases")).json()["items"] == []
    for path in (f"/cases/{case}", f"/orders/{order}", f"/orders/{order}/photos/{'0' * 32}.jpg"):
        assert (await stranger.get(path)).status_code == 404, path
    answer = await stranger.post(f"/orders/{order}/steps", json={"action": "answer", "text": "mine"})
    assert answer.status_code == 404
    opened = await stranger.post("/cases", json={"site": SITE, "source": "report", "title": "x", "risk": 3})
    assert opened.status_code == 404


async def test_a_disguised_file_is_no_photo(people: dict[str, httpx.AsyncClient]) -> None:
    _, order = await served(people)
    for body in (b"%PDF-1.4 nothing", b"<svg onload=alert(1)>", b""):
        answer = await people["chef"].post(f"/orders/{order}/photos", content=body)
        assert answer.status_code == 422, answer.text


async def test_an_answer_that_is_sent_again_is_one_step(people: dict[str, httpx.AsyncClient]) -> None:
    """The network broke before the school heard that its answer had arrived."""
    _, order = await served(people)
    answer, key = {"action": "answer", "text": "Lids are on."}, {"Idempotency-Key": "draft-1"}
    for _ in range(3):
        told = await people["chef"].post(f"/orders/{order}/steps", json=answer, headers=key)
        assert told.status_code == 200, told.text
        assert [step["action"] for step in told.json()["steps"]] == ["serve", "answer"]
    another = await people["chef"].post(f"/orders/{order}/steps", json=answer, headers={"Idempotency-Key": "draft-2"})
    assert [step["action"] for step in another.json()["steps"]] == ["serve", "answer", "answer"]
    await people["li"].post(f"/orders/{order}/steps", json={"action": "close"}, headers=key)
    assert (await people["chef"].get(f"/orders/{order}")).json()["state"] == "closed", "a key is of one person"
    late = await people["chef"].post(f"/orders/{order}/steps", json=answer, headers=key)
    assert (late.json()["state"], late.headers["Idempotency-Replayed"]) == ("answered", "true"), "as it was answered"
    other = await people["chef"].post(f"/orders/{order}/steps", json=answer | {"text": "Not yet."}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_taken")


async def test_what_is_made_anew_is_made_once_where_the_gateway_kept_no_answer(
    gateway: Gateway, people: dict[str, httpx.AsyncClient]
) -> None:
    """Alerting took longer than the gateway waits: the key is free again at the door, and alerting knows it."""
    li = people["li"]
    opened = {"site": SITE, "source": "report", "title": "Lids", "risk": 2}
    ordered = {"kind": "opinion", "title": "Lids on", "text": "All bins."}

    async def twice(path: str, body: dict[str, Any], key: str = "made-1") -> tuple[dict[str, Any], dict[str, Any]]:
        answers = []
        for _ in range(2):
            answers.append(await li.post(path, json=body, headers={"Idempotency-Key": key}))
            await gateway.rooms.doors.keys.forget_old(gateway.rooms.people.clock.now() + timedelta(days=2))
        assert [each.status_code for each in answers] == [201, 201], answers
        assert not any("Idempotency-Replayed" in each.headers for each in answers), "both came through to alerting"
        return answers[0].json(), answers[1].json()

    case, again = await twice("/cases", opened)
    assert case["id"] == again["id"]
    order, same = await twice(f"/cases/{case['id']}/orders", ordered)
    assert order["id"] == same["id"]
    noted, not_again = await twice(f"/cases/{case['id']}/notes", {"text": "They were told."})
    assert (len(noted["notes"]), len(not_again["notes"])) == (1, 1)
    other, _ = await twice("/cases", opened | {"title": "Lids again"})
    assert other["id"] != case["id"], "another body is another request"


async def test_one_step_where_the_gateway_kept_no_answer(
    gateway: Gateway, people: dict[str, httpx.AsyncClient]
) -> None:
    """Killed between the deed and keeping its answer: the key is free again at the door, and alerting knows it."""
    _, order = await served(people)
    answer, key = {"action": "answer", "text": "Lids are on."}, {"Idempotency-Key": "draft-3"}
    keys = gateway.rooms.doors.keys
    for _ in range(2):
        told = await people["chef"].post(f"/orders/{order}/steps", json=answer, headers=key)
        assert told.status_code == 200, told.text
        assert "Idempotency-Replayed" not in told.headers, "it came through to alerting"
        assert [step["action"] for step in told.json()["steps"]] == ["serve", "answer"]
        await keys.forget_old(gateway.rooms.people.clock.now() + timedelta(days=2))
    sent = [people["chef"].post(f"/orders/{order}/steps", json=answer, headers=key) for _ in range(6)]
    for told in await asyncio.gather(*sent):
        assert told.status_code == 200 or told.json()["code"] == "idempotency_key_busy", told.text
    steps = (await people["chef"].get(f"/orders/{order}")).json()["steps"]
    assert [step["action"] for step in steps] == ["serve", "answer"]


async def test_orders_are_listed_by_who_waits_for_whom(people: dict[str, httpx.AsyncClient]) -> None:
    _, order = await served(people)

    async def ids(name: str, **asked: Any) -> list[str]:
        found = await people[name].get("/orders", params={"limit": 500, **asked})
        assert found.status_code == 200, found.text
        return [one["id"] for one in found.json()["items"]]

    assert order in await ids("li", mine=True)
    assert await ids("wang", mine=True) == []
    assert order not in await ids("li", overdue=True)
    assert await ids("stranger") == []
    assert order not in await ids("chef", state="answered")
    await people["chef"].post(f"/orders/{order}/steps", json={"action": "answer", "text": "Done."})
    answered = (await people["li"].get("/orders", params={"state": "answered", "limit": 500})).json()["items"]
    (waiting,) = (one for one in answered if one["id"] == order)
    assert "close" in waiting["may"]
    first = (await people["li"].get("/orders", params={"limit": 1})).json()
    second = (await people["li"].get("/orders", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert first["items"][0]["served_at"] > second["items"][0]["served_at"]


async def test_notes_and_the_reason_of_closing_stay(people: dict[str, httpx.AsyncClient]) -> None:
    case, order = await served(people)
    noted = await people["li"].post(f"/cases/{case}/notes", json={"text": "The cook was on leave."})
    assert noted.status_code == 201, noted.text
    assert (await people["chef"].post(f"/cases/{case}/notes", json={"text": "x"})).status_code == 403
    assert (await people["li"].post(f"/cases/{case}/notes", json={"text": "  "})).status_code == 422
    await people["li"].post(f"/orders/{order}/steps", json={"action": "withdraw"})
    closed = await people["li"].post(f"/cases/{case}/closing", json={"text": "Served by mistake."})
    assert closed.json()["state"] == "closed"
    notes = (await people["li"].get(f"/cases/{case}")).json()["notes"]
    assert [(note["by"], note["text"], note["is_closing"]) for note in notes] == [
        ("li", "The cook was on leave.", False),
        ("li", "Served by mistake.", True),
    ]


async def test_a_deadline_is_proposed_for_each_class(people: dict[str, httpx.AsyncClient]) -> None:
    told = (await people["li"].get("/deadlines")).json()
    assert [(one["risk"], one["working_hours"]) for one in told] == [(1, 4.0), (2, 24.0), (3, 75.0)]
    assert told[0]["due_at"] < told[1]["due_at"] < told[2]["due_at"]
    assert (await people["chef"].get("/deadlines")).status_code == 403


async def test_who_may_read_an_order_may_have_it_on_paper(
    gateway: Gateway, admin: httpx.AsyncClient, people: dict[str, httpx.AsyncClient]
) -> None:
    case, order = await served(people)
    kept = await people["chef"].post(f"/orders/{order}/photos", content=photo())
    answer = {"action": "answer", "text": "盖子已配齐。", "photos": [kept.json()]}
    await people["chef"].post(f"/orders/{order}/steps", json=answer)
    for name, language in (("li", "zh-CN"), ("chef", "en")):
        made = await people[name].get(f"/orders/{order}/document.pdf", params={"lang": language})
        assert made.status_code == 200, made.text
        assert made.headers["content-type"] == "application/pdf"
        assert made.headers["content-disposition"] == f'attachment; filename="order-{order}-{language}.pdf"'
        assert made.headers["cache-control"] == "no-store"
        said = run_on(made.content)
        for part in (order, case, SITE, "Bothofthem,always.", "盖子已配齐。", f"{gateway.url}/orders/{order}"):
            assert part in said, part
        assert kept.json()["sha256"] in said
        deeds = (await admin.get("/audit", params={"who": name, "action": "exported"})).json()["items"]
        told = {"what": "order", "kind": "pdf", "order": order, "site": SITE, "language": language}
        assert deeds[0]["detail"] == told


async def test_nobody_else_may_and_what_is_asked_wrong_is_said(people: dict[str, httpx.AsyncClient]) -> None:
    _, order = await served(people)
    path = f"/orders/{order}/document.pdf"
    assert (await people["stranger"].get(path)).status_code == 404
    assert (await people["li"].get("/orders/o000000000000/document.pdf")).status_code == 404
    assert (await people["li"].get(path, params={"lang": "fr"})).status_code == 422
    async with httpx.AsyncClient(base_url=people["li"].base_url, trust_env=False) as nobody:
        assert (await nobody.get(path)).status_code == 401


async def test_a_check_that_was_not_made_has_no_picture(people: dict[str, httpx.AsyncClient]) -> None:
    _, order = await served(people)
    for path in ("checks/1/before.jpg", "checks/9/after.jpg", "checks/1/during.jpg"):
        assert (await people["li"].get(f"/orders/{order}/{path}")).status_code in (404, 422), path
    assert (await people["stranger"].get(f"/orders/{order}/checks/1/before.jpg")).status_code == 404
