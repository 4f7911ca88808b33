"""Who is cancelled in the turn in which an answer comes is cancelled, on a real nats-server."""

from __future__ import annotations

import asyncio

import pytest

from shared.cancellation import kept_cancellation


async def cancelled_with_its_answer(bus, until, asking) -> None:  # type: ignore[no-untyped-def]
    """`asking` is cancelled by what wakes it: after the future of its answer is set, before it runs on."""
    waits = bus._client._resp_map
    before = set(waits)

    async def rounds() -> None:
        while True:
            await asking()

    task = asyncio.create_task(rounds())
    await until(lambda: set(waits) - before)
    (token,) = set(waits) - before
    waits[token].add_done_callback(lambda _: task.cancel())
    done, _ = await asyncio.wait({task}, timeout=5)
    if not done:
        task.cancel()
    assert done, "it went on for ever"
    assert task.cancelled()


async def test_a_loop_that_is_cancelled_with_its_answer_ends(connect, until) -> None:  # type: ignore[no-untyped-def]
    bus = await connect("ingest")
    bucket = await bus.kv("camera_states")
    await cancelled_with_its_answer(bus, until, lambda: bucket.get("school.one"))
    await cancelled_with_its_answer(bus, until, lambda: bucket.put("school.one", b"a"))


async def test_a_limit_that_runs_out_with_the_answer_has_run_out(connect) -> None:  # type: ignore[no-untyped-def]
    bus = await connect("ingest")
    bucket, waits = await bus.kv("camera_states"), bus._client._resp_map
    limits: list[asyncio.Timeout] = []

    async def ask() -> None:
        async with asyncio.timeout(None) as limit:
            limits.append(limit)
            await bucket.get("school.one")

    task = asyncio.create_task(ask())
    async with asyncio.timeout(5):
        while not waits:
            await asyncio.sleep(0)  # before the answer can have come
    (answer,) = waits.values()
    answer.add_done_callback(lambda _: limits[0]._on_timeout())
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
