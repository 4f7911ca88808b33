"""Deletes what is old enough, planned and logged, and measures how many days are really held."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable

from services.recorder.adapters.postgres.retention import PostgresRetention
from services.recorder.retention import DAY_US, DEFAULT_DAYS, LEAST_DAYS, Cause, Deletion, expiry_us, over_budget
from services.recorder.segment import StreamRef
from shared.clock import Clock
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.messages.retention import RecordingDeleted
from shared.objects import ObjectStore
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, log

ROUND_S = 600.0
BATCH = 500
# A round ends after so many batches: catching up after a change of the days must not crowd out recording.
BATCHES_MAX = 200

_deleted = counter("recorder_deleted_segments", "segments deleted because they were old enough or too much")
_deleted_bytes = counter("recorder_deleted_bytes", "their bytes")
_least_days = gauge("recorder_days_held_least", "days really held of the stream of this worker that has the fewest")
_median_days = gauge("recorder_days_held_median", "days really held, median over the streams of this worker")
_over = gauge("recorder_sites_over_budget", "sites that are over their budget with nothing older than 7 days left")


class RetentionKeeper:
    """Supervised: a round every ten minutes, over the streams of our shards.

    Args:
        is_ours: whether this worker leases a camera's shard.
        desired: what is known of registered cameras; one that is not there keeps what it has for the default days.
        say: takes a fact to be told.
    """

    def __init__(
        self,
        store: PostgresRetention,
        objects: ObjectStore,
        clock: Clock,
        is_ours: Callable[[CameraRef], bool],
        desired: Callable[[CameraRef], DesiredCamera | None],
        say: Callable[[Fact], None],
        round_s: float = ROUND_S,
    ):
        self._store = store
        self._objects = objects
        self._clock = clock
        self._is_ours = is_ours
        self._desired = desired
        self._say = say
        self._round_s = round_s

    async def run_once(self) -> None:
        await self.round()
        await self._clock.sleep(self._round_s)

    async def round(self) -> None:
        """Everything that is due, up to a bound. Raises PeerError; what was planned is ended by the next round."""
        ours = [of for of in await self._store.streams() if self._is_ours(of.camera)]
        batches = 0
        for of in ours:
            for planned in await self._store.unfinished(of):
                await self._delete(planned)
            before_us = expiry_us(self._clock.now_us(), self.days(of.camera))
            while batches < BATCHES_MAX:
                expired = await self._store.plan(of, before_us, "expired", self._clock.now_us(), BATCH)
                if expired is None:
                    break
                batches += 1
                await self._delete(expired)
        await self._keep_budgets(ours)
        # Younger days are never emptied, and a day may still be written to.
        dropped = await self._store.drop_empty_days(expiry_us(self._clock.now_us(), LEAST_DAYS))
        if dropped:
            log().info("empty days dropped from the index", days=len(dropped))
        await self._measure()

    def days(self, camera: CameraRef) -> int:
        """How long its recordings are to be kept."""
        desired = self._desired(camera)
        return DEFAULT_DAYS if desired is None else max(LEAST_DAYS, desired.recording.retention_days)

    async def _delete(self, planned: Deletion) -> int:
        """Bytes deleted."""
        now_us = self._clock.now_us()
        done = await self._store.carry_out(planned, self._objects.remove_many, self._objects.has, now_us)
        if not done.numbers:
            return 0
        _deleted.inc(len(done.numbers))
        _deleted_bytes.inc(done.size_bytes)
        log().info("recording deleted", stream=str(done.of), cause=done.cause, segments=len(done.numbers))
        self._say(
            RecordingDeleted(
                site=done.of.camera.site,
                camera=done.of.camera.camera,
                stream=done.of.stream,
                at_us=now_us,
                from_us=done.from_us,
                to_us=done.to_us,
                segments=len(done.numbers),
                size_bytes=done.size_bytes,
                cause=done.cause,
            )
        )
        return done.size_bytes

    async def _keep_budgets(self, ours: list[StreamRef]) -> None:
        """Of each site whose first camera is ours: one worker looks after a site, and all its cameras count."""
        stored = await self._store.stored(None)
        of_site: defaultdict[str, list[StreamRef]] = defaultdict(list)
        used: defaultdict[str, int] = defaultdict(int)
        for item in stored:
            of_site[item.site].append(StreamRef(CameraRef(item.site, item.camera), item.stream))
            used[item.site] += item.size_bytes
        over = 0
        for site, streams in of_site.items():
            budgets = [each.site_budget_bytes for of in streams if (each := self._desired(of.camera)) is not None]
            budget = next((each for each in budgets if each is not None), None)
            if budget is None or used[site] <= budget or streams[0] not in ours:
                continue
            freed = await self._free(streams, used[site] - budget, "budget")
            if used[site] - freed > budget:
                over += 1
                log().warning("over its budget, nothing old enough to delete", site=site, days=LEAST_DAYS)
        _over.set(over)

    async def _free(self, streams: list[StreamRef], excess_bytes: int, cause: Cause) -> int:
        freed = 0
        for _ in range(BATCHES_MAX):
            now_us = self._clock.now_us()
            oldest = [
                kept
                for of in streams
                for kept in await self._store.oldest(of, expiry_us(now_us, LEAST_DAYS), now_us, BATCH)
            ]
            chosen = over_budget(oldest, excess_bytes - freed, now_us)
            if not chosen:
                break
            for of in {kept.of for kept in chosen}:
                planned = await self._store.plan_these([kept for kept in chosen if kept.of == of], cause, now_us)
                if planned is not None:
                    freed += await self._delete(planned)
        return freed

    async def _measure(self) -> None:
        days = [
            (item.newest_us - item.oldest_us) / DAY_US
            for item in await self._store.stored(None)
            if item.oldest_us is not None and self._is_ours(CameraRef(item.site, item.camera))
        ]
        _least_days.set(min(days, default=0.0))
        _median_days.set(statistics.median(days) if days else 0.0)
