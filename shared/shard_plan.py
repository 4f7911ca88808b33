"""The rules of leasing shards, as values: who is alive, what a worker should take and what it should give back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from shared.subjects import SHARD_COUNT

HEARTBEAT_S = 1.0
DEAD_AFTER_S = 3.0
_STEP_MAX_S = 1.5 * HEARTBEAT_S

# Shards are handed out in an order that has nothing to do with their numbers: CRC-32 is linear, so cameras numbered
# one after the other differ in a few bits of their shard only, and half of the numbers would hold a whole school.
_ORDER = sorted(range(SHARD_COUNT), key=lambda shard: sha256(bytes((shard,))).digest())
_PLACE = {shard: place for place, shard in enumerate(_ORDER)}


class Roll:
    """Who is alive, judged by this worker's own clock, which counts only while the bus works.

    While our own heartbeats cannot be written, nobody else's can be heard: that says nothing about the others. So
    time goes on with each heartbeat of ours, by no more than 1.5 s, and a restart of NATS makes nobody dead.
    """

    def __init__(self, me: str):
        self._me = me
        self._counted_s = 0.0
        self._beat_at: float | None = None
        self._seen_s: dict[str, float] = {}

    def beat(self, monotonic: float) -> None:
        """Our own heartbeat was written."""
        self._counted_s = self._time_s(monotonic)
        self._beat_at = monotonic

    def saw(self, worker: str, monotonic: float) -> None:
        self._seen_s[worker] = self._time_s(monotonic)

    def left(self, worker: str) -> None:
        self._seen_s.pop(worker, None)

    def living(self) -> frozenset[str]:
        """Always including ourselves."""
        alive = {worker for worker, seen_s in self._seen_s.items() if self._counted_s - seen_s < DEAD_AFTER_S}
        return frozenset(alive | {self._me})

    def _time_s(self, monotonic: float) -> float:
        if self._beat_at is None:
            return self._counted_s
        return self._counted_s + min(monotonic - self._beat_at, _STEP_MAX_S)


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
