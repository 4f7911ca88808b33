"""One run of drills: some at once, a little apart, no two in one kitchen; each result kept as soon as it is there."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from services.intercom.adapters.tone_drill import DrillMeans, ToneDrill
from services.intercom.drills.turns import Turns
from services.intercom.drills.verdict import heard_elsewhere, is_worth_another_try, not_played
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
# Tones that may still be heard somewhere.
CODES_MAX = 64
# A session opened at once after another was ended stays silent on some cameras.
REST_S = 2.5
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

    Two rounds: what may be otherwise a moment later is tried again when all others are done, and then everything that
    was not heard listens for each other too: speakers that are exchanged always fail together.

    Args:
        cameras: what is known of every camera. is_time_over: whether its quiet hour has ended.
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
    _round: int = 1
    _again: dict[CameraRef, DrillResult] = field(default_factory=dict)
    _suspects: tuple[CameraRef, ...] = ()
    _heard_at: dict[str, CameraRef] = field(default_factory=dict)
    _codes: deque[tuple[str, CameraRef]] = field(default_factory=lambda: deque(maxlen=CODES_MAX))
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
            while not self._why:
                if self._turns.is_empty and not self._running:
                    if not self._begin_again():
                        break
                    next_s = clock.monotonic() + REST_S
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

    def _begin_again(self) -> bool:
        """The second round; False where there is nothing to try again."""
        if not self._again:
            return False
        self._round += 1
        self._suspects = (*self._again, *self._heard_at.values())
        self._turns = Turns.of(self._again)
        return True

    def _begin_next(self) -> bool:
        camera = self._turns.next()
        if camera is None:
            return False
        self._running[asyncio.create_task(self._one(camera), name=f"drill {camera}")] = camera
        return True

    async def _one(self, camera: CameraRef) -> DrillResult:
        now_us, desired = self.means.clock.now_us(), self.cameras.get(camera)
        if desired is None:
            return not_played(camera, now_us, "skipped", "camera_removed", "There is no such camera (any more).")
        if not desired.is_enabled:
            words = "The camera is switched off in the registry."
            return not_played(camera, now_us, "could_not_speak", "disabled", words)
        code = f"{self.status.run}.{camera.key}#{self._round}"
        self._codes.append((code, camera))
        drill = ToneDrill(
            self.means, desired, code, self.status.level_dbfs, self._neighbours(camera), lambda: self._others(camera)
        )
        result = await drill.run()
        return result.model_copy(update={"attempts": self._round})

    def _neighbours(self, camera: CameraRef) -> list[CameraRef]:
        """Where its tone may come out instead: the same kitchen, and in the second round whoever was not heard."""
        near = sorted(other for other in self.cameras if other.site == camera.site)
        listening = [other for other in dict.fromkeys((*self._suspects, *near)) if other != camera]
        known = [(other, self.cameras.get(other)) for other in listening]
        return [other for other, about in known if about and about.is_enabled and about.wants_audio][:NEIGHBOURS_MAX]

    def _others(self, camera: CameraRef) -> dict[str, CameraRef]:
        return {code: where for code, where in self._codes if where != camera}

    async def _wait(self, limit_s: float) -> None:
        stopped = asyncio.create_task(self._stopped.wait())
        await asyncio.wait((stopped, *self._running), timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        for task, camera in list(self._running.items()):
            if task.done():
                del self._running[task]
                self._turns.done(camera)
                self._ended(camera, task.result())

    def _ended(self, camera: CameraRef, result: DrillResult) -> None:
        if self._round < self.limits.attempts and is_worth_another_try(result):
            self._again[camera] = result
            return
        self._again.pop(camera, None)
        if result.cause == "another_heard_here" and result.other:
            self._heard_at[result.other] = camera
        elif result.cause == "tone_not_found" and (where := self._heard_at.get(str(camera))) is not None:
            result = heard_elsewhere(result, where)
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
        unheard = dict.fromkeys((*(camera for _, camera in left), *self._turns.rest(), *self._again))
        for camera in unheard:
            skipped = not_played(camera, now_us, "skipped", self._why or "stopped", words)
            self._unkept.append(self._again.get(camera, skipped))
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
