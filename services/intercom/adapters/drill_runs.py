"""The run of drills that this worker holds; the quiet hours that begin one; who can be reached, as a metric."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from services.intercom.adapters.drill_run import DrillLimits, DrillRun
from services.intercom.adapters.drill_store import DrillStore
from services.intercom.adapters.tone_drill import DrillMeans
from services.intercom.drills.quiet_hours import Due, due, is_quiet
from services.intercom.handlers.drills import DrillHandlers
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.messages.drills import DrillRunStatus, DrillSchedule
from shared.subjects import CameraRef
from shared.telemetry import gauge, log

_ROUND_S = 20.0
_DAY_US = 86_400_000_000

_ratio = gauge(
    "intercom_reachable_ratio",
    "share that could be spoken to right now, by the last drills: 0 to 1; NaN where there is nothing to count",
    ["of"],
)
_states = gauge("intercom_reach_cameras", "cameras by what their last drill and their state say", ["state"])


class DrillRuns:
    """Implements `RunningDrills`: one run at a time."""

    def __init__(
        self,
        worker: str,
        means: DrillMeans,
        book: DrillStore,
        cameras: Mapping[CameraRef, DesiredCamera],
        limits: DrillLimits,
        say: Callable[[Fact], None],
    ):
        self._worker = worker
        self._means = means
        self._book = book
        self._cameras = cameras
        self._limits = limits
        self._say = say
        self._held: DrillRun | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_starting = False
        self.ended: Callable[[], None] = lambda: None

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    async def start(self, run: DrillRunStatus, cameras: Sequence[CameraRef], is_time_over: Callable[[], bool]) -> None:
        if self._is_starting or self.is_running:
            raise RequestRefused(
                "drills_running", "A run of drills is under way: wait for its end, or stop it.", status=409
            )
        self._is_starting = True
        try:
            await self._book.begin(run, cameras, self._worker)
        finally:
            self._is_starting = False
        held = DrillRun(run, cameras, self._means, self._book, self._cameras, self._limits, self._say, is_time_over)
        self._held, self._task = held, asyncio.create_task(self._run(held), name=f"drills {run.run}")

    async def stop(self, run: str) -> bool:
        if self._held is None or self._held.status.run != run or self._task is None:
            return False
        self._held.stop()
        await asyncio.wait({self._task})
        return True

    async def close(self) -> None:
        """The worker ends: so does its run."""
        if self._held is not None and self._task is not None and not self._task.done():
            self._held.stop("worker_ended")
            await asyncio.wait({self._task}, timeout=3.0)
            self._task.cancel()

    async def _run(self, held: DrillRun) -> None:
        try:
            await held.run()
        except Exception as error:  # noqa: BLE001 - our bug: one run ends by it, talks go on
            log().critical("our bug in a run of drills", run=held.status.run, exc_info=error)
        finally:
            self.ended()


class DrillClock:
    """Supervised: a look every 20 s at quiet hours, at runs nobody holds any more, at who can be reached."""

    def __init__(
        self,
        handlers: DrillHandlers,
        runs: DrillRuns,
        store: DrillStore,
        made: asyncio.Event,
        keep_days: int,
        clock: Clock,
    ):
        self._handlers = handlers
        self._runs = runs
        self._store = store
        self._made = made
        self._keep_days = keep_days
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A schedule changed, or a run ended: no need to wait for the next look."""
        self._woken.set()

    async def run_once(self) -> None:
        await self._made.wait()
        self._woken.clear()
        now_us = self._clock.now_us()
        await self._store.abandon(now_us, now_us - self._keep_days * _DAY_US)
        if not self._runs.is_running:
            await self._begin_what_is_due(now_us)
        await self.measure()
        with suppress(TimeoutError):
            async with asyncio.timeout(_ROUND_S):
                await self._woken.wait()

    async def measure(self) -> None:
        reach = await self._handlers.reach()
        for of, ratio in (("cameras", reach.camera_ratio), ("sites", reach.site_ratio)):
            _ratio.labels(of=of).set(float("nan") if ratio is None else ratio)
        for state in ("reachable", "offline", "failed", "stale", "never"):
            _states.labels(state=state).set(sum(camera.state == state for camera in reach.cameras))

    async def _begin_what_is_due(self, now_us: int) -> None:
        """One run a schedule: those of another begin when it has ended, if it is still their hour."""
        cameras = self._handlers.cameras
        by_schedule: dict[str, list[Due]] = {}
        for one in due(sorted({camera.site for camera in cameras}), await self._store.schedules(), now_us):
            by_schedule.setdefault(one.schedule.site, []).append(one)
        for those in by_schedule.values():
            sites = set(await self._store.claim_days([(one.site, one.day) for one in those], now_us))
            wanted = [
                camera
                for camera, desired in cameras.items()
                if camera.site in sites and desired.is_enabled and desired.talk != "none"
            ]
            if wanted:
                await self._begin(wanted, those[0].schedule)
                return

    async def _begin(self, wanted: Sequence[CameraRef], schedule: DrillSchedule) -> None:
        def is_time_over() -> bool:
            return not is_quiet(schedule, self._clock.now_us())

        try:
            await self._handlers.begin(
                wanted, "schedule", schedule.level_dbfs, is_scheduled=True, is_time_over=is_time_over
            )
        except RequestRefused as refusal:
            log().warning("drills of a quiet hour not begun", detail=str(refusal))
