"""Plays announcements when they are due: each time by one worker, never late.

Theory of operation. Every worker knows all schedules (read again every 15 s, at once after a change of its own). A time
that is due is claimed by a row in PostgreSQL; whoever put it there plays it. One that is older than the limit is not
played any more: it is written down as missed. A worker that dies between the row and the sound leaves it unplayed,
which is better than twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from services.intercom.announcement_times import due_between, last_due, next_due
from services.intercom.announcements import SCHEDULES_MAX, ScheduleRows
from shared.clock import Clock
from shared.errors import BrightKitchenError
from shared.messages.announcements import AnnouncementPlay, ScheduleStatus
from shared.messages.broadcasts import BroadcastStatus
from shared.telemetry import counter, log

_READ_AGAIN_S = 15.0
_SHORTEST_WAIT_S = 0.05
_REMEMBERED = 10_000

_due = counter(
    "intercom_scheduled_announcements_total", "announcements that came due, as far as this worker", ["outcome"]
)


class ScheduleKeeper:
    """Supervised.

    Args:
        made: set once there are tables.
        late_s: how long after its time an announcement is still played.
        may_play: False from when this worker takes nothing new: others are there for it.
    """

    def __init__(
        self,
        rows: ScheduleRows,
        made: asyncio.Event,
        play: Callable[[AnnouncementPlay], Awaitable[BroadcastStatus]],
        worker: str,
        clock: Clock,
        late_s: float,
        may_play: Callable[[], bool] = lambda: True,
    ):
        self._may_play = may_play
        self._rows = rows
        self._made = made
        self._play = play
        self._worker = worker
        self._clock = clock
        self._late_us = round(late_s * 1e6)
        self._settled: dict[tuple[str, int], None] = {}
        self._news = asyncio.Event()

    def times_changed(self) -> None:
        self._news.set()

    async def run_once(self) -> None:
        """One look, then until the next time is due or something is new. Raises PeerError: the database is away."""
        await self._made.wait()
        self._news.clear()
        schedules = await self.look()
        with suppress(TimeoutError):
            async with asyncio.timeout(min(_READ_AGAIN_S, self._until_next_s(schedules))):
                await self._news.wait()

    async def look(self) -> Sequence[ScheduleStatus]:
        """Play what is due now. Returns all schedules."""
        schedules = await self._rows.all(SCHEDULES_MAX)
        now_us = self._clock.now_us()
        for schedule in schedules:
            if self._may_play():
                await self._look(schedule, now_us)
        return schedules

    def _until_next_s(self, schedules: Sequence[ScheduleStatus]) -> float:
        now_us = self._clock.now_us()
        dues = [next_due(each.days, each.minutes, each.time_zone, now_us) for each in schedules]
        return max(_SHORTEST_WAIT_S, (min(dues) - now_us) / 1e6) if dues else _READ_AGAIN_S

    async def _look(self, schedule: ScheduleStatus, now_us: int) -> None:
        times = (schedule.days, schedule.minutes, schedule.time_zone)
        for due_us in due_between(*times, max(schedule.made_us, now_us - self._late_us), now_us):
            if self._is_news(schedule, due_us):
                is_ours = await self._rows.claim(schedule.schedule, due_us, self._worker)
                self._remember(schedule, due_us)
                if is_ours:
                    await self._play_now(schedule, due_us)
        missed_us = last_due(*times, now_us - self._late_us)
        if missed_us > schedule.made_us and self._is_news(schedule, missed_us):
            detail = f"No worker could play it within {self._late_us / 1e6:.0f} s of its time."
            is_missed = await self._rows.miss(schedule.schedule, missed_us, self._worker, detail)
            self._remember(schedule, missed_us)
            if is_missed:
                _due.labels("missed").inc()
                log().warning("announcement missed", schedule=schedule.schedule, due_us=missed_us)

    async def _play_now(self, schedule: ScheduleStatus, due_us: int) -> None:
        wanted = AnnouncementPlay(
            to=schedule.to,
            announcement=schedule.announcement,
            priority=schedule.priority,
            reason=f"schedule {schedule.schedule}",
            asked_by=schedule.made_by,
        )
        try:
            broadcast = (await self._play(wanted)).broadcast
        except BrightKitchenError as error:
            _due.labels("failed").inc()
            log().warning("scheduled announcement not played", schedule=schedule.schedule, detail=str(error))
            await self._rows.settle(schedule.schedule, due_us, "failed", None, str(error)[:300])
            return
        _due.labels("played").inc()
        await self._rows.settle(schedule.schedule, due_us, "played", broadcast, "")

    def _is_news(self, schedule: ScheduleStatus, due_us: int) -> bool:
        """Whether the database is to be asked, who knows whether others were faster."""
        return (schedule.schedule, due_us) not in self._settled and (schedule.last_us or 0) < due_us

    def _remember(self, schedule: ScheduleStatus, due_us: int) -> None:
        self._settled[(schedule.schedule, due_us)] = None
        while len(self._settled) > _REMEMBERED:
            del self._settled[next(iter(self._settled))]
