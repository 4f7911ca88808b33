"""Leases on shards: which of 128 shards this worker holds, shared fairly among the workers that live.

Theory of operation. A worker writes one heartbeat a second into `members_<service>`; every worker notes on its
own monotonic clock when it last saw each of the others move. Who has not moved for 3 s is dead (one that stops in
order deletes its key and is gone at once). `shards_<service>/<n>` holds the owner's name and never expires: a shard
is free when there is no such key or its owner is dead, and is taken by compare-and-set, so two can never both
have it. Everybody holds at most its fair share and hands back the rest. A worker whose own heartbeat could not be
written for 2.5 s lets go of everything before the others may take it (decision 0001).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from shared.bus.connection import Bus
from shared.bus.errors import BusUnreachable, RevisionConflict
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.clock import Clock
from shared.subjects import SHARD_COUNT
from shared.telemetry import gauge, log

HEARTBEAT_S = 1.0
DEAD_AFTER_S = 3.0
FENCED_AFTER_S = 2.5  # less than DEAD_AFTER_S: we stop before the others begin

_held = gauge("shards_held", "Shards leased by this worker")
_members = gauge("shard_members", "Workers of this service that are alive, as this one sees it")


# Shards are handed out in an order that has nothing to do with their numbers: CRC-32 is linear, so cameras numbered
# one after the other differ in a few bits of their shard only, and half of the numbers would hold a whole school.
_ORDER = sorted(range(SHARD_COUNT), key=lambda shard: sha256(bytes((shard,))).digest())
_PLACE = {shard: place for place, shard in enumerate(_ORDER)}


@dataclass(slots=True)
class Roll:
    """Who is alive, judged by this worker's own clock."""

    me: str
    seen_at: dict[str, float] = field(default_factory=dict)

    def saw(self, worker: str, now: float) -> None:
        self.seen_at[worker] = now

    def left(self, worker: str) -> None:
        self.seen_at.pop(worker, None)

    def living(self, now: float) -> frozenset[str]:
        """Always including ourselves."""
        alive = {worker for worker, at in self.seen_at.items() if now - at < DEAD_AFTER_S}
        return frozenset(alive | {self.me})


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do in this round."""

    take: tuple[int, ...]
    give_back: tuple[int, ...]


def plan(me: str, owners: Mapping[int, str], living: Iterable[str]) -> Plan:
    """Compare who owns what with who lives.

    Shares differ by one at most: the first workers by name have the remainder, so that all reckon the same.
    """
    workers = sorted(set(living) | {me})
    quota, remainder = divmod(SHARD_COUNT, len(workers))
    share = quota + (1 if workers.index(me) < remainder else 0)
    mine = sorted((shard for shard, owner in owners.items() if owner == me), key=_PLACE.__getitem__)
    if len(mine) > share:
        return Plan((), tuple(mine[share:]))
    alive = set(workers)
    free = [shard for shard in range(SHARD_COUNT) if owners.get(shard) not in alive]
    # Everybody begins elsewhere in the list, so that two who start together seldom reach for the same shard.
    begin = workers.index(me) * SHARD_COUNT // len(workers)
    free.sort(key=lambda shard: (_PLACE[shard] - begin) % SHARD_COUNT)
    return Plan(tuple(free[: share - len(mine)]), ())


class ShardLeases:
    """Supervised: `run_once` is one round. `on_gained` and `on_lost` are told each shard, synchronously."""

    def __init__(
        self,
        bus: Bus,
        service: str,
        worker: str,
        clock: Clock,
        on_gained: Callable[[int], None],
        on_lost: Callable[[int], None],
    ):
        self._bus = bus
        self._service = service
        self._worker = worker
        self._clock = clock
        self._on_gained = on_gained
        self._on_lost = on_lost
        self._roll = Roll(worker)
        self._owners: dict[int, tuple[str, int]] = {}
        self._members: KvBucket | None = None
        self._shards: KvBucket | None = None
        self._beat = 0
        self._beat_at = clock.monotonic()
        self.held: set[int] = set()

    async def run_once(self) -> None:
        """Heartbeat, then take and give back. Raises BusUnreachable when the bus stays away."""
        try:
            await self._open()
            await self._heartbeat()
            await self._rebalance()
        except BusUnreachable:
            self._fence_if_due()
            await self._clock.sleep(0.2)
            if self._clock.monotonic() - self._beat_at > FENCED_AFTER_S * 4:
                raise
            return
        _held.set(len(self.held))
        await self._clock.sleep(HEARTBEAT_S)

    async def release(self) -> None:
        """Stop in order: others need not wait for us to be declared dead."""
        for shard in sorted(self.held):
            self._let_go(shard)
        if self._members is None or self._shards is None:
            return
        try:
            for shard, (owner, revision) in list(self._owners.items()):
                if owner == self._worker:
                    await self._delete(shard, revision)
            await self._members.delete(self._worker)
        except BusUnreachable:
            log().warning("left without a word, the others find out in a moment")

    async def _open(self) -> None:
        if self._members is None:
            self._members = await self._bus.kv(f"members_{self._service}")
            self._shards = await self._bus.kv(f"shards_{self._service}")
            await self._shards.watch(self._shard_changed)
            await self._members.watch(self._member_changed)

    async def _heartbeat(self) -> None:
        assert self._members is not None
        self._fence_if_due()
        self._beat += 1
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await self._members.put(self._worker, str(self._beat).encode())
        except TimeoutError as error:
            raise BusUnreachable("heartbeat not written in time") from error
        self._beat_at = began

    async def _rebalance(self) -> None:
        assert self._shards is not None
        now = self._clock.monotonic()
        living = self._roll.living(now)
        _members.set(len(living))
        # One that is written as ours and not held (we let go of it, or ran before under this name) is taken anew.
        owners = {
            shard: owner for shard, (owner, _) in self._owners.items() if owner != self._worker or shard in self.held
        }
        todo = plan(self._worker, owners, living)
        for shard in todo.give_back:
            # Let go first: the next owner may begin in the same instant in which the key is deleted.
            self._let_go(shard)
            await self._delete(shard, self._owners[shard][1])
        for shard in todo.take:
            await self._take(shard)

    async def _take(self, shard: int) -> None:
        assert self._shards is not None
        before = self._owners.get(shard)
        value = self._worker.encode()
        try:
            if before is None:
                revision = await self._shards.create(str(shard), value)
            else:
                revision = await self._shards.update(str(shard), value, before[1])
        except RevisionConflict:
            return  # somebody was faster; the watch tells who
        self._owners[shard] = (self._worker, revision)
        if shard not in self.held:
            self.held.add(shard)
            self._on_gained(shard)

    async def _delete(self, shard: int, revision: int) -> None:
        assert self._shards is not None
        self._owners.pop(shard, None)
        try:
            await self._shards.delete(str(shard), revision)
        except RevisionConflict:
            return  # it is another's already

    def _fence_if_due(self) -> None:
        if self.held and self._clock.monotonic() - self._beat_at > FENCED_AFTER_S:
            log().warning("no heartbeat written, letting go of all shards", shards=len(self.held))
            for shard in sorted(self.held):
                self._let_go(shard)

    def _let_go(self, shard: int) -> None:
        if shard in self.held:
            self.held.discard(shard)
            self._on_lost(shard)

    def _shard_changed(self, entry: KvEntry) -> None:
        shard = int(entry.key)
        known = self._owners.get(shard)
        if known is not None and entry.revision and entry.revision < known[1]:
            return  # an echo of before our own write
        if entry.value is None:
            self._owners.pop(shard, None)
            self._let_go(shard)
            return
        owner = entry.value.decode()
        self._owners[shard] = (owner, entry.revision)
        if owner != self._worker:
            self._let_go(shard)

    def _member_changed(self, entry: KvEntry) -> None:
        if entry.value is None:
            self._roll.left(entry.key)
        else:
            self._roll.saw(entry.key, self._clock.monotonic())
