"""Leases on shards: which of 128 shards this worker holds, shared fairly among the workers that live.

Theory of operation (decision 0001). A worker says one heartbeat a second into `members_<service>`; every worker
notes on its own monotonic clock when it last heard each of the others, and itself: a heartbeat counts when it comes
back, for then the others have it too. Who has not been heard for 3 s is dead (one that stops in order deletes its key
and is gone at once). `shards_<service>/<n>` holds the owner's name and never expires: a shard is free when there is no
such key or its owner is dead, and is taken by compare-and-set, so two can never both be written down as its owner.
Everybody holds at most its fair share and hands back the rest. A worker that does not hear itself for `fenced_after_s`
lets go of everything: by default before the others may take it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from math import inf

from shared.bus.connection import Bus
from shared.bus.errors import BusUnreachable, RevisionConflict
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry, KvWatch
from shared.clock import DOZE_S, Clock
from shared.pulse import Appointment, pulse
from shared.shard_plan import HEARTBEAT_S, Roll, plan
from shared.telemetry import gauge, log

FENCED_AFTER_S = 2.5  # less than DEAD_AFTER_S: we stop before the others begin
RETRY_S = 0.2
# One may still be on its way; with two something is wrong.
_UNHEARD_MOST = 2
_REMEMBERED_MOST = 16
# Several shards that are handed back together are taken in one round.
_FREED_DELAY_S = 0.02
_TAKEN_AT_ONCE = 16

_held = gauge("shards_held", "Shards leased by this worker")
_members = gauge("shard_members", "Workers of this service that are alive, as this one sees it")


class ShardLeases:
    """Supervised: `run_once` is one round. `on_gained` and `on_lost` are told each shard, synchronously.

    Args:
        fenced_after_s: how long to hold shards without being able to say so. Above DEAD_AFTER_S a worker cut off
            from a bus that works for others goes on beside its successor for the difference; only who says nothing
            while it is cut off may do that.
    """

    def __init__(
        self,
        bus: Bus,
        service: str,
        worker: str,
        clock: Clock,
        on_gained: Callable[[int], None],
        on_lost: Callable[[int], None],
        *,
        fenced_after_s: float = FENCED_AFTER_S,
    ):
        self._bus = bus
        self._service = service
        self._worker = worker
        self._clock = clock
        self._on_gained = on_gained
        self._on_lost = on_lost
        self._fenced_after_s = fenced_after_s
        self._roll = Roll(worker)
        self._owners: dict[int, tuple[str, int]] = {}
        # The living with whom nothing was left to do; None as soon as an owner is another.
        self._settled_with: frozenset[str] | None = None
        self._members: KvBucket | None = None
        self._shards: KvBucket | None = None
        self._members_watch: KvWatch | None = None
        self._said = 0
        self._said_at = -inf
        # What has not come back: (number, when it was said)
        self._unheard: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED_MOST)
        self._has_heard = False
        # The bus was away, or is deaf: what we say may be lost, and is said again without waiting for its turn.
        self._is_doubtful = False
        self._listened_anew_at = -inf
        # When the last one that came back was said
        self._beat_at = clock.monotonic()
        self._next_beat: Appointment | None = None
        self._news = asyncio.Event()
        self._was_freed = False
        self.held: set[int] = set()

    async def run_once(self) -> None:
        """Heartbeat when it is due, then take and give back, then go on saying heartbeats until there is news.

        While the bus is away it tries again, for ever: a back-off would only make the return slower.
        """
        self._fence_if_due()
        try:
            members, shards = await self._open()
            self._say_if_due(members)
            if self._has_heard and len(self._unheard) < _UNHEARD_MOST:
                await self._rebalance(shards)
        except BusUnreachable as error:
            log().warning("leases not renewed", service=self._service, detail=str(error))
            self._is_doubtful = True
            self._fence_if_due()
            await self._clock.sleep(RETRY_S)
            return
        await self._wait()

    async def release(self) -> None:
        """Stop in order: others need not wait for us to be declared dead."""
        for shard in sorted(self.held):
            self._let_go(shard)
        if self._members is None or self._shards is None:
            return
        try:
            for shard, (owner, _) in list(self._owners.items()):
                if owner == self._worker:
                    await self._give_back(self._shards, shard)
            await self._members.delete(self._worker)
        except BusUnreachable:
            log().warning("left without a word, the others find out in a moment")

    async def _open(self) -> tuple[KvBucket, KvBucket]:
        if self._members is None or self._shards is None:
            members = await self._bus.kv(f"members_{self._service}")
            shards = await self._bus.kv(f"shards_{self._service}")
            watch = await shards.watch(self._shard_changed)
            try:
                self._members_watch = await members.watch(self._member_changed, is_straight=True)
            except BusUnreachable:
                await watch.close()
                raise
            self._members, self._shards = members, shards
        return self._members, self._shards

    def _say_if_due(self, members: KvBucket) -> None:
        now = self._now()
        if now < self._said_at + (RETRY_S if self._is_doubtful else HEARTBEAT_S - 2 * DOZE_S):
            return
        self._is_doubtful = self._is_doubtful or bool(self._unheard)
        if len(self._unheard) >= _UNHEARD_MOST and now - self._listened_anew_at > HEARTBEAT_S:
            log().warning("own heartbeat not heard, listening anew", service=self._service)
            self._listened_anew_at = now
            if self._members_watch is not None:
                self._members_watch.resume()
        members.say(self._worker, str(self._said + 1).encode())
        self._said += 1
        self._said_at = now
        self._unheard.append((self._said, now))

    def _hear(self, number: int) -> None:
        """One of our heartbeats came back: time goes on."""
        if number > self._said:
            return  # of a worker that ran under our name before us
        said_at = None
        while self._unheard and self._unheard[0][0] <= number:
            said_at = self._unheard.popleft()[1]
        if said_at is None:
            return
        self._has_heard = True
        self._is_doubtful = False
        self._beat_at = said_at
        self._roll.beat(said_at)
        if self._roll.living() != self._settled_with:
            self._news.set()

    async def _rebalance(self, shards: KvBucket) -> None:
        living = self._roll.living()
        if living == self._settled_with:
            return
        # One that is written as ours and not held (we let go of it, or ran before under this name) is taken anew.
        owners = {
            shard: owner for shard, (owner, _) in self._owners.items() if owner != self._worker or shard in self.held
        }
        todo = plan(self._worker, owners, living)
        self._settled_with = None if todo.take or todo.give_back else living
        try:
            # Not longer than we may hold what we have without a heartbeat.
            async with asyncio.timeout(self._beat_at + min(self._fenced_after_s, FENCED_AFTER_S) - self._now()):
                for shard in todo.give_back:
                    # Let go first: the next owner may begin in the instant in which the key is deleted.
                    self._let_go(shard)
                    await self._give_back(shards, shard)
                for first in range(0, len(todo.take), _TAKEN_AT_ONCE):
                    await self._take_all(shards, todo.take[first : first + _TAKEN_AT_ONCE])
        except TimeoutError as error:
            raise BusUnreachable("shards not written in time") from error
        finally:
            _members.set(len(living))
            _held.set(len(self.held))

    async def _take_all(self, shards: KvBucket, wanted: Sequence[int]) -> None:
        """At once: cameras of a dead worker wait for as few answers of the bus as may be."""
        answers = await asyncio.gather(*(self._take(shards, shard) for shard in wanted), return_exceptions=True)
        for error in answers:
            if error is not None:
                raise error

    async def _take(self, shards: KvBucket, shard: int) -> None:
        before = self._owners.get(shard)
        value = self._worker.encode()
        try:
            if before is None:
                revision = await shards.create(str(shard), value)
            else:
                revision = await shards.update(str(shard), value, before[1])
        except RevisionConflict:
            # Somebody was faster, or an answer to us was lost; whoever it is, next round we know: at once, for what we
            # meant to take instead has no owner yet.
            await self._look(shards, shard)
            self._news.set()
            return
        self._owners[shard] = (self._worker, revision)
        if shard not in self.held:
            self.held.add(shard)
            self._on_gained(shard)

    async def _give_back(self, shards: KvBucket, shard: int) -> None:
        try:
            await shards.delete(str(shard), self._owners[shard][1])
        except RevisionConflict:
            await self._look(shards, shard)
        else:
            self._owners.pop(shard, None)

    async def _look(self, shards: KvBucket, shard: int) -> None:
        entry = await shards.get(str(shard))
        if entry is None or entry.value is None:
            self._owners.pop(shard, None)
        else:
            self._shard_changed(entry)

    async def _wait(self) -> None:
        """Until there is news: another owner or member, a heartbeat that failed, or nothing may be held any more."""
        self._set_beat()
        try:
            await self._news.wait()
        finally:
            if self._next_beat is not None:
                self._next_beat.cancel()
        self._news.clear()
        if self._was_freed:
            self._was_freed = False
            await self._clock.sleep(_FREED_DELAY_S)

    def _set_beat(self) -> None:
        """When the next heartbeat is due, or we may hold nothing any more."""
        latest_s = self._said_at + (RETRY_S if self._is_doubtful else HEARTBEAT_S) - self._now()
        if self.held:
            latest_s = min(latest_s, self._beat_at + self._fenced_after_s - self._now())
        now = asyncio.get_running_loop().time()
        self._next_beat = pulse().call(now + latest_s - 2 * DOZE_S, now + latest_s, self._say_on)

    def _say_on(self) -> None:
        """Say it now, before what else the process has woken for: it comes back meanwhile, and wakes nobody again.

        While all is well that is all: a round of its own each second would cost a worker with few cameras more than
        the heartbeat does.
        """
        try:
            if self._members is None:
                self._news.set()
                return
            self._say_if_due(self._members)
        except BusUnreachable:  # met again in the round that begins
            self._news.set()
            return
        if self._is_doubtful or self._is_fence_due():
            self._news.set()
        else:
            self._set_beat()

    def _now(self) -> float:
        return self._clock.monotonic()

    def _is_fence_due(self) -> bool:
        return bool(self.held) and self._now() - self._beat_at > self._fenced_after_s

    def _fence_if_due(self) -> None:
        if self._is_fence_due():
            log().warning("no heartbeat heard, letting go of all shards", shards=len(self.held))
            for shard in sorted(self.held):
                self._let_go(shard)
            _held.set(0)

    def _let_go(self, shard: int) -> None:
        self._settled_with = None
        if shard in self.held:
            self.held.discard(shard)
            self._on_lost(shard)

    def _shard_changed(self, entry: KvEntry) -> None:
        shard = int(entry.key)
        known = self._owners.get(shard)
        if known is not None and entry.revision and entry.revision < known[1]:
            return  # an echo of before our own write
        self._settled_with = None
        if entry.value is None:
            self._owners.pop(shard, None)
            self._let_go(shard)
            self._free()
            return
        owner = entry.value.decode()
        self._owners[shard] = (owner, entry.revision)
        if owner != self._worker:
            self._let_go(shard)

    def _member_changed(self, entry: KvEntry) -> None:
        if entry.value is not None:
            self._roll.saw(entry.key, self._now())
            if entry.key == self._worker and entry.value.isdigit():
                self._hear(int(entry.value))
        elif entry.revision:
            self._roll.left(entry.key)
            self._free()
        # Revision 0: not there after the connection was away. It may have run out meanwhile, as ours has; time tells.

    def _free(self) -> None:
        self._was_freed = True
        self._news.set()
