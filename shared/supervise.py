"""The one place that loops: named long-lived tasks, tried again when a peer fails, fatal when we do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn, Protocol

from shared.clock import Clock
from shared.errors import CameraRefused, PeerError, ResourceExhausted
from shared.telemetry import counter, log

_failures = counter("supervised_failures_total", "Runs that a peer or a full resource ended", ["task", "error"])

STOP_LIMIT_S = 5.0


class Supervised(Protocol):
    """Something long-lived. `run_once` does one round (or runs until its peer is lost) and returns.

    It must wait for something itself; a round that returned is followed by the next at once.
    """

    async def run_once(self) -> None: ...


RunOnce = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BackOff:
    """Delays before the next attempt: doubling from `first_s` to `last_s`, each +-`jitter` of itself.

    `refused_s` follows wrong credentials: every further try could lock the camera's account.
    `healthy_s`: a run that lasted as long starts the doubling anew.
    """

    first_s: float = 1.0
    last_s: float = 30.0
    jitter: float = 0.25
    refused_s: float = 60.0
    healthy_s: float = 30.0

    def delay_s(self, failures: int, error: BaseException, chance: float) -> float:
        """`failures` in a row, 1 at the first; `chance` is uniform in 0..1."""
        if isinstance(error, CameraRefused) and error.is_credentials:
            return self.refused_s
        spread = 1.0 + self.jitter * (2.0 * chance - 1.0)
        delay_s = self.first_s * 2.0 ** min(failures - 1, 16) * spread
        return min(max(delay_s, self.first_s), self.last_s)


class Supervisor:
    """Runs named tasks until stopped.

    A PeerError or ResourceExhausted is counted, logged and followed by another run after a back-off.
    Anything else is our bug: `run` raises it, so that the process ends and is started again.
    """

    def __init__(self, clock: Clock, *, chance: Callable[[], float] = random.random):
        self._clock = clock
        self._chance = chance
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._bug: asyncio.Future[NoReturn] | None = None
        self._first_bug: BaseException | None = None

    def start(self, name: str, task: Supervised | RunOnce, *, back_off: BackOff | None = None) -> None:
        """Run `task` under `name` ("shards", "camera:<site>/<camera>"; the part before ':' labels metrics)."""
        if name in self._tasks:
            raise ValueError(f"a task named {name!r} runs already")
        run_once = task if callable(task) else task.run_once
        running = asyncio.create_task(self._loop(name, run_once, back_off or BackOff()), name=name)
        self._tasks[name] = running
        running.add_done_callback(lambda ended: self._on_end(name, ended))

    @property
    def bug(self) -> BaseException | None:
        """What ended a task that should never end, None while all is well."""
        return self._first_bug

    @property
    def names(self) -> tuple[str, ...]:
        """Of what runs now, in the order it was started."""
        return tuple(self._tasks)

    async def stop(self, name: str) -> None:
        """End one task; returns when it has ended. Not running: nothing happens."""
        task = self._tasks.pop(name, None)
        if task is not None:
            await _end(name, task)

    async def stop_all(self) -> None:
        """End all, the last started first."""
        for name in reversed(self.names):
            await self.stop(name)

    async def run(self) -> NoReturn:
        """Wait until cancelled; raise the first bug of any task as soon as there is one."""
        if self._first_bug is not None:
            raise self._first_bug
        self._bug = asyncio.get_running_loop().create_future()
        await self._bug
        raise AssertionError("a bug is an exception")

    async def _loop(self, name: str, run_once: RunOnce, back_off: BackOff) -> None:
        failures = 0
        while True:
            began = self._clock.monotonic()
            try:
                await run_once()
                failures = 0
                await asyncio.sleep(0)  # a round that never waited must not starve the others
            except (PeerError, ResourceExhausted) as error:
                if self._clock.monotonic() - began >= back_off.healthy_s:
                    failures = 0
                failures += 1
                delay_s = back_off.delay_s(failures, error, self._chance())
                _report(name, error, failures, delay_s)
                await self._clock.sleep(delay_s)

    def _on_end(self, name: str, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        bug = task.exception()
        if bug is None:
            return
        if self._tasks.get(name) is task:
            del self._tasks[name]
        if self._first_bug is None:
            self._first_bug = bug
        if self._bug is not None and not self._bug.done():
            self._bug.set_exception(bug)


def _report(name: str, error: BaseException, failures: int, delay_s: float) -> None:
    _failures.labels(name.partition(":")[0], type(error).__name__).inc()
    logger = log()
    write = logger.error if isinstance(error, ResourceExhausted) else logger.warning
    write(
        "task failed, will try again",
        task=name,
        error=type(error).__name__,
        detail=str(error),
        failures=failures,
        retry_in_s=round(delay_s, 1),
    )


async def _end(name: str, task: asyncio.Task[None]) -> None:
    task.cancel()
    _, running = await asyncio.wait({task}, timeout=STOP_LIMIT_S)
    if running:
        log().error("task does not stop", task=name, limit_s=STOP_LIMIT_S)
