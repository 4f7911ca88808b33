"""What the intercom is asked about drills: begun, looked at, stopped, planned; and who can be reached."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.intercom.drills.reach import reachability
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.cameras import DesiredCamera
from shared.messages.drills import (
    DrillResult,
    DrillRunList,
    DrillRunRef,
    DrillRunsOf,
    DrillRunStatus,
    DrillSchedule,
    DrillScheduleRef,
    DrillSchedules,
    DrillsWanted,
    Reachability,
    ReachabilityOf,
)
from shared.subjects import CameraRef


class RunningDrills(Protocol):
    """Those of this worker (services/intercom/adapters/drill_runs.py)."""

    async def start(self, run: DrillRunStatus, cameras: Sequence[CameraRef], is_time_over: Callable[[], bool]) -> None:
        """Raises RequestRefused where a run is under way here, PeerError where it cannot be kept."""
        ...

    async def stop(self, run: str) -> bool:
        """When nothing sounds any more; False where there is no such run here."""
        ...


class DrillRecords(Protocol):
    """What is kept about drills. All raise PeerError, or RequestRefused, while the database is away."""

    async def run(self, id: str) -> DrillRunStatus | None: ...

    async def newest(self, limit: int) -> list[DrillRunStatus]: ...

    async def last(self, sites: tuple[str, ...] | None) -> dict[CameraRef, DrillResult]: ...

    async def schedules(self) -> dict[str, DrillSchedule]: ...

    async def set_schedule(self, schedule: DrillSchedule) -> None: ...

    async def remove_schedule(self, site: str) -> None: ...


@dataclass(slots=True)
class DrillHandlers:
    """One function for each request.

    Args:
        cameras: all that are wanted; online: those that are, now. changed: told when there is another schedule.
    """

    worker: str
    clock: Clock
    runs: RunningDrills
    records: DrillRecords
    cameras: Mapping[CameraRef, DesiredCamera]
    level_dbfs: float
    fresh_h: float
    online: set[CameraRef] = field(default_factory=set)
    changed: Callable[[], None] = lambda: None

    async def drill_start(self, request: bytes) -> DrillRunStatus:
        wanted = DrillsWanted.decode(request)
        cameras = [CameraRef(each.site, each.camera) for each in wanted.cameras]
        return await self.begin(cameras, wanted.asked_by, wanted.level_dbfs)

    async def begin(
        self,
        cameras: Sequence[CameraRef],
        asked_by: str,
        level_dbfs: float | None,
        *,
        is_scheduled: bool = False,
        is_time_over: Callable[[], bool] = lambda: False,
    ) -> DrillRunStatus:
        """A run of these cameras, under way when it returns."""
        cameras = list(dict.fromkeys(cameras))
        run = DrillRunStatus(
            run=f"{self.worker}.{secrets.token_hex(8)}",
            asked_by=asked_by,
            is_scheduled=is_scheduled,
            began_us=self.clock.now_us(),
            state="running",
            level_dbfs=self.level_dbfs if level_dbfs is None else level_dbfs,
            total=len(cameras),
        )
        await self.runs.start(run, cameras, is_time_over)
        return run

    async def drill(self, request: bytes) -> DrillRunStatus:
        return await self._run(DrillRunRef.decode(request).run)

    async def drills(self, request: bytes) -> DrillRunList:
        return DrillRunList(items=tuple(await self.records.newest(DrillRunsOf.decode(request).limit)))

    async def drill_stop(self, request: bytes) -> DrillRunStatus:
        id = DrillRunRef.decode(request).run
        await self.runs.stop(id)
        return await self._run(id)

    async def reachability(self, request: bytes) -> Reachability:
        return await self.reach(ReachabilityOf.decode(request).sites)

    async def reach(self, sites: tuple[str, ...] | None = None) -> Reachability:
        """Of every camera that is wanted and has a speaker as far as is known."""
        wanted = [
            camera
            for camera, desired in self.cameras.items()
            if desired.is_enabled and desired.talk != "none" and (sites is None or camera.site in sites)
        ]
        last = await self.records.last(sites)
        return reachability(wanted, last, self.online, self.clock.now_us(), self.fresh_h)

    async def drill_schedules(self, request: bytes) -> DrillSchedules:
        return DrillSchedules(items=tuple((await self.records.schedules()).values()))

    async def drill_schedule_set(self, request: bytes) -> DrillSchedule:
        schedule = DrillSchedule.decode(request)
        try:
            ZoneInfo(schedule.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise RequestRefused(
                "no_such_time_zone",
                f"There is no time zone {schedule.time_zone!r}. Use a name such as Asia/Shanghai.",
                status=422,
            ) from error
        await self.records.set_schedule(schedule)
        self.changed()
        return schedule

    async def drill_schedule_remove(self, request: bytes) -> DrillSchedules:
        await self.records.remove_schedule(DrillScheduleRef.decode(request).site)
        return DrillSchedules(items=tuple((await self.records.schedules()).values()))

    async def _run(self, id: str) -> DrillRunStatus:
        run = await self.records.run(id)
        if run is None:
            raise RequestRefused("no_such_drill", f"There is no run of drills {id[:80]!r}.", status=404)
        return run
