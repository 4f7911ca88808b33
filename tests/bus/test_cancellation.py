"""Who is cancelled in the turn in which an answer comes is cancelled, on a real nats-server."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from nats.aio.msg import Msg

from shared.cancellation import kept_cancellation
from shared.errors import PeerError
from shared.messages.ingest import ProbeRequest


async def asked(waits: dict[str, asyncio.Future[Msg]], before: set[str]) -> asyncio.Future[Msg]:
    """What waits for an answer that has not come."""
    async with asyncio.timeout(5):
        while not set(waits) - before:
            await asyncio.sleep(0)
    (token,) = set(waits) - before
    return waits[token]


async def cancelled_with_its_answer(bus, asking) -> None:  # type: ignore[no-untyped-def]
    """`asking` is cancelled by what wakes it: after the future of its answer is set, before it runs on."""
    waits = bus._client._resp_map
    before = set(waits)

    async def rounds() -> None:
        while True:
            await asking()

    task = asyncio.create_task(rounds())
    (await asked(waits, before)).add_done_callback(lambda _: task.cancel())
    done, _ = await asyncio.wait({task}, timeout=5)
    if not done:
        task.cancel()
    assert done, "it went on for ever"
    assert task.cancelled()


async def test_a_loop_that_is_cancelled_with_its_answer_ends(connect) -> None:  # type: ignore[no-untyped-def]
    bus = await connect("ingest")
    bucket = await bus.kv("camera_states")
    await cancelled_with_its_answer(bus, lambda: bucket.get("school.one"))
    await cancelled_with_its_answer(bus, lambda: bucket.put("school.one", b"a"))
    gateway = await connect("gateway")

    async def ask_nobody() -> None:
        with suppress(PeerError):
            await gateway.request("ingest", "probe", ProbeRequest(url="rtsp://h/1"))

    await ask_nobody()  # with the first question nats-py begins to listen for answers
    await cancelled_with_its_answer(gateway, ask_nobody)


async def test_a_limit_that_runs_out_with_the_answer_has_run_out(connect) -> None:  # type: ignore[no-untyped-def]
    bus = await connect("ingest")
    bucket, waits = await bus.kv("camera_states"), bus._client._resp_map
    limits: list[asyncio.Timeout] = []

    async def ask() -> None:
        async with asyncio.timeout(None) as limit:
            limits.append(limit)
            await bucket.get("school.one")

    task = asyncio.create_task(ask())
    (await asked(waits, set())).add_done_callback(lambda _: limits[0]._on_timeout())
    with pytest.raises(TimeoutError):
        await task


async def test_what_is_done_after_a_cancellation_may_ask() -> None:
    """Who closes up because it was cancelled is not cancelled by each of its requests."""
    closed = False

    async def work() -> None:
        nonlocal closed
        try:
            await asyncio.sleep(60)
        finally:
            with kept_cancellation():
                await asyncio.sleep(0)
            closed = True

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
    assert closed
