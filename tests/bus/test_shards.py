"""Leases on shards: fair, taken over within 6 s, handed back, and dropped by a worker that cannot say it lives."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress

import pytest

from shared.bus.kv import KvBucket
from shared.clock import SystemClock
from shared.shard_plan import DEAD_AFTER_S, Roll, plan
from shared.shards import FENCED_AFTER_S, ShardLeases
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


def beats(roll: Roll, *times: float) -> None:
    for at in times:
        roll.beat(at)


def test_alive_is_judged_by_ones_own_clock() -> None:
    roll = Roll("me")
    roll.beat(100.0)
    roll.saw("other", 100.4)
    beats(roll, 101.0, 102.0, 103.0)
    assert roll.living() == {"me", "other"}
    roll.beat(100.4 + DEAD_AFTER_S)
    assert roll.living() == {"me"}
    roll.saw("other", 104.0)
    assert roll.living() == {"me", "other"}
    roll.left("other")
    assert roll.living() == {"me"}


def test_nobody_is_dead_because_the_bus_was_away() -> None:
    roll = Roll("me")
    roll.beat(100.0)
    roll.saw("other", 100.5)
    roll.beat(160.0)
    assert roll.living() == {"me", "other"}, "for a minute nothing could be heard"
    roll.beat(161.0)
    assert roll.living() == {"me", "other"}
    beats(roll, 162.0, 163.0)
    assert roll.living() == {"me"}, "it did not come back"


def test_who_was_there_before_us_has_its_time() -> None:
    roll = Roll("me")
    roll.saw("other", 50.0)
    beats(roll, 60.0, 61.0, 62.0)
    assert roll.living() == {"me", "other"}
    roll.beat(63.0)
    assert roll.living() == {"me"}


class Worker:
    def __init__(self, bus, name: str, fenced_after_s: float = FENCED_AFTER_S):  # type: ignore[no-untyped-def]
        self.bus = bus
        self.leases = ShardLeases(
            bus, "ingest", name, SystemClock(), self._gained, self._lost, fenced_after_s=fenced_after_s
        )
        self.told: set[int] = set()
        self.losses = 0
        self._running = asyncio.create_task(self._run())

    def _gained(self, shard: int) -> None:
        assert shard not in self.told
        self.told.add(shard)

    def _lost(self, shard: int) -> None:
        self.told.remove(shard)
        self.losses += 1

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
    began, last_said = time.monotonic(), second.leases._said_at
    await until(lambda: len(first.told | third.told) == SHARD_COUNT, 10)
    ended = time.monotonic()
    assert ended - last_said >= DEAD_AFTER_S, "not before its time, counted from its last heartbeat"
    assert ended - began < 5.0
    await third.die()
    await third.leases.release()
    began = time.monotonic()
    await until(lambda: len(first.told) == SHARD_COUNT, 10)
    assert time.monotonic() - began < 1.0, "who leaves in order is followed at once"
    await first.die()


async def test_who_loses_a_shard_to_another_plans_again_at_once(connect, until, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """The last of all it takes goes to one that is dead by then: it is free again, and waits for no heartbeat."""
    foreign = await (await connect("ingest")).kv("shards_ingest")
    create, created, said = KvBucket.create, list[str](), list[int]()

    async def create_late(self: KvBucket, key: str, value: bytes) -> int:
        created.append(key)
        if len(created) == SHARD_COUNT:
            await foreign.put(key, b"ghost")
            said.append(worker.leases._said)
        return await create(self, key, value)

    monkeypatch.setattr(KvBucket, "create", create_late)
    worker = Worker(await connect("ingest"), "only")
    await until(lambda: len(worker.told) == SHARD_COUNT, 10)
    assert [worker.leases._said] == said
    await worker.die()


async def test_worker_cut_off_lets_go_and_comes_back(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    worker = Worker(await connect("ingest"), "only")
    await until(lambda: len(worker.told) == SHARD_COUNT, 10)
    nats_server.stop(signal.SIGKILL)
    began = time.monotonic()
    await until(lambda: not worker.told, 12)
    assert time.monotonic() - began < DEAD_AFTER_S, "before anybody else may begin"
    nats_server.start()
    await until(lambda: len(worker.told) == SHARD_COUNT, 5)
    await worker.die()


async def test_hung_bus_is_noticed_in_time(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    """Nothing is closed and nothing is answered, in the middle of whatever was being written."""
    worker = Worker(await connect("ingest"), "only")
    await until(lambda: len(worker.told) > 10, 10)
    nats_server.signal(signal.SIGSTOP)
    began = time.monotonic()
    await until(lambda: not worker.told, 12)
    assert time.monotonic() - began < DEAD_AFTER_S + 0.1
    nats_server.signal(signal.SIGCONT)
    await until(lambda: len(worker.told) == SHARD_COUNT, 10)
    await worker.die()


async def test_restart_of_the_bus_moves_no_shard_of_who_may_wait_for_it(nats_server, connect, until) -> None:  # type: ignore[no-untyped-def]
    workers = [Worker(await connect("ingest"), name, fenced_after_s=10.0) for name in ("first", "second")]
    await until(lambda: [len(worker.told) for worker in workers] == [64, 64], 10)
    before = [set(worker.told) for worker in workers]
    for worker in workers:
        worker.losses = 0
    nats_server.stop(signal.SIGKILL)
    await asyncio.sleep(DEAD_AFTER_S + 1.0)  # longer than it takes to be declared dead
    nats_server.start()
    await until(lambda: all(worker.bus.is_connected for worker in workers), 10)
    await asyncio.sleep(DEAD_AFTER_S)  # nothing is to happen
    assert [worker.told for worker in workers] == before
    assert [worker.losses for worker in workers] == [0, 0]
    for worker in workers:
        await worker.die()
