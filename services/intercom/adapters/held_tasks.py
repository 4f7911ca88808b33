"""Runs talks, or broadcasts, each in a task of its own; one that fails through our fault ends alone and is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from shared.telemetry import log

# = how long what drains is waited for
_CLOSE_LIMIT_S = 3.0


class Held(Protocol):
    """A talk or a broadcast."""

    id: str

    async def run(self) -> None: ...


T = TypeVar("T", bound=Held)


class HeldTasks(Generic[T]):
    """`start` is told to each when it was opened.

    Args:
        what: a word for the log.
        count: told how many run, with every change.
        over: told of each that ended; returns what the log says of it.
    """

    def __init__(self, what: str, count: Callable[[int], None], over: Callable[[T], dict[str, object]]):
        self._what = what
        self._count = count
        self._over = over
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, held: T) -> None:
        task = asyncio.create_task(held.run(), name=f"{self._what} {held.id}")
        self._tasks.add(task)
        self._count(len(self._tasks))
        task.add_done_callback(lambda done: self._done(held, done))

    async def close(self) -> None:
        """What drains is waited for; what does not end by itself is ended."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_LIMIT_S)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, held: T, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._count(len(self._tasks))
        about = {"what": self._what, "id": held.id, **self._over(held)}
        if not task.cancelled() and (error := task.exception()) is not None:
            log().critical("our bug in what is held", exc_info=error, **about)
        else:
            log().info("over", **about)
