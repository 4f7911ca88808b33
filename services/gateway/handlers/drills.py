"""Drills: begun, stopped, planned, each on record before it happens; and who can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.gateway.audit import Action, AuditTrail, Deed
from services.gateway.cameras import Camera
from services.gateway.handlers.registry import By, RegistryDesk
from services.gateway.identity import Identity
from services.gateway.refusals import no_such
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.drills import (
    DrillCamera,
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

# As in the message: more are several runs.
CAMERAS_MAX = 5000
_NAMED_IN_TRAIL = 30


class Drills(Protocol):
    """The intercom. All raise RequestRefused as it refused, PeerError where none answers."""

    async def start(self, wanted: DrillsWanted) -> DrillRunStatus: ...

    async def run(self, wanted: DrillRunRef) -> DrillRunStatus: ...

    async def runs(self, wanted: DrillRunsOf) -> DrillRunList: ...

    async def stop(self, wanted: DrillRunRef) -> DrillRunStatus: ...

    async def reachability(self, wanted: ReachabilityOf) -> Reachability: ...

    async def schedules(self) -> DrillSchedules: ...

    async def set_schedule(self, schedule: DrillSchedule) -> DrillSchedule: ...

    async def remove_schedule(self, wanted: DrillScheduleRef) -> DrillSchedules: ...


@dataclass(frozen=True, slots=True)
class DrillDesk:
    """What people may ask about drills."""

    registry: RegistryDesk
    drills: Drills
    trail: AuditTrail
    clock: Clock

    async def start(
        self, by: By, cameras: Sequence[str], sites: Sequence[str], *, of_all: bool, level_dbfs: float | None
    ) -> DrillRunStatus:
        """Of these cameras, of all cameras of these sites, or of all that one sees; those that are switched on."""
        chosen = await self._chosen(by.identity, cameras, sites, of_all=of_all)
        if not chosen:
            raise RequestRefused("no_cameras", "There is no camera among them that is switched on.", status=422)
        if len(chosen) > CAMERAS_MAX:
            raise RequestRefused("too_many_cameras", f"At most {CAMERAS_MAX} in one run: ask by site.", status=422)
        named = ",".join(camera.id for camera in chosen[:_NAMED_IN_TRAIL])
        await self._record(by, "drills_started", count=str(len(chosen)), cameras=named)
        wanted = tuple(DrillCamera(site=camera.site, camera=camera.id) for camera in chosen)
        return await self.drills.start(DrillsWanted(cameras=wanted, asked_by=by.identity.name, level_dbfs=level_dbfs))

    async def run(self, identity: Identity, id: str) -> DrillRunStatus:
        """With the results of those schools that one sees."""
        return _seen(identity, await self.drills.run(DrillRunRef(run=id)))

    async def runs(self, limit: int) -> DrillRunList:
        return await self.drills.runs(DrillRunsOf(limit=limit))

    async def stop(self, by: By, id: str) -> DrillRunStatus:
        """Of one's own schools, or begun by oneself: a night's run of a whole district is not one school's to end."""
        whole = await self.drills.run(DrillRunRef(run=id))
        is_begun_by_them = whole.asked_by == by.identity.name and not whole.is_scheduled
        if _seen(by.identity, whole).total < whole.total and not is_begun_by_them:
            raise RequestRefused(
                "drills_of_others",
                "Other people's schools are in this run too: who began it may stop it, or who sees all of them.",
                status=403,
            )
        await self._record(by, "drills_stopped", run=id[:200])
        stopped = await self.drills.stop(DrillRunRef(run=id, asked_by=by.identity.name))
        return _seen(by.identity, stopped)

    async def reachability(self, identity: Identity, sites: Sequence[str]) -> Reachability:
        """Of these schools, of all that one sees where none is named."""
        return await self.drills.reachability(ReachabilityOf(sites=identity.seen_sites(sites)))

    async def schedules(self) -> DrillSchedules:
        return await self.drills.schedules()

    async def set_schedule(self, by: By, schedule: DrillSchedule) -> DrillSchedule:
        """Of a site, or of the installation where `schedule.site` is empty."""
        if schedule.site:
            await self.registry.site(schedule.site)
        await self._record(by, "drill_schedule_changed", site=schedule.site)
        told = schedule.model_copy(update={"changed_by": by.identity.name, "changed_us": self.clock.now_us()})
        return await self.drills.set_schedule(told)

    async def remove_schedule(self, by: By, site: str) -> None:
        if site:
            await self.registry.site(site)
        await self._record(by, "drill_schedule_removed", site=site)
        await self.drills.remove_schedule(DrillScheduleRef(site=site))

    async def _chosen(
        self, identity: Identity, cameras: Sequence[str], sites: Sequence[str], *, of_all: bool
    ) -> list[Camera]:
        every = {
            camera.id: camera for camera in await self.registry.register.every_camera() if identity.sees(camera.site)
        }
        for id in cameras:
            if id not in every:
                raise no_such("camera", id)
        for site in sites:
            if not identity.sees((await self.registry.site(site)).id):
                raise no_such("site", site)
        those = [camera for camera in every.values() if of_all or camera.site in sites or camera.id in cameras]
        return [camera for camera in those if camera.is_enabled]

    async def _record(self, by: By, action: Action, **detail: str) -> None:
        await self.trail.add(Deed(action, by.identity.name, by.address, self.clock.now(), detail=detail))


def _seen(identity: Identity, run: DrillRunStatus) -> DrillRunStatus:
    """Raises RequestRefused 404 where the run is about other people's schools alone."""
    if identity.sites is None:
        return run
    results = tuple(result for result in run.results if identity.sees(result.site))
    if not results:
        raise no_such("drill", run.run)
    counts: dict[str, int] = {}
    for result in results:
        if result.outcome is not None:
            counts[result.outcome] = counts.get(result.outcome, 0) + 1
    return run.model_copy(update={"results": results, "counts": counts, "total": len(results)})
