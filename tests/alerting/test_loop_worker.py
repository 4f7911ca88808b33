"""From an alert to a closed case, on a real bus and a real database."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest
import pytest_asyncio

from services.alerting.adapters.unused_files import UnusedFiles
from services.alerting.inspection.frozen import commitment_of
from shared import subjects
from shared.bus import Bus
from shared.clock import FakeClock
from shared.embedded.process import Process
from shared.errors import RequestRefused
from shared.messages.alerting import Alert, AlertList, AlertReview, AlertsWanted
from shared.messages.base import Message
from shared.messages.inspections import (
    Draw,
    DrawChanged,
    DrawDepartment,
    DrawOpen,
    DrawReveal,
    DrawRule,
    InspectionChange,
    InspectionList,
    InspectionsWanted,
)
from shared.messages.orders import (
    Attachment,
    AttachmentPut,
    Case,
    CaseClose,
    CaseList,
    CaseOpen,
    CaseRef,
    CasesWanted,
    Order,
    OrderChange,
    OrderChanged,
    OrderRef,
    OrderServe,
)
from shared.objects import ObjectStore
from shared.subjects import CameraRef
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.facts import SECOND_US, camera, frame, person

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker(plant: Plant) -> AsyncIterator[Process]:
    async with plant.bus("gateway") as bus:
        bucket = await bus.kv("cameras")
        await bucket.put(CameraRef("school-1", "cook-1").key, camera().encode())
    process = await plant.worker()
    yield process
    await process.stop(LIMIT_S)


@pytest_asyncio.fixture(loop_scope="module")
async def gateway(plant: Plant, worker: Process) -> AsyncIterator[Bus]:
    async with plant.bus("gateway") as bus:
        yield bus


async def ask(bus: Bus, name: str, wanted: Message) -> bytes:
    return await bus.request("alerting", name, wanted)


async def an_alert(plant: Plant, bus: Bus) -> Alert:
    start_us = time.time_ns() // 1000 - 10 * SECOND_US
    async with plant.bus("detector") as detector:
        for second in range(5):
            await detector.publish_fact(frame(second, [person(mask=0.02)], start_us=start_us))
    async with asyncio.timeout(LIMIT_S):
        while True:
            found = AlertList.decode(await ask(bus, "alerts", AlertsWanted())).items
            if found:
                return found[0]
            await asyncio.sleep(0.1)


async def test_from_an_alert_to_a_closed_case(plant: Plant, gateway: Bus) -> None:
    told: list[OrderChanged] = []

    async def heard(subject: str, data: bytes, seq: int) -> None:
        told.append(OrderChanged.decode(data))

    await gateway.subscribe_facts(subjects.facts("alerting", "order_changed"), heard)
    alert = await an_alert(plant, gateway)
    opening = CaseOpen(
        by="li", site=alert.site, source="alert", title="Kitchen without masks", risk=alert.risk, alerts=(alert.alert,)
    )
    with pytest.raises(RequestRefused, match="Confirm the alert first"):
        await ask(gateway, "case_open", opening)
    await ask(gateway, "alert_review", AlertReview(alert=alert.alert, by="li", verdict="confirmed"))

    async def confirmed(is_in_case: bool | None) -> list[str]:
        wanted = AlertsWanted(verdicts=("confirmed",), is_in_case=is_in_case)
        return [one.alert for one in AlertList.decode(await ask(gateway, "alerts", wanted)).items]

    assert (await confirmed(False), await confirmed(True)) == ([alert.alert], [])
    case = Case.decode(await ask(gateway, "case_open", opening))
    assert (await confirmed(False), await confirmed(True), await confirmed(None)) == ([], [alert.alert], [alert.alert])
    assert (case.cameras, case.state) == (("cook-1",), "open")
    with pytest.raises(RequestRefused, match="already"):
        await ask(gateway, "case_open", opening)

    serve = OrderServe(case=case.case, by="li", kind="opinion", title="Wear masks", text="Everybody in the kitchen.")
    order = Order.decode(await ask(gateway, "order_serve", serve))
    assert order.due_us > order.served_us

    async def step(action: str, by: str, text: str = "") -> Order:
        change = OrderChange(order=order.order, by=by, action=action, text=text)  # type: ignore[arg-type]
        return Order.decode(await ask(gateway, "order_change", change))

    with pytest.raises(RequestRefused, match="nobody has read it"):
        await step("close", "li")
    assert (await step("read", "cook")).state == "read"
    with pytest.raises(RequestRefused, match="Say in words"):
        await step("answer", "cook")
    assert (await step("appeal", "cook", "We wore them")).state == "appealed"
    with pytest.raises(RequestRefused, match="Another person"):
        await step("reject", "li", "no")
    assert (await step("reject", "wang", "The picture shows it.")).state == "read"
    answered = await step("answer", "cook", "Masks were given out.")
    assert (answered.state, answered.may) == ("answered", ("answer", "appeal", "close", "reopen", "withdraw"))
    with pytest.raises(RequestRefused, match="not closed yet"):
        await ask(gateway, "case_close", CaseClose(case=case.case, by="li"))
    assert (await step("close", "li")).state == "closed"
    done = Case.decode(await ask(gateway, "case_close", CaseClose(case=case.case, by="li")))
    assert done.state == "closed"

    whole = Case.decode(await ask(gateway, "case", CaseRef(case=case.case)))
    assert [each.action for each in whole.orders[0].steps] == ["serve", "read", "appeal", "reject", "answer", "close"]
    assert whole.alerts == (alert.alert,)
    async with asyncio.timeout(LIMIT_S):
        while len(told) < 6:
            await asyncio.sleep(0.05)
    assert [fact.action for fact in told] == ["serve", "read", "appeal", "reject", "answer", "close"]


async def test_lists_by_site_and_state(gateway: Bus) -> None:
    made = CaseOpen(by="li", site="school-9", source="report", title="A broken bin", risk=3)
    case = Case.decode(await ask(gateway, "case_open", made))
    found = CaseList.decode(await ask(gateway, "cases", CasesWanted(sites=("school-9",), states=("open",)))).items
    assert [one.case for one in found] == [case.case]
    assert CaseList.decode(await ask(gateway, "cases", CasesWanted(sites=("nowhere",)))).items == ()
    late = CaseList.decode(await ask(gateway, "cases", CasesWanted(is_overdue=True))).items
    assert late == ()


@dataclass(frozen=True, slots=True)
class Orders:
    """Alerting's own answers about orders."""

    bus: Bus

    async def order(self, id: str) -> Order | None:
        try:
            return Order.decode(await ask(self.bus, "order", OrderRef(order=id)))
        except RequestRefused:
            return None


async def test_photos_that_no_answer_names_are_removed_after_a_day(plant: Plant, gateway: Bus) -> None:
    made = CaseOpen(by="li", site="school-8", source="report", title="A broken bin", risk=3)
    case = Case.decode(await ask(gateway, "case_open", made))
    serve = OrderServe(case=case.case, by="li", kind="opinion", title="Mend it", text="The lid.")
    order = Order.decode(await ask(gateway, "order_serve", serve))
    photos = []
    for number in range(2):
        data = base64.b64encode(b"\xff\xd8\xff" + bytes([number])).decode()
        put = AttachmentPut(order=order.order, by="cook", kind="image/jpeg", data_base64=data)
        photos.append(Attachment.decode(await ask(gateway, "attachment_put", put)))
    change = OrderChange(order=order.order, by="cook", action="read")
    await ask(gateway, "order_change", change)
    answer = OrderChange(order=order.order, by="cook", action="answer", text="Done.", attachments=(photos[0],))
    await ask(gateway, "order_change", answer)

    told = plant.servers.object_environment()
    bucket = f"{told['BK_S3_BUCKET']}-alerting"
    store = ObjectStore(told["BK_S3_ENDPOINT"], told["BK_S3_ACCESS_KEY"], told["BK_S3_SECRET_KEY"], bucket)
    now_us = time.time_ns() // 1000
    today = UnusedFiles(store, Orders(gateway), FakeClock(now_us + 23 * 3600 * SECOND_US))
    tomorrow = UnusedFiles(store, Orders(gateway), FakeClock(now_us + 25 * 3600 * SECOND_US))
    try:
        await store.put("orders/nobody-knows-this/x.jpg", b"x")
        assert await today.look() == 0
        assert await tomorrow.look() == 1
        assert await store.has(photos[0].object_name)
        assert not await store.has(photos[1].object_name)
        assert await store.has("orders/nobody-knows-this/x.jpg"), "what is not understood is left alone"
        assert await tomorrow.look() == 0
    finally:
        store.close()


async def test_a_draw_is_made_by_its_last_seed_and_told(gateway: Bus) -> None:
    """On alerting as it is wired: the hash is told before any seed, who did not come in time is named by the clock."""
    told: list[DrawChanged] = []

    async def heard(subject: str, data: bytes, seq: int) -> None:
        told.append(DrawChanged.decode(data))

    await gateway.subscribe_facts(subjects.facts("alerting", "draw_changed"), heard)
    now_us, seed, nonce = time.time_ns() // 1000, "1" * 64, "2" * 64
    asked = DrawOpen(
        by="li",
        title="x",
        kitchens=tuple(f"school-{number}" for number in range(20)),
        rule=DrawRule(count=4),
        departments=(
            DrawDepartment(department="A", account="a", commitment=commitment_of("A", seed, nonce)),
            DrawDepartment(department="B", account="b"),
        ),
        supervisors=("li", "wang"),
        commit_until_us=now_us + 2 * SECOND_US,
        reveal_until_us=now_us + 600 * SECOND_US,
        look_until_us=now_us + 900 * SECOND_US,
    )
    draw = Draw.decode(await ask(gateway, "draw_open", asked))
    async with asyncio.timeout(LIMIT_S):
        while not told:
            await asyncio.sleep(0.05)
    assert (told[0].action, told[0].state, told[0].late) == ("commit_time_over", "revealing", ("B",))
    shown = DrawReveal(draw=draw.draw, by="a", department="A", seed=seed, nonce=nonce)
    done = Draw.decode(await ask(gateway, "draw_reveal", shown))
    assert (done.state, len(done.chosen), done.late) == ("drawn", 4, ("B",))
    assert done.published_sha256 == told[0].published_sha256
    looks = InspectionList.decode(await ask(gateway, "inspections", InspectionsWanted(draws=(draw.draw,)))).items
    assert {one.site for one in looks} == {one.kitchen for one in done.chosen}
    # Two say at once what they found: one of them does, and one case is opened.
    one = looks[0]
    await ask(
        gateway, "inspection_change", InspectionChange(inspection=one.inspection, by="li", action="start", way="video")
    )
    found = InspectionChange(
        inspection=one.inspection, by="li", action="finish", found="violation", title="Open bins", risk=2
    )
    results = await asyncio.gather(
        *(ask(gateway, "inspection_change", found) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(result, bytes) for result in results) == 1
    opened = CaseList.decode(await ask(gateway, "cases", CasesWanted(sites=(one.site,)))).items
    assert [case.source for case in opened].count("inspection") == 1


async def test_what_happened_cannot_be_written_otherwise(plant: Plant, gateway: Bus) -> None:
    url = plant.servers.database_environment("alerting")["BK_DATABASE_URL"].replace("postgresql+asyncpg", "postgresql")
    connection = await asyncpg.connect(url, server_settings={"search_path": "alerting"})
    try:
        for statement in ("delete from order_steps", "update order_steps set by = 'nobody'"):
            with pytest.raises(asyncpg.RaiseError, match="never changed"):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_two_at_once_make_one_step(gateway: Bus) -> None:
    case = Case.decode(
        await ask(gateway, "case_open", CaseOpen(by="li", site="school-9", source="report", title="x", risk=2))
    )
    serve = OrderServe(case=case.case, by="li", kind="instruction", title="x", text="x")
    order = Order.decode(await ask(gateway, "order_serve", serve))
    answer = OrderChange(order=order.order, by="cook", action="answer", text="done")
    await ask(gateway, "order_change", answer)
    closing = OrderChange(order=order.order, by="li", action="close")
    results = await asyncio.gather(*(ask(gateway, "order_change", closing) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, bytes) for result in results) == 1
    assert all("it is closed" in str(result) for result in results if not isinstance(result, bytes))
