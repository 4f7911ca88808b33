"""The end of a worker: nothing new, whoever speaks may finish, everybody is told why it ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.intercom.handlers.views import ViewHandlers
from shared.clock import Clock
from shared.telemetry import log

_ROUND_S = 0.1


class Speaking(Protocol):
    """Talks or broadcasts."""

    async def drain_idle(self) -> int:
        """No new ones; those in which nobody speaks are told why they end. Returns how many speak on."""
        ...

    async def drain(self) -> None:
        """The others, too."""
        ...


class Draining:
    """Called once, when the process is asked to end.

    Args:
        speaking: what people speak in.
        stop_opening: leave the queue groups, so that other workers are asked for what is new.
        limit_s: how long a press may still last.
    """

    def __init__(
        self,
        speaking: Sequence[Speaking],
        views: ViewHandlers,
        stop_opening: Sequence[Callable[[], Awaitable[None]]],
        clock: Clock,
        limit_s: float,
    ):
        self._speaking = speaking
        self._views = views
        self._stop_opening = stop_opening
        self._clock = clock
        self._limit_s = limit_s

    async def __call__(self) -> None:
        for stop in self._stop_opening:
            await stop()
        await self._views.drain()
        began = self._clock.monotonic()
        while (speaking := await self._drain_idle()) and self._clock.monotonic() - began < self._limit_s:
            await self._clock.sleep(_ROUND_S)
        for each in self._speaking:
            await each.drain()
        waited_s = round(self._clock.monotonic() - began, 1)
        log().info("drained", cut_off=speaking, waited_s=waited_s)

    async def _drain_idle(self) -> int:
        return sum([await each.drain_idle() for each in self._speaking])
