"""One run of drills: some at once, a little apart, no two in one kitchen; each result kept as soon as it is there."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.intercom.adapters.tone_drill import DrillMeans, ToneDrill
from services.intercom.drills.turns import Turns
from services.intercom.drills.verdict import not_played
from shared.errors import PeerError
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.messages.drills import DrillFailed, DrillPassed, DrillResult, DrillRunState, DrillRunStatus
from shared.subjects import CameraRef
from shared.telemetry import counter, log

# = how soon the end of a quiet hour is noticed, and how often a run says that it lives
ROUND_S = 1.0
# A kitchen's other microphones, at most so many: each is a whole stream from the bus.
NEIGHBOURS_MAX = 8
# = how long results wait for a database that is away when everything else is done
KEEP_RETRY_S = 2.0
KEEP_LIMIT_S = 60.0

_drilled = counter("intercom_drills_total", "drills that ended", ["outcome"])


class DrillBook(Protocol):
    """Where runs and results are kept. All raise PeerError while it is away."""

    async def begin(self, run: DrillRunStatus, cameras: Sequence[CameraRef], worker: str) -> None: ...

    async def keep(self, run: str, result: DrillResult) -> None: ...

    async def beat(self, run: str, now_us: int) -> None: ...

    async def end(self, run: str, state: DrillRunState, now_us: int) -> None: ...


@dataclass(frozen=True, slots=True)
class DrillLimits:
    """How many at once, how far apart they begin, how often one is tried."""

    at_once: int = 4
    apart_s: float = 0.5
    attempts: int = 2


@dataclass(slots=True)
class DrillRun:
    """`run` it in a task; `stop` at any time.

    Args:
        cameras: what is known of every camera. until_us: the end of the quiet hour, asked every second.
    """

    status: DrillRunStatus
    wanted: Sequence[CameraRef]
    means: DrillMeans
    book: DrillBook
    cameras: Mapping[CameraRef, DesiredCamera]
    limits: DrillLimits
    say: Callable[[Fact], None]
    is_time_over: Callable[[], bool] = lambda: False
    _turns: Turns = field(init=False)
    _running: dict[asyncio.Task[DrillResult], CameraRef] = field(default_factory=dict)
    _codes: dict[CameraRef, ToneDrill] = field(default_factory=dict)
    _unkept: deque[DrillResult] = field(default_factory=deque)
    _why: str = ""
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._turns = Turns.of(self.wanted)

    def stop(self, why: str = "stopped") -> None:
        """What sounds now is cut off; what waits is skipped."""
        self._why = self._why or why
        self._stopped.set()

    async def run(self) -> None:
        """Until every camera has a result. Never raises a PeerError."""
        clock = self.means.clock
        next_s = clock.monotonic()
        try:
            while not self._why and not (self._turns.is_empty and not self._running):
                left_s = next_s - clock.monotonic()
                if left_s <= 0 and len(self._running) < self.limits.at_once and self._begin_next():
                    left_s = self.limits.apart_s
                    next_s = clock.monotonic() + left_s
                await self._wait(left_s if 0 < left_s < ROUND_S else ROUND_S)
                if self.is_time_over():
                    self.stop("window_over")
                await self._keep_all()
        finally:
            await self._finish()

    def _begin_next(self) -> bool:
        camera = self._turns.next()
        if camera is None:
            return False
        desired = self.cameras.get(camera)
        drill = None if desired is None else self._drill(camera, desired)
        self._running[asyncio.create_task(self._one(camera, desired, drill), name=f"drill {camera}")] = camera
        if drill is not None:
            self._codes[camera] = drill
        return True

    def _drill(self, camera: CameraRef, desired: DesiredCamera) -> ToneDrill:
        near = [
            other
            for other, about in self.cameras.items()
            if other.site == camera.site and other != camera and about.is_enabled and about.wants_audio
        ]
        name = f"{self.status.run}.{camera.key}"
        others = lambda: {drill.code: where for where, drill in self._codes.items() if where != camera}  # noqa: E731
        return ToneDrill(self.means, desired, name, self.status.level_dbfs, sorted(near)[:NEIGHBOURS_MAX], others)

    async def _one(self, camera: CameraRef, desired: DesiredCamera | None, drill: ToneDrill | None) -> DrillResult:
        now_us = self.means.clock.now_us()
        if desired is None or drill is None:
            return not_played(camera, now_us, "skipped", "camera_removed", "There is no such camera (any more).")
        if not desired.is_enabled:
            words = "The camera is switched off in the registry."
            return not_played(camera, now_us, "could_not_speak", "disabled", words)
        return await drill.run(self.limits.attempts)

    async def _wait(self, limit_s: float) -> None:
        stopped = asyncio.create_task(self._stopped.wait())
        await asyncio.wait((stopped, *self._running), timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task, camera in list(self._running.items()):
            if task.done():
                del self._running[task]
                self._codes.pop(camera, None)
                self._turns.done(camera)
                self._ended(task.result())

    def _ended(self, result: DrillResult) -> None:
        _drilled.labels(outcome=result.outcome or "").inc()
        self._say(result)
        self._unkept.append(result)

    async def _finish(self) -> None:
        """However it ends: nothing sounds any more, and everything has a result."""
        left = list(self._running.items())
        for task, _ in left:
            task.cancel()
        await asyncio.gather(*(task for task, _ in left), return_exceptions=True)
        now_us = self.means.clock.now_us()
        words = "The quiet hour was over." if self._why == "window_over" else "The run was stopped before this camera."
        for camera in [*(camera for _, camera in left), *self._turns.rest()]:
            self._unkept.append(not_played(camera, now_us, "skipped", self._why or "stopped", words))
        until_s = self.means.clock.monotonic() + KEEP_LIMIT_S
        while not await self._keep_all() or not await self._kept_end():
            if self.means.clock.monotonic() > until_s:
                log().error("results of drills not kept: facts alone tell them", run=self.status.run)
                return
            await self.means.clock.sleep(KEEP_RETRY_S)

    async def _keep_all(self) -> bool:
        """Everything that is there, and a sign of life; False while the database is away: what is there stays."""
        try:
            while self._unkept:
                await self.book.keep(self.status.run, self._unkept[0])
                self._unkept.popleft()
            await self.book.beat(self.status.run, self.means.clock.now_us())
        except PeerError as error:
            log().warning("drills go on, their book is away", detail=str(error))
            return False
        return True

    async def _kept_end(self) -> bool:
        state: DrillRunState = "stopped" if self._why else "done"
        try:
            await self.book.end(self.status.run, state, self.means.clock.now_us())
        except PeerError:
            return False
        return True

    def _say(self, result: DrillResult) -> None:
        about = {"site": result.site, "camera": result.camera, "run": self.status.run}
        at_us = result.at_us or self.means.clock.now_us()
        if result.outcome == "passed":
            measured = {
                "delay_ms": result.delay_ms or 0.0,
                "snr_db": result.snr_db or 0.0,
                "level_dbfs": result.level_dbfs or 0.0,
            }
            self.say(DrillPassed(**about, at_us=at_us, **measured))
        elif result.outcome is not None and result.outcome != "skipped":
            failed = DrillFailed(**about, at_us=at_us, outcome=result.outcome, cause=result.cause, detail=result.detail)
            self.say(failed)
