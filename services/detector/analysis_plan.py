"""How often a camera is looked at now, and whether it is the night watch that looks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from shared.messages.cameras import AnalysisPolicy
from shared.weekly_hours import WeeklyHours


@dataclass(frozen=True, slots=True)
class Pace:
    """Pictures a second: those that are decoded, and those of them that the models are asked about."""

    decoded_hz: float
    analysed_hz: float
    is_night_watch: bool


class AnalysisPlan:
    """Of one camera. At night small movers need more pictures than people do: the models keep their own rate."""

    def __init__(self, policy: AnalysisPolicy):
        self.policy = policy
        self._working = WeeklyHours(policy.working, policy.time_zone)

    def pace(self, at_us: int) -> Pace:
        policy = self.policy
        if not policy.working or self._working.holds(at_us):
            return Pace(policy.rate_hz, policy.rate_hz, False)
        return Pace(max(policy.night_rate_hz, policy.rate_hz), policy.rate_hz, True)
