"""Drills, asked of the intercom over the bus: any worker, and the one that holds a run to stop it."""

from __future__ import annotations

import re

from shared.bus import Bus
from shared.bus.errors import NobodyAnswers
from shared.errors import RequestRefused
from shared.messages.base import Message
from shared.messages.drills import (
    DrillRunList,
    DrillRunRef,
    DrillRunsOf,
    DrillRunStatus,
    DrillSchedule,
    DrillScheduleRef,
    DrillSchedules,
    DrillSchedulesOf,
    DrillsWanted,
    Reachability,
    ReachabilityOf,
)

_LIMIT_S = 10.0
# <worker>.<random>: a subject token, and nothing that could be another subject.
_RUN = re.compile(r"([a-zA-Z0-9_-]{1,128})\.[0-9a-f]{16}")


class BusDrills:
    """Implements `Drills`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def start(self, wanted: DrillsWanted) -> DrillRunStatus:
        return DrillRunStatus.decode(await self._ask("drill_start", wanted))

    async def run(self, wanted: DrillRunRef) -> DrillRunStatus:
        return DrillRunStatus.decode(await self._ask("drill", wanted))

    async def runs(self, wanted: DrillRunsOf) -> DrillRunList:
        return DrillRunList.decode(await self._ask("drills", wanted))

    async def stop(self, wanted: DrillRunRef) -> DrillRunStatus:
        found = _RUN.fullmatch(wanted.run)
        if found is None:
            raise RequestRefused("no_such_drill", f"There is no run of drills {wanted.run[:80]!r}.", status=404)
        try:
            return DrillRunStatus.decode(await self._ask("drill_stop", wanted, found[1]))
        except NobodyAnswers:
            # Its worker is gone, and every sound with it: the others say how it ended.
            return await self.run(wanted)

    async def reachability(self, wanted: ReachabilityOf) -> Reachability:
        return Reachability.decode(await self._ask("reachability", wanted))

    async def schedules(self) -> DrillSchedules:
        return DrillSchedules.decode(await self._ask("drill_schedules", DrillSchedulesOf()))

    async def set_schedule(self, schedule: DrillSchedule) -> DrillSchedule:
        return DrillSchedule.decode(await self._ask("drill_schedule_set", schedule))

    async def remove_schedule(self, wanted: DrillScheduleRef) -> DrillSchedules:
        return DrillSchedules.decode(await self._ask("drill_schedule_remove", wanted))

    async def _ask(self, name: str, message: Message, instance: str | None = None) -> bytes:
        return await self._bus.request("intercom", name, message, timeout_s=_LIMIT_S, instance=instance)
