"""How long nothing came from a browser while we listened."""

from __future__ import annotations

# = how late a timer of ours may fire before we count as asleep: a paused machine, a blocked loop
ASLEEP_S = 0.5


class Silence:
    """Who slept has heard nothing, and what came meanwhile is read a moment after: such a gap is not the browser's.

    All times are the clock's monotonic seconds.
    """

    def __init__(self) -> None:
        self._awake_s = 0.0

    def woke(self, due_s: float, now_s: float) -> None:
        """A timer that was to fire at `due_s` did at `now_s`, or something else woke us earlier."""
        if now_s - due_s > ASLEEP_S:
            self._awake_s = now_s

    def seconds(self, heard_s: float, since_s: float, now_s: float) -> float:
        """Args: heard_s: when the browser was last heard; since_s: since when it should be."""
        return now_s - max(heard_s, since_s, self._awake_s)
