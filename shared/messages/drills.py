"""Drills: asked of the intercom, said by it; and which kitchens could be reached right now."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.messages.base import Fact, Message
from shared.messages.cameras import RecordingWindow
from shared.messages.ingest import AT_US
from shared.subjects import CameraRef

DrillOutcome = Literal["passed", "not_heard", "wrong_room", "could_not_speak", "skipped"]
DrillRunState = Literal["running", "done", "stopped", "abandoned"]
ReachState = Literal["reachable", "offline", "failed", "stale", "never"]
_US = "UTC microseconds"
_CAUSE = (
    "stable, for programs. passed: heard. not_heard: tone_not_found (the microphone hears, the tone is not in it: the "
    "speaker is mute, or the camera takes its own voice out), microphone_silent, no_sound_track, not_delivered (the "
    "camera reports that our sound does not come), no_picture. wrong_room: heard_elsewhere, another_heard_here. "
    "could_not_speak: floor_taken, preempted, no_backchannel, camera_refused, camera_unreachable, camera_gone, "
    "disabled, or the code of the refusal. skipped: stopped, window_over, camera_removed"
)


class DrillCamera(Message):
    """A camera to be drilled."""

    site: str
    camera: str


class DrillsWanted(Message):
    """Command `drill_start`: play a coded tone through each, and listen for it. Answered with the run, under way."""

    cameras: tuple[DrillCamera, ...] = Field(min_length=1, max_length=5000)
    asked_by: str
    level_dbfs: float | None = Field(
        None, ge=-40, le=-6, description="loudness of the tone, of full scale; None: as the intercom is set"
    )


class DrillResult(Message):
    """One drill of one camera."""

    site: str
    camera: str
    outcome: DrillOutcome | None = Field(None, description="None: it waits, or is under way")
    cause: str = Field("", description=_CAUSE)
    detail: str = Field("", description="in words, with what to look at")
    at_us: int | None = Field(None, description=f"when the tone began, or when it was given up; {_US}")
    delay_ms: float | None = Field(None, description="from the first sample sent until it was back here")
    snr_db: float | None = Field(None, description="of the tone between 1 and 3 kHz, its own echoes counted as noise")
    level_dbfs: float | None = Field(None, description="of the tone in the microphone's sound")
    noise_dbfs: float | None = Field(None, description="of the microphone's sound: its loudest tenth of a second")
    evidence: float | None = Field(None, description="how sure, 0 to 96; 56 and more is heard")
    is_delivered: bool | None = Field(
        None, description="whether the camera reports that our sound came; None: not said"
    )
    other: str | None = Field(None, description="<site>/<camera>: where it was heard, or whose tone was heard here")
    attempts: int = 0


class DrillRunRef(Message):
    """Commands `drill` (any worker) and `drill_stop` (of the worker that holds it)."""

    run: str = Field(description="<worker>.<random>")
    asked_by: str = ""


class DrillRunsOf(Message):
    """Command `drills`: runs, newest first, without their results."""

    limit: int = Field(100, ge=1, le=500)


class DrillRunStatus(Message):
    """A run of drills. Answer of `drill_start`, `drill` and `drill_stop`."""

    run: str
    asked_by: str
    is_scheduled: bool = False
    began_us: int = Field(description=_US)
    ended_us: int | None = None
    state: DrillRunState
    level_dbfs: float
    total: int
    counts: dict[str, int] = Field(default_factory=dict, description="how many of each outcome so far")
    results: tuple[DrillResult, ...] = ()


class DrillRunList(Message):
    """Answer of `drills`."""

    items: tuple[DrillRunStatus, ...] = ()


class ReachabilityOf(Message):
    """Command `reachability`: of all cameras that are wanted, or those of some sites."""

    sites: tuple[str, ...] | None = Field(None, max_length=5000, description="None: of all")


class CameraReach(Message):
    """Whether one could speak to a camera's kitchen right now, as far as is known."""

    site: str
    camera: str
    state: ReachState = Field(
        description="reachable: its last drill passed lately, and it is online. offline: it passed, and is not online."
        " stale: it passed too long ago. failed: it did not pass. never: it was never drilled"
    )
    last: DrillResult | None = None


class SiteReach(Message):
    """A kitchen is reachable where one of its cameras is."""

    site: str
    is_reachable: bool
    cameras: int
    reachable: int


class Reachability(Message):
    """Answer of `reachability`. Ratios are 0 to 1, None where there is nothing to count."""

    at_us: int = Field(description=_US)
    fresh_h: float = Field(description="hours for which a drill that passed counts")
    camera_ratio: float | None = None
    site_ratio: float | None = None
    sites: tuple[SiteReach, ...] = ()
    cameras: tuple[CameraReach, ...] = ()


class DrillSchedule(Message):
    """When a site, or the installation, is drilled by itself. Command `drill_schedule_set`, and its answer."""

    site: str = Field("", description="empty: the installation, for every site without a schedule of its own")
    is_enabled: bool = True
    window: RecordingWindow = Field(description="the quiet hour: begun within it, and stopped at its end")
    time_zone: str = Field("Asia/Shanghai", description="IANA name of the kitchen's clock")
    level_dbfs: float | None = Field(None, ge=-40, le=-6)
    changed_by: str = ""
    changed_us: int = 0


class DrillScheduleRef(Message):
    """Command `drill_schedule_remove`: the site then follows the installation's."""

    site: str = ""


class DrillSchedulesOf(Message):
    """Command `drill_schedules`."""


class DrillSchedules(Message):
    """Answer of `drill_schedules` and `drill_schedule_remove`."""

    items: tuple[DrillSchedule, ...] = ()


class DrillFact(Fact):
    """What every fact about a drill carries."""

    owner: ClassVar[str] = "intercom"

    site: str
    camera: str
    at_us: int = Field(description=AT_US)
    run: str

    def about(self) -> CameraRef:
        return CameraRef(self.site, self.camera)


class DrillPassed(DrillFact):
    """Fact `drill_passed`: the tone came back: speaker, microphone, path and delay are proven."""

    delay_ms: float
    snr_db: float
    level_dbfs: float


class DrillFailed(DrillFact):
    """Fact `drill_failed`: this kitchen was not reached by its speaker, or that could not be shown."""

    outcome: DrillOutcome
    cause: str
    detail: str
