"""What time it is in a kitchen: closed, or which part of its day. Pure."""

from __future__ import annotations

from typing import Protocol

from shared.messages.cameras import DesiredCamera
from shared.messages.rules import KitchenTime
from shared.weekly_hours import WeeklyHours

CLOSED: frozenset[KitchenTime] = frozenset(("closed",))
OPEN: frozenset[KitchenTime] = frozenset(("open",))


class KitchenClock(Protocol):
    """The calendar of every kitchen."""

    def parts(self, desired: DesiredCamera, at_us: int) -> frozenset[KitchenTime]:
        """All names that fit that moment in the camera's kitchen."""
        ...


class PlanClock:
    """A kitchen without a calendar: it works when its cameras' plans say so; without a plan it always works."""

    def __init__(self) -> None:
        self._hours: dict[tuple[object, str], WeeklyHours] = {}

    def parts(self, desired: DesiredCamera, at_us: int) -> frozenset[KitchenTime]:
        plan = desired.analysis
        if not plan.working:
            return OPEN
        key = (plan.working, plan.time_zone)
        hours = self._hours.get(key)
        if hours is None:
            hours = self._hours[key] = WeeklyHours(plan.working, plan.time_zone)
        return OPEN if hours.holds(at_us) else CLOSED
