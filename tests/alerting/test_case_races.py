"""Closing a case while somebody orders something in it: of what excludes each other only one is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.loop import PostgresLoop
from services.alerting.handlers.orders import LoopDesk
from services.alerting.loop.deadlines import DeadlinePolicy
from services.alerting.loop.working_time import weekdays
from services.alerting.wiring import _MIGRATIONS
from shared.clock import SystemClock
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.base import Message
from shared.messages.orders import (
    Case,
    CaseClose,
    CaseNoteAdd,
    CaseOpen,
    CaseRef,
    Order,
    OrderAction,
    OrderChange,
    OrderRef,
    OrderServe,
)
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.folding import never_folded

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Loop:
    """Alerting's desk on its database."""

    desk: LoopDesk
    database: Database

    async def case(self) -> str:
        return (await self.desk.open(opening())).case

    async def order(self, case: str) -> str:
        return (await self.desk.serve(serving(case))).order

    async def step(self, order: str, action: OrderAction, by: str) -> Order:
        return await self.desk.change(OrderChange(order=order, by=by, action=action, text="So it is.").encode())

    async def at_once(self, case: str, *doing: Coroutine[Any, Any, Message]) -> list[Message | BaseException]:
        """All of them have read what they read and wait for the case, which somebody holds; then it is let go."""
        async with self.database.transaction() as session:
            await session.execute(text("select 1 from cases where case_id = :case for update"), {"case": case})
            tasks: list[asyncio.Task[Message]] = []
            async with asyncio.timeout(LIMIT_S):
                for each in doing:
                    tasks.append(asyncio.create_task(each))
                    while await session.scalar(text("select count(*) from pg_locks where not granted")) < len(tasks):
                        await asyncio.sleep(0.01)
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def now(self, case: str) -> Case:
        return await self.desk.case(CaseRef(case=case).encode())

    async def told(self, case: str) -> list[str]:
        query = text("select fact from outbox where body->>'case' = :case order by number")
        async with self.database.transaction() as session:
            return list(await session.scalars(query, {"case": case}))


def opening(key: str | None = None, by: str = "li") -> bytes:
    return CaseOpen(by=by, site="school-1", source="report", title="Open bins", risk=2, key=key).encode()


def serving(case: str, key: str | None = None) -> bytes:
    return OrderServe(case=case, by="li", kind="opinion", title="Close the bins", text="Both.", key=key).encode()


def noting(case: str, key: str | None = None) -> bytes:
    return CaseNoteAdd(case=case, by="li", text="They promised new lids.", key=key).encode()


def closing(case: str, by: str = "li") -> bytes:
    return CaseClose(case=case, by=by, text="Nothing is left.").encode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loop(plant: Plant) -> AsyncIterator[Loop]:
    url = plant.servers.database_environment("alerting")["BK_DATABASE_URL"]
    database = Database(url, "alerting", pool_size=8)
    await database.migrate(_MIGRATIONS)
    clock = SystemClock()
    alerts = PostgresAlerts(database, lambda: None, never_folded())
    kept = PostgresLoop(database, alerts, clock.now_us, lambda: None)
    yield Loop(LoopDesk(kept, DeadlinePolicy(), weekdays, clock.now_us), database)
    await database.close()


async def test_two_who_close_a_case_close_it_once(loop: Loop) -> None:
    case = await loop.case()
    results = await loop.at_once(case, *(loop.desk.close(closing(case, by)) for by in ("li", "wang")))
    assert [one.state for one in results if isinstance(one, Case)] == ["closed", "closed"]
    assert (await loop.told(case)).count("CaseClosed") == 1
    assert len((await loop.now(case)).notes) == 1


@pytest.mark.parametrize("is_closing_first", [True, False])
async def test_a_case_is_closed_or_has_a_new_order(loop: Loop, is_closing_first: bool) -> None:
    case = await loop.case()
    both: list[Coroutine[Any, Any, Message]] = [loop.desk.close(closing(case)), loop.desk.serve(serving(case))]
    results = await loop.at_once(case, *(both if is_closing_first else reversed(both)))
    refusals = [one.code for one in results if isinstance(one, RequestRefused)]
    now = await loop.now(case)
    assert (now.state, len(now.orders), refusals) in (
        ("closed", 0, ["case_closed"]),
        ("open", 1, ["order_open"]),
    )


async def test_an_order_of_a_closed_case_stays_closed(loop: Loop) -> None:
    case = await loop.case()
    order = await loop.order(case)
    await loop.step(order, "answer", "cook")
    await loop.step(order, "close", "li")
    results = await loop.at_once(case, loop.desk.close(closing(case)), loop.step(order, "reopen", "li"))
    refusals = [one.code for one in results if isinstance(one, RequestRefused)]
    now = await loop.now(case)
    assert (now.state, now.orders[0].state, refusals) in (
        ("closed", "closed", ["case_closed"]),
        ("open", "served", ["order_open"]),
    )
    shown = await loop.desk.order(OrderRef(order=order).encode())
    assert [shown.may, now.orders[0].may] == [()] * 2 if now.state == "closed" else "withdraw" in shown.may


async def test_what_is_sent_again_is_made_once(loop: Loop) -> None:
    """Its answer was lost, or the first is still being done."""
    first = await loop.desk.open(opening("k-1"))
    again = await asyncio.gather(*(loop.desk.open(opening("k-1")) for _ in range(2)))
    assert {one.case for one in again} == {first.case}
    others = [await loop.desk.open(each) for each in (opening("k-2"), opening("k-1", by="wang"), opening(), opening())]
    assert len({first.case, *(one.case for one in others)}) == 5
    case = first.case
    served = await loop.at_once(case, *(loop.desk.serve(serving(case, "k-1")) for _ in range(2)))
    assert len({one.order for one in served if isinstance(one, Order)}) == 1
    await loop.desk.serve(serving(case, "k-2"))
    await asyncio.gather(*(loop.desk.note(noting(case, "k-1")) for _ in range(2)))
    await loop.desk.note(noting(case))
    noted = await loop.desk.note(noting(case))
    now = await loop.now(case)
    assert (len(now.orders), len(now.notes), noted.notes) == (2, 3, now.notes)
    assert sorted(await loop.told(case)) == ["CaseOpened", "OrderChanged", "OrderChanged"]


async def test_cases_opened_at_once_by_one_request_are_one(loop: Loop) -> None:
    opened = await asyncio.gather(*(loop.desk.open(opening("k-3")) for _ in range(4)))
    assert len({one.case for one in opened}) == 1
    assert (await loop.told(opened[0].case)).count("CaseOpened") == 1
