"""How often a camera is looked at now, and whether it is the night watch that looks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from services.detector.kitchen_nights import UNTOLD, Night
from shared.messages.cameras import AnalysisPolicy
from shared.weekly_hours import WeeklyHours


@dataclass(frozen=True, slots=True)
class Pace:
    """Pictures a second: those that are decoded, and those of them that the models are asked about."""

    decoded_hz: float
    analysed_hz: float
    is_night_watch: bool


class AnalysisPlan:
    """Of one camera. At night small movers need more pictures than people do: the models keep their own rate.

    Night is what its own working hours leave; where it has none, when its kitchen is closed (`kitchen`).
    """

    def __init__(self, policy: AnalysisPolicy, kitchen: Night = UNTOLD):
        self.policy = policy
        self._working = WeeklyHours(policy.working, policy.time_zone)
        self._kitchen = kitchen

    def pace(self, at_us: int) -> Pace:
        policy = self.policy
        if self._is_night(at_us):
            return Pace(max(policy.night_rate_hz, policy.rate_hz), policy.rate_hz, True)
        return Pace(policy.rate_hz, policy.rate_hz, False)

    def has_nights(self, now_us: int) -> bool:
        """Whether anybody has said when it is night there: without, the night watch never looks."""
        return bool(self.policy.working) or self._kitchen.is_known(now_us)

    def _is_night(self, at_us: int) -> bool:
        if self.policy.working:
            return not self._working.holds(at_us)
        return self._kitchen.holds(at_us)
