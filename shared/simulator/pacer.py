"""Absolute deadlines of many streams on one timer of the event loop."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
from collections.abc import Callable

SLOT_S = 0.002


class Pacer:
    """Calls back when a deadline is reached. Deadlines within one slot of 2 ms share one wake-up.

    Deadlines are absolute: a late call never makes the next one later.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, slot_s: float = SLOT_S):
        self._loop = loop
        self._slot_s = slot_s
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at_s = math.inf

    def now_s(self) -> float:
        return self._loop.time()

    def call_at(self, due_s: float, callback: Callable[[], None]) -> None:
        heapq.heappush(self._due, (due_s, next(self._order), callback))
        if due_s < self._timer_at_s - self._slot_s:
            self._arm()

    def close(self) -> None:
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._timer_at_s = math.inf
        if self._due:
            self._timer_at_s = math.ceil(self._due[0][0] / self._slot_s) * self._slot_s
            self._timer = self._loop.call_at(self._timer_at_s, self._run)

    def _run(self) -> None:
        # Nothing that is pushed meanwhile may arm the timer: it is armed once, below.
        self._timer, self._timer_at_s = None, -math.inf
        now_s, due = self._loop.time(), self._due
        while due and due[0][0] <= now_s:
            heapq.heappop(due)[2]()
        self._arm()
