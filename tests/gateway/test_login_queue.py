"""Many log in at once: a few at a time, some in line, the others are told when; who is logged in goes on."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from services.gateway.adapters.login_queue import LoginQueue
from services.gateway.adapters.passwords import Argon2Hasher
from services.gateway.refusals import TryLater
from shared.clock import FakeClock
from tests.gateway.running_gateway import PASSWORD, Gateway

AT_ONCE, LINE = 3, 4


async def test_a_few_at_once_some_in_line_and_the_others_are_told_when() -> None:
    clock = FakeClock()
    queue = LoginQueue(clock, LINE)
    gates = [asyncio.Event() for _ in range(AT_ONCE + LINE)]
    in_turn: list[int] = []

    async def log_in(number: int) -> None:
        async with queue.turn():
            in_turn.append(number)
            await gates[number].wait()

    tasks = [asyncio.create_task(log_in(number)) for number in range(len(gates))]
    await settled(lambda: len(in_turn) == AT_ONCE)
    with pytest.raises(TryLater) as refused:
        async with queue.turn():
            raise AssertionError("the line is full")
    assert (refused.value.status, refused.value.code) == (503, "too_many_logins")
    assert 1 <= refused.value.retry_after_s <= 60
    tasks[AT_ONCE].cancel()  # one in line gave up: its place is free
    await asyncio.gather(tasks[AT_ONCE], return_exceptions=True)
    late = asyncio.create_task(log_in(AT_ONCE))
    for gate in gates:
        gate.set()
    await asyncio.wait_for(asyncio.gather(late, *(t for n, t in enumerate(tasks) if n != AT_ONCE)), 10)
    assert in_turn == [0, 1, 2, 4, 5, 6, 3], "who came first is let in first"


async def test_the_longer_turns_last_the_later_one_comes_again() -> None:
    clock = FakeClock()
    queue = LoginQueue(clock, 1)
    waits = []
    for turn_s in (0.1, 30.0):
        for _ in range(40):
            async with queue.turn():
                await clock.advance(turn_s)
        async with AsyncExitStack() as held:
            for _ in range(AT_ONCE):
                await held.enter_async_context(queue.turn())
            in_line = asyncio.create_task(pass_through(queue))
            await asyncio.sleep(0)
            with pytest.raises(TryLater) as refused:
                await pass_through(queue)
            waits.append(refused.value.retry_after_s)
        await in_line
    assert waits[0] == 1
    assert 10 <= waits[1] <= 60


async def pass_through(queue: LoginQueue) -> None:
    async with queue.turn():
        pass


async def settled(is_so: object, limit_s: float = 10.0) -> None:
    assert callable(is_so)
    async with asyncio.timeout(limit_s):
        while not is_so():
            await asyncio.sleep(0)


async def test_passwords_of_those_who_are_logged_in_have_a_bound_too() -> None:
    hasher = Argon2Hasher()
    found = await asyncio.gather(*(hasher.matches("x", None) for _ in range(60)), return_exceptions=True)
    refused = [each for each in found if isinstance(each, TryLater)]
    assert {each.code for each in refused} == {"too_many_passwords"}
    assert [each for each in found if each is False] == [False] * 42
    assert len(refused) == 18
    assert await hasher.matches("x", await hasher.hash("x"))
    await hasher.close()


@pytest.mark.skipif(sys.platform != "linux", reason="niceness is the process's elsewhere")
async def test_hashing_stands_behind_the_event_loop() -> None:
    hasher = Argon2Hasher()
    await asyncio.gather(hasher.hash("x"), hasher.hash("y"))
    threads = [each.native_id for each in threading.enumerate() if each.name.startswith("argon2")]
    niceness = {os.getpriority(os.PRIO_PROCESS, id) for id in threads if id is not None}
    assert max(niceness) > os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    await hasher.close()


@asynccontextmanager
async def full(queue: LoginQueue, waiting_max: int) -> AsyncIterator[None]:
    """Every turn is taken, and every place in line."""
    over = asyncio.Event()

    async def stay() -> None:
        async with queue.turn():
            await over.wait()

    tasks = [asyncio.create_task(stay()) for _ in range(AT_ONCE + waiting_max)]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        over.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 10)


@pytest.mark.asyncio(loop_scope="session")
async def test_who_is_logged_in_goes_on_while_the_line_is_full(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    body = {"name": "in-line", "password": PASSWORD, "roles": ["viewer"]}
    assert (await admin.post("/accounts", json=body)).status_code == 201
    async with gateway.client() as nobody:
        async with full(gateway.rooms.doors.login_queue, 100):
            for _ in range(60):  # more than would lock an address out, were they counted
                answer = await nobody.post("/sessions", json={"name": "in-line", "password": "wrong"})
                assert (answer.status_code, answer.json()["code"]) == (503, "too_many_logins")
                assert int(answer.headers["Retry-After"]) == answer.json()["retry_after_s"] >= 1
            assert (await admin.get("/cameras")).status_code == 200
        answer = await nobody.post("/sessions", json={"name": "in-line", "password": PASSWORD})
        assert answer.status_code == 201, answer.text


@pytest.mark.asyncio(loop_scope="session")
async def test_who_gave_up_in_line_is_not_let_in(gateway: Gateway, admin: httpx.AsyncClient) -> None:
    body = {"name": "gave-up", "password": PASSWORD, "roles": ["viewer"]}
    assert (await admin.post("/accounts", json=body)).status_code == 201
    async with gateway.client() as impatient, full(gateway.rooms.doors.login_queue, 0):
        with pytest.raises(httpx.ReadTimeout):
            await impatient.post("/sessions", json={"name": "gave-up", "password": PASSWORD}, timeout=0.5)
    await gateway.token()  # somebody who came after them is in: they had their turn
    rows = (await admin.get("/audit", params={"action": "log_in", "limit": 50})).json()["items"]
    assert "gave-up" not in [row["who"] for row in rows]
