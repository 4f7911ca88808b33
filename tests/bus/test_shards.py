"""Leases on shards: fair, taken over within 6 s, handed back, and dropped by a worker that cannot say it lives."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest

from shared.clock import SystemClock
from shared.shards import DEAD_AFTER_S, Roll, ShardLeases, plan
from shared.subjects import SHARD_COUNT


@pytest.mark.parametrize("workers", [1, 2, 3, 7, 128, 130])
def test_everybody_takes_a_fair_share_and_all_is_taken(workers: int) -> None:
    names = [f"w{number}" for number in range(workers)]
    owners: dict[int, str] = {}
    for name in names:
        for shard in plan(name, owners, names).take:
            owners[shard] = name
    assert len(owners) == SHARD_COUNT
    counts = [list(owners.values()).count(name) for name in names]
    assert max(counts) - min(counts) <= 1
    assert all(plan(name, owners, names).take == plan(name, owners, names).give_back == () for name in names)


def test_what_is_too_much_goes_back_and_what_the_dead_had_is_taken() -> None:
    owners = dict.fromkeys(range(SHARD_COUNT), "a")
    assert len(plan("a", owners, ["a", "b"]).give_back) == 64
    assert plan("b", owners, ["a", "b"]).take == (), "nothing is taken from the living"
    assert len(plan("b", owners, ["b"]).take) == SHARD_COUNT


def test_alive_is_judged_by_ones_own_clock() -> None:
    roll = Roll("me")
    roll.saw("other", 100.0)
    assert roll.living(100.0 + DEAD_AFTER_S - 0.1) == {"me", "other"}
    assert roll.living(100.0 + DEAD_AFTER_S) == {"me"}
    roll.saw("other", 200.0)
    roll.left("other")
    assert roll.living(200.0) == {"me"}


class Worker:
    def __init__(self, bus, name: str):  # type: ignore[no-untyped-def]
        self.bus = bus
        self.leases = ShardLeases(bus, "ingest", name, SystemClock(), self._gained, self._lost)
        self.told: set[int] = set()
        self._running = asyncio.create_task(self._run())

    def _gained(self, shard: int) -> None:
        assert shard not in self.told
        self.told.add(shard)

    def _lost(self, shard: int) -> None:
        self.told.remove(shard)

    async def _run(self) -> None:
        while True:
            await self.leases.run_once()

    async def die(self) -> None:
        """As kill -9 does it: no word to anybody."""
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running


async def test_takeover_hand_back_and_no_shard_twice(connect, until) -> None:  # type: ignore[no-untyped-def]
    first = Worker(await connect("ingest"), "first")
    await until(lambda: len(first.told) == SHARD_COUNT, 10)
    second = Worker(await connect("ingest"), "second")
    await until(lambda: len(first.told) == len(second.told) == 64, 10)
    assert not first.told & second.told
    third = Worker(await connect("ingest"), "third")
    await until(lambda: sorted(map(len, (first.told, second.told, third.told))) == [42, 43, 43], 10)
    await second.die()
    began = time.monotonic()
    await until(lambda: len(first.told | third.told) == SHARD_COUNT, 10)
    assert time.monotonic() - began < 6.0
    await third.leases.release()
    await third.die()
    began = time.monotonic()
    await until(lambda: len(first.told) == SHARD_COUNT, 10)
    assert time.monotonic() - began < 2.5, "who leaves in order is followed at once"
    await first.die()


async def test_worker_cut_off_lets_go_and_comes_back(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    worker = Worker(await connect("ingest"), "only")
    await until(lambda: len(worker.told) == SHARD_COUNT, 10)
    nats_server.stop(9)
    await until(lambda: not worker.told, 12)
    nats_server.start()
    await until(lambda: len(worker.told) == SHARD_COUNT, 15)
    await worker.die()
