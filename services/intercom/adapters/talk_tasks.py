"""Runs talks, each in a task of its own; a talk that fails through our fault ends alone and is logged."""

from __future__ import annotations

import asyncio

from services.intercom.adapters.talk import Talk
from shared.telemetry import counter, gauge, log

_running = gauge("intercom_talks", "talks held by this worker")
_ended = counter("intercom_talks_ended_total", "talks that ended", ["ending"])


class TalkTasks:
    """`start` is told to each talk when it was opened."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, talk: Talk) -> None:
        task = asyncio.create_task(talk.run(), name=f"talk {talk.id}")
        self._tasks.add(task)
        _running.set(len(self._tasks))
        task.add_done_callback(lambda done: self._done(talk, done))

    async def close(self) -> None:
        """What drains is waited for; what does not end by itself is ended."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3.0)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, talk: Talk, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        _running.set(len(self._tasks))
        status = talk.status()
        _ended.labels(ending=status.ending or "failed").inc()
        if not task.cancelled() and (error := task.exception()) is not None:
            log().critical("our bug in a talk", talk=talk.id, camera=str(talk.camera), exc_info=error)
        else:
            log().info("talk over", talk=talk.id, camera=str(talk.camera), ending=status.ending, detail=status.detail)
