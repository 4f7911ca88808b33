"""One timer of a process for everything that need not be punctual: who can wait a little wakes with who cannot."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from math import inf

# The loop rounds its timers to milliseconds.
ROUNDING_S = 0.001


class Appointment:
    """A callback that is due between two times of the loop's clock."""

    __slots__ = ("_pulse", "callback", "earliest", "latest")

    def __init__(self, pulse: Pulse, earliest: float, latest: float, callback: Callable[[], object]):
        self._pulse = pulse
        self.earliest = earliest
        self.latest = latest
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Not to be called any more; that it was called already is no error."""
        if self.callback is not None:
            self.callback = None
            self._pulse.cancelled(self)


class Pulse:
    """Belongs to one event loop; `pulse()` is that of the running one.

    To wake for a few microseconds of work costs ten times as much as the work: meanwhile the processor's caches hold
    other programs. So whoever has time says from when until when it may be called. The timer is set to the first of
    the latest times, and then all are called whose time has begun. For the same reason this is written in few frames.
    What a callback raises goes to the loop's exception handler.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._waiting: list[Appointment] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf
        self._last: list[Callable[[], object]] | None = None

    def call_last(self, callback: Callable[[], object]) -> None:
        """Have `callback` called once, behind everything that runs now: at the end of this beat, or of this turn of the
        loop, where nothing of ours runs. (A turn of its own is a look into every socket.)"""
        if self._last is None:
            self.loop.call_soon(callback)
        else:
            self._last.append(callback)

    def call(self, earliest: float, latest: float, callback: Callable[[], object]) -> Appointment:
        """Have `callback` called once, at a time of the loop's clock between the two."""
        appointment = Appointment(self, earliest, latest, callback)
        self._waiting.append(appointment)
        if latest < self._timer_at:
            self._set_timer(latest)
        return appointment

    def cancelled(self, appointment: Appointment) -> None:
        """Told by an appointment that is not kept: where the timer was set for it, nobody wakes for nothing."""
        if appointment.latest == self._timer_at:
            try:
                self._look_ahead()
            except RuntimeError:
                return  # a coroutine thrown away after its loop has ended

    async def sleep(self, least_s: float, most_s: float) -> None:
        """Sleep between the two."""
        now, woken = self.loop.time(), self.loop.create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        appointment = self.call(now + least_s, now + most_s, wake)
        try:
            await woken
        finally:
            appointment.cancel()

    def _set_timer(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self.loop.call_at(at, self._beat)

    def _beat(self) -> None:
        now = self.loop.time() + ROUNDING_S
        due: list[Appointment] = []
        waiting: list[Appointment] = []
        for appointment in self._waiting:
            (due if appointment.earliest <= now else waiting).append(appointment)
        self._waiting = waiting
        self._timer, self._timer_at = None, -inf  # set once, when all have made their next appointments
        last = self._last = []
        for appointment in due:
            callback, appointment.callback = appointment.callback, None
            if callback is not None:
                self._run(callback)
        self._last = None
        self._look_ahead()
        for callback in last:
            self._run(callback)

    def _run(self, callback: Callable[[], object]) -> None:
        try:
            callback()
        except Exception as error:  # noqa: BLE001 - as the loop does: nobody misses a beat for another's mistake
            self.loop.call_exception_handler({"message": f"{callback!r} failed in a beat", "exception": error})

    def _look_ahead(self) -> None:
        """Set the timer for those who wait; those who cancelled are forgotten."""
        first = inf
        waiting: list[Appointment] = []
        for appointment in self._waiting:
            if appointment.callback is not None:
                waiting.append(appointment)
                if appointment.latest < first:
                    first = appointment.latest
        self._waiting = waiting
        if waiting:
            self._set_timer(first)
        else:
            if self._timer is not None:
                self._timer.cancel()
            self._timer, self._timer_at = None, inf


class _Here(threading.local):
    """A thread runs one loop at a time: the pulse of the one that asked last."""

    latest: Pulse | None = None


_here = _Here()


def pulse() -> Pulse:
    """That of the running loop."""
    loop = asyncio.get_running_loop()
    latest = _here.latest
    if latest is None or latest.loop is not loop:
        latest = _here.latest = Pulse(loop)
    return latest
