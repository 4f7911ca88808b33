"""What of a camera is to be kept: always, at times of the week, around alerts, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from shared.messages.cameras import RecordingPolicy
from shared.weekly_hours import WeeklyHours

# = how late an alert may be known after what it is about was filmed; until then nothing around it is let go
ALERT_IS_LATE_S = 20


class Wish(Enum):
    """Whether something filmed is to be kept."""

    KEEP = "keep"
    DROP = "drop"
    NOT_YET = "not yet known"


class RecordingPlan:
    """Of one camera.

    Args:
        alerts: when alerts of this camera were raised lately, UTC microseconds, in any order.
    """

    def __init__(self, policy: RecordingPolicy, alerts: Callable[[], Sequence[int]]):
        self.policy = policy
        self._alerts = alerts
        self._hours = WeeklyHours(policy.windows, policy.time_zone)

    def wish(self, captured_us: int, now_us: int) -> Wish:
        """For what was filmed then, as far as is known now; UTC microseconds."""
        mode = self.policy.mode
        if mode == "continuous":
            return Wish.KEEP
        if mode == "calendar":
            return Wish.KEEP if self._hours.holds(captured_us) else Wish.DROP
        if mode == "off":
            return Wish.DROP
        pre_us, post_us = self.policy.pre_roll_s * 1_000_000, self.policy.post_roll_s * 1_000_000
        if any(at_us - pre_us <= captured_us <= at_us + post_us for at_us in self._alerts()):
            return Wish.KEEP
        is_settled = captured_us < now_us - pre_us - ALERT_IS_LATE_S * 1_000_000
        return Wish.DROP if is_settled else Wish.NOT_YET
