"""Routes: drills with acoustic proof, when they come by themselves, and which kitchens can be reached right now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from services.gateway.adapters.http.access import by_of, identity_of
from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.recording_plans import PlanWindow, known_zone, plan_windows, policy_windows
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Id, Page
from services.gateway.faults import WrongValue
from shared.messages.drills import (
    CameraReach,
    DrillOutcome,
    DrillResult,
    DrillRunState,
    DrillRunStatus,
    DrillSchedule,
    ReachState,
)

router = APIRouter(prefix="/api/v1", tags=["drills"])

Level = Annotated[
    float | None,
    Field(ge=-40, le=-6, description="loudness of the tone, decibels of full scale; null: as the intercom is set"),
]
_CAUSES = (
    "stable, for programs: heard · tone_not_found, microphone_silent, no_sound_track, not_delivered, no_picture · "
    "heard_elsewhere, another_heard_here · floor_taken, preempted, no_backchannel, camera_refused, camera_unreachable, "
    "camera_gone, disabled · stopped, window_over, camera_removed"
)


class NewDrills(Body):
    """Which cameras to drill: some, those of some sites, or all."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"sites": ["school-2"]}, {"cameras": ["cook-1", "wash-1"]}, {"all": True}]}
    )

    cameras: list[Id] = Field([], max_length=5000)
    sites: list[Id] = Field([], max_length=1000)
    all: bool = False
    level_dbfs: Level = None

    @model_validator(mode="after")
    def _names_something(self) -> NewDrills:
        if not (self.cameras or self.sites or self.all):
            raise WrongValue("no_kitchens_named")
        return self


class DrillAnswer(Answer):
    """One drill of one camera."""

    camera: str = Field(examples=["cook-1"])
    site: str = Field(examples=["school-2"])
    outcome: DrillOutcome | None = Field(None, description="null: it waits, or is under way")
    cause: str = Field(description=_CAUSES, examples=["heard"])
    detail: str = Field(description="the same in words, with what to look at; empty where it passed")
    at: datetime | None = Field(None, description="when the tone began")
    delay_ms: float | None = Field(
        None, description="from the first sample sent until it was back here", examples=[412.0]
    )
    snr_db: float | None = Field(
        None, description="of the tone between 1 and 3 kHz, its own echoes counted as noise", examples=[3.5]
    )
    level_dbfs: float | None = Field(None, description="of the tone in the microphone's sound", examples=[-31.0])
    noise_dbfs: float | None = Field(None, description="the loudest tenth of a second of the microphone's sound")
    evidence: float | None = Field(None, description="how sure, 0 to 96; 56 and more is heard", examples=[96.0])
    is_delivered: bool | None = Field(None, description="whether the camera reports our sound; null: it does not say")
    other: str | None = Field(None, description="where it was heard instead, or whose tone was heard here")
    attempts: int = Field(examples=[1])

    @classmethod
    def of(cls, result: DrillResult) -> DrillAnswer:
        return cls(at=_moment(result.at_us), **result.model_dump(exclude={"at_us"}))


class DrillRunAnswer(Answer):
    """A run of drills."""

    id: str = Field(examples=["intercom-1.0f3a5c7e9b1d2f40"])
    asked_by: str
    is_scheduled: bool = Field(description="it came by itself, in a quiet hour")
    state: DrillRunState
    began_at: datetime
    ended_at: datetime | None = None
    level_dbfs: float
    total: int
    counts: dict[str, int] = Field(description="of each outcome, so far", examples=[{"passed": 30, "not_heard": 1}])

    @classmethod
    def of(cls, run: DrillRunStatus) -> DrillRunAnswer:
        return cls(**_about(run))


class DrillRunDetails(DrillRunAnswer):
    """A run of drills with every result."""

    results: list[DrillAnswer]

    @classmethod
    def of(cls, run: DrillRunStatus) -> DrillRunDetails:
        return cls(**_about(run), results=[DrillAnswer.of(each) for each in run.results])


class CameraReachAnswer(Answer):
    """Whether one could speak to a camera's kitchen right now, as far as is known."""

    camera: str
    site: str
    state: ReachState = Field(
        description="reachable: its last drill passed lately, and it is online · offline: it passed, and is not online"
        " · stale: it passed too long ago · failed: it did not pass · never: it was never drilled"
    )
    last: DrillAnswer | None = None

    @classmethod
    def of(cls, reach: CameraReach) -> CameraReachAnswer:
        last = None if reach.last is None else DrillAnswer.of(reach.last)
        return cls(camera=reach.camera, site=reach.site, state=reach.state, last=last)


class SiteReachAnswer(Answer):
    """A kitchen is reachable where one of its cameras is."""

    site: str
    is_reachable: bool
    cameras: int
    reachable: int


class ReachabilityAnswer(Answer):
    """Who could be reached right now. Ratios are 0 to 1, null where there is nothing to count."""

    at: datetime
    fresh_h: float = Field(description="hours for which a drill that passed counts")
    camera_ratio: float | None = Field(None, examples=[0.94])
    site_ratio: float | None = Field(None, description="of kitchens", examples=[0.97])
    sites: list[SiteReachAnswer]
    cameras: list[CameraReachAnswer]


class ScheduleBody(Body):
    """A quiet hour in which drills come by themselves, once: begun within it, and stopped at its end."""

    is_enabled: bool = True
    window: PlanWindow = Field(
        examples=[{"days": [7], "start": "02:30", "end": "04:00"}], description="on the kitchen's clock"
    )
    time_zone: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"
    level_dbfs: Level = None


class ScheduleAnswer(ScheduleBody):
    """A schedule, and whose it is."""

    site: str | None = Field(None, description="null: the installation's, for sites without their own")
    changed_by: str
    changed_at: datetime | None = None


@router.post("/drills", status_code=202, responses=refusals(401, 403, 404, 409, 422))
async def start_drills(body: NewDrills, request: Request, response: Response) -> DrillRunAnswer:
    """Play a coded tone of 2 s through each camera's speaker and listen for it in its own microphone.

    Some kitchens at once, never two cameras of one kitchen; whoever speaks there goes first. 409 `drills_running`:
    one run is under way.
    """
    run = await rooms_of(request).drills.start(
        by_of(request), body.cameras, body.sites, of_all=body.all, level_dbfs=body.level_dbfs
    )
    response.headers["Location"] = f"{router.prefix}/drills/{run.run}"
    return DrillRunAnswer.of(run)


@router.get("/drills", responses=refusals(401, 403, 422))
async def list_drills(request: Request, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Page[DrillRunAnswer]:
    """Runs of drills, newest first."""
    found = await rooms_of(request).drills.runs(limit)
    return Page(items=[DrillRunAnswer.of(run) for run in found.items])


@router.get("/drills/{id}", responses=refusals(401, 403, 404))
async def get_drills(id: str, request: Request) -> DrillRunDetails:
    """A run with every result so far."""
    return DrillRunDetails.of(await rooms_of(request).drills.run(identity_of(request), id))


@router.post("/drills/{id}/stop", responses=refusals(401, 403, 404))
async def stop_drills(id: str, request: Request) -> DrillRunDetails:
    """Stop a run: what sounds is cut off, what waits is skipped.

    403 `drills_of_others`: schools of others are in it, and somebody else began it.
    """
    return DrillRunDetails.of(await rooms_of(request).drills.stop(by_of(request), id))


@router.get("/reachability", responses=refusals(401, 403, 422))
async def get_reachability(
    request: Request, site: Annotated[list[str] | None, Query(description="of these sites alone")] = None
) -> ReachabilityAnswer:
    """Which kitchens could be spoken to right now: by their cameras' last drills, and by who is online."""
    found = await rooms_of(request).drills.reachability(identity_of(request), site or ())
    return ReachabilityAnswer(
        at=datetime.fromtimestamp(found.at_us / 1e6, UTC),
        fresh_h=found.fresh_h,
        camera_ratio=found.camera_ratio,
        site_ratio=found.site_ratio,
        sites=[SiteReachAnswer(**each.model_dump()) for each in found.sites],
        cameras=[CameraReachAnswer.of(each) for each in found.cameras],
    )


@router.get("/drill-schedules", responses=refusals(401, 403))
async def list_drill_schedules(request: Request) -> Page[ScheduleAnswer]:
    """When drills come by themselves. Without any, they do not."""
    return Page(items=[_schedule(each) for each in (await rooms_of(request).drills.schedules()).items])


@router.put("/drill-schedules/installation", responses=refusals(401, 403, 422))
async def set_drill_schedule(body: ScheduleBody, request: Request) -> ScheduleAnswer:
    """The quiet hour of every site that has none of its own."""
    return await _set(request, "", body)


@router.delete("/drill-schedules/installation", status_code=204, responses=refusals(401, 403))
async def remove_drill_schedule(request: Request) -> None:
    """No drills by themselves, but at sites with a schedule of their own."""
    await rooms_of(request).drills.remove_schedule(by_of(request), "")


@router.put("/sites/{id}/drill-schedule", responses=refusals(401, 403, 404, 422))
async def set_site_drill_schedule(id: str, body: ScheduleBody, request: Request) -> ScheduleAnswer:
    """A site's own quiet hour; `is_enabled` false keeps it out of the installation's."""
    return await _set(request, id, body)


@router.delete("/sites/{id}/drill-schedule", status_code=204, responses=refusals(401, 403, 404))
async def remove_site_drill_schedule(id: str, request: Request) -> None:
    """The site follows the installation's again."""
    await rooms_of(request).drills.remove_schedule(by_of(request), id)


async def _set(request: Request, site: str, body: ScheduleBody) -> ScheduleAnswer:
    wanted = DrillSchedule(
        site=site,
        is_enabled=body.is_enabled,
        window=policy_windows([body.window])[0],
        time_zone=body.time_zone,
        level_dbfs=body.level_dbfs,
    )
    return _schedule(await rooms_of(request).drills.set_schedule(by_of(request), wanted))


def _schedule(schedule: DrillSchedule) -> ScheduleAnswer:
    return ScheduleAnswer(
        site=schedule.site or None,
        is_enabled=schedule.is_enabled,
        window=plan_windows([schedule.window])[0],
        time_zone=schedule.time_zone,
        level_dbfs=schedule.level_dbfs,
        changed_by=schedule.changed_by,
        changed_at=_moment(schedule.changed_us or None),
    )


def _about(run: DrillRunStatus) -> dict[str, Any]:
    return {
        "id": run.run,
        "asked_by": run.asked_by,
        "is_scheduled": run.is_scheduled,
        "state": run.state,
        "began_at": _moment(run.began_us),
        "ended_at": _moment(run.ended_us),
        "level_dbfs": run.level_dbfs,
        "total": run.total,
        "counts": run.counts,
    }


def _moment(us: int | None) -> datetime | None:
    return None if us is None else datetime.fromtimestamp(us / 1e6, UTC)
