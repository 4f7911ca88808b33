"""Runs broadcasts, each in a task of its own; one that fails through our fault ends alone and is logged."""

from __future__ import annotations

import asyncio

from services.intercom.adapters.broadcast import Broadcast
from shared.telemetry import counter, gauge, log

_running = gauge("intercom_broadcasts", "broadcasts held by this worker")
_ended = counter("intercom_broadcasts_ended_total", "broadcasts that ended", ["ending"])
_receipts = counter("intercom_receipts_total", "cameras of broadcasts that ended, by how", ["state", "reason"])


class BroadcastTasks:
    """`start` is told to each broadcast when it was opened."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, broadcast: Broadcast) -> None:
        task = asyncio.create_task(broadcast.run(), name=f"broadcast {broadcast.id}")
        self._tasks.add(task)
        _running.set(len(self._tasks))
        task.add_done_callback(lambda done: self._done(broadcast, done))

    async def close(self) -> None:
        """What drains is waited for; what does not end by itself is ended."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3.0)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, broadcast: Broadcast, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        _running.set(len(self._tasks))
        status = broadcast.status()
        _ended.labels(ending=status.ending or "failed").inc()
        for receipt in status.receipts:
            _receipts.labels(state=receipt.state, reason=receipt.reason or "").inc()
        if not task.cancelled() and (error := task.exception()) is not None:
            log().critical("our bug in a broadcast", broadcast=broadcast.id, exc_info=error)
        else:
            log().info("broadcast over", broadcast=broadcast.id, ending=status.ending, counts=status.counts)
