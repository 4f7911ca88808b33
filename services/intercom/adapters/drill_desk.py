"""The drills of one worker, put together: who answers, who holds runs, who looks at the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.intercom.adapters.drill_run import DrillLimits
from services.intercom.adapters.drill_runs import DrillClock, DrillRuns
from services.intercom.adapters.drill_store import DrillStore
from services.intercom.adapters.microphone import Microphone
from services.intercom.adapters.records import Records
from services.intercom.adapters.tone_drill import DrillMeans
from services.intercom.handlers.drills import DrillHandlers
from services.intercom.legs import CameraLeg, Floors
from services.intercom.settings import Settings
from shared import subjects
from shared.bus.kv_watch import KvEntry
from shared.bus.requests import RequestHandler
from shared.messages.base import Fact
from shared.messages.cameras import CameraState, DesiredCamera
from shared.service import Context
from shared.subjects import CameraRef


class DrillDesk:
    """Attributes: answers: of any worker; pinned: of the one that holds the run; clock: supervised."""

    def __init__(
        self,
        context: Context[Settings],
        cameras: Mapping[CameraRef, DesiredCamera],
        leg: Callable[[DesiredCamera], CameraLeg],
        floors: Floors,
        records: Records,
        say: Callable[[Fact], None],
    ):
        settings, bus = context.settings, context.bus

        def microphone(camera: CameraRef) -> Microphone:
            return Microphone(lambda hear: bus.subscribe_media(subjects.media(camera, "main"), hear))

        store = DrillStore(records)
        means = DrillMeans(leg, microphone, floors, context.clock)
        limits = DrillLimits(at_once=settings.drills_at_once)
        self.runs = DrillRuns(settings.worker_id, means, store, cameras, limits, say)
        self._handlers = DrillHandlers(
            settings.worker_id,
            context.clock,
            self.runs,
            store,
            cameras,
            settings.drill_level_dbfs,
            settings.drill_fresh_h,
        )
        self.clock = DrillClock(self._handlers, self.runs, store, records.made, settings.drill_keep_days, context.clock)
        handlers = self._handlers
        handlers.changed = self.runs.ended = self.clock.wake
        self.answers: dict[str, RequestHandler] = {
            "drill_start": handlers.drill_start,
            "drill": handlers.drill,
            "drills": handlers.drills,
            "reachability": handlers.reachability,
            "drill_schedules": handlers.drill_schedules,
            "drill_schedule_set": handlers.drill_schedule_set,
            "drill_schedule_remove": handlers.drill_schedule_remove,
        }
        self.pinned: dict[str, RequestHandler] = {"drill_stop": handlers.drill_stop}

    def camera_state_changed(self, entry: KvEntry) -> None:
        """KV `camera_states`."""
        camera = CameraRef.from_key(entry.key)
        if entry.value is not None and CameraState.decode(entry.value).condition == "online":
            self._handlers.online.add(camera)
        else:
            self._handlers.online.discard(camera)
