"""Follows the facts of our shards and keeps what comes of them: the one place where rules meet bus and database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

from services.alerting.handlers.facts import RuledShards
from services.alerting.rules.rule_store import AlertStore
from services.alerting.rules.shard_watch import LOOKBACK_US, Position
from shared import subjects
from shared.bus import Bus
from shared.clock import Clock
from shared.errors import PeerError
from shared.telemetry import counter, gauge, log

# = how long a fact waits at most to be looked at, and how much is read again after a death
ROUND_S = 0.1
SAVE_S = 2.0

_judged = counter("alerting_facts_judged_total", "facts judged by rules")
_late = counter("alerting_facts_late_total", "facts that came after their turn and were left alone")
_raised = counter("alerting_alerts_raised_total", "alerts raised", ["rule"])
_behind = gauge("alerting_shards_behind", "shards of which facts are still to be read")


class ShardKeeper:
    """Supervised. `gained` and `lost` are told by the leases."""

    def __init__(self, bus: Bus, ruled: RuledShards, store: AlertStore, clock: Clock):
        self._bus = bus
        self._ruled = ruled
        self._store = store
        self._clock = clock
        self._wanted: set[int] = set()
        # How often each shard was lost: what is followed since before the last time watches for nobody any more.
        self._terms: Counter[int] = Counter()
        # Of each shard that is followed, since which term, and what ends it.
        self._ends: dict[int, tuple[int, Callable[[], Awaitable[None]]]] = {}
        self._live: set[int] = set()
        self._news = asyncio.Event()
        self._saved_s = clock.monotonic()
        self._counted = (0, 0)

    def gained(self, shard: int) -> None:
        self._wanted.add(shard)
        self._news.set()

    def lost(self, shard: int) -> None:
        """At once: its next owner begins in this moment."""
        self._wanted.discard(shard)
        self._live.discard(shard)
        self._terms[shard] += 1
        self._ruled.lost(shard)
        self._news.set()

    async def run_once(self) -> None:
        """One round: shards that came and went, facts that waited long enough, what is to be written."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ROUND_S):
                await self._news.wait()
        self._news.clear()
        try:
            await self._round()
        finally:
            # Just then: what cannot be followed while the database is away is behind.
            _behind.set(len(self._wanted) - len(self._live))

    async def _round(self) -> None:
        await self._follow()
        is_urgent = self._ruled.release(self._clock.now_us(), self._live)
        if is_urgent or self._clock.monotonic() - self._saved_s >= SAVE_S:
            await self.save(only_urgent=is_urgent)

    async def save(self, *, only_urgent: bool = False) -> None:
        """Raises PeerError; what was not written stays to be."""
        now_us = self._clock.now_us()
        batch = self._ruled.take(now_us, only_urgent=only_urgent)
        if not only_urgent:
            self._saved_s = self._clock.monotonic()
        if not batch.positions:
            return
        try:
            await self._store.write(batch.written, batch.positions, now_us)
        except PeerError:
            self._ruled.give_back(batch)
            raise
        for each in batch.written:
            if each.happening == "raised":
                _raised.labels(rule=each.alert.rule).inc()
        self._measure()

    async def close(self) -> None:
        """Nothing more is heard; what was judged is kept where it can be."""
        for _, end in list(self._ends.values()):
            await end()
        self._ends.clear()
        try:
            await self.save()
        except PeerError as error:
            log().warning("the next owner of these shards reads a little more", detail=str(error))

    async def _follow(self) -> None:
        """A shard may be lost, and gained again, at every `await`: what was read before counts no more then."""
        for shard in [each for each, (term, _) in self._ends.items() if term != self._terms[each]]:
            _, end = self._ends.pop(shard)
            await end()
        fresh = {shard: self._terms[shard] for shard in sorted(self._wanted - self._ends.keys())}
        if not fresh:
            return
        positions = await self._store.positions(list(fresh))
        for shard, term in fresh.items():
            now_us = self._clock.now_us()
            going_on = await self._store.going_on(shard, now_us - LOOKBACK_US)
            if self._terms[shard] != term:
                self._news.set()
                continue
            position = positions.get(shard)
            since_us = now_us - LOOKBACK_US if position is None else None
            since_seq = None if position is None else max(1, position.from_seq)
            self._ruled.gained(shard, position or Position(), going_on)
            end = await self._bus.subscribe_facts(
                subjects.facts_of_shard(shard),
                self._hear(shard),
                since_seq=since_seq,
                since_us=since_us,
                on_caught_up=self._caught_up(shard, term),
            )
            self._ends[shard] = (term, end)
        await self._store.settle()

    def _hear(self, shard: int) -> Callable[[str, bytes, int], Awaitable[None]]:
        heard = self._ruled.heard

        async def hear(subject: str, data: bytes, seq: int) -> None:
            heard(shard, subject.rpartition(".")[2], data, seq)

        return hear

    def _caught_up(self, shard: int, term: int) -> Callable[[], None]:
        def caught_up() -> None:
            if self._terms[shard] == term:
                self._live.add(shard)

        return caught_up

    def _measure(self) -> None:
        counts = [watch.counts for watch in self._ruled.shards.values()]
        judged, late = sum(one.judged for one in counts), sum(one.late for one in counts)
        _judged.inc(max(0, judged - self._counted[0]))
        _late.inc(max(0, late - self._counted[1]))
        self._counted = (judged, late)
