"""One timer of a process for everything that need not be punctual: who can wait a little wakes with who cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from math import inf
from weakref import WeakKeyDictionary

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
    the latest times, and then all are called whose time has begun.
    """

    def __init__(self) -> None:
        self._waiting: list[Appointment] = []
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    def call(self, earliest: float, latest: float, callback: Callable[[], object]) -> Appointment:
        """Have `callback` called once, at a time of the loop's clock between the two. It may not raise."""
        appointment = Appointment(self, earliest, latest, callback)
        self._waiting.append(appointment)
        if latest < self._timer_at:
            self._set_timer(latest)
        return appointment

    def cancelled(self, appointment: Appointment) -> None:
        """Told by an appointment that is not kept: where the timer was set for it, nobody wakes for nothing."""
        if appointment.latest == self._timer_at:
            with suppress(RuntimeError):  # a coroutine thrown away after its loop has ended
                self._look_ahead()

    async def sleep(self, least_s: float, most_s: float) -> None:
        """Sleep between the two."""
        loop = asyncio.get_running_loop()
        now, woken = loop.time(), loop.create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        appointment = self.call(now + least_s, now + most_s, wake)
        try:
            await woken
        finally:
            appointment.cancel()

    def _set_timer(self, at: float) -> None:
        self._stop_timer()
        self._timer_at = at
        self._timer = asyncio.get_running_loop().call_at(at, self._beat)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, inf

    def _beat(self) -> None:
        now = asyncio.get_running_loop().time() + ROUNDING_S
        due = [appointment for appointment in self._waiting if appointment.earliest <= now]
        self._waiting = [appointment for appointment in self._waiting if appointment.earliest > now]
        self._timer, self._timer_at = None, -inf  # set once, when all have made their next appointments
        try:
            for appointment in due:
                callback, appointment.callback = appointment.callback, None
                if callback is not None:
                    callback()
        finally:
            self._look_ahead()

    def _look_ahead(self) -> None:
        """Set the timer for those who wait; those who cancelled are forgotten."""
        self._waiting = [appointment for appointment in self._waiting if appointment.callback is not None]
        if self._waiting:
            self._set_timer(min(appointment.latest for appointment in self._waiting))
        else:
            self._stop_timer()


_pulses: WeakKeyDictionary[asyncio.AbstractEventLoop, Pulse] = WeakKeyDictionary()


def pulse() -> Pulse:
    """That of the running loop."""
    loop = asyncio.get_running_loop()
    found = _pulses.get(loop)
    if found is None:
        found = _pulses[loop] = Pulse()
    return found
