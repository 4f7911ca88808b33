"""What of a camera is to be kept: always, at times of the week, around alerts, or nothing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.messages.cameras import RecordingPolicy, RecordingWindow

_MINUTE_US = 60_000_000
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
        self._zone = _zone(policy.time_zone)
        self._minute = (-1, False)

    def wish(self, captured_us: int, now_us: int) -> Wish:
        """For what was filmed then, as far as is known now; UTC microseconds."""
        mode = self.policy.mode
        if mode == "continuous":
            return Wish.KEEP
        if mode == "calendar":
            return Wish.KEEP if self._is_in_calendar(captured_us) else Wish.DROP
        if mode == "off":
            return Wish.DROP
        pre_us, post_us = self.policy.pre_roll_s * 1_000_000, self.policy.post_roll_s * 1_000_000
        if any(at_us - pre_us <= captured_us <= at_us + post_us for at_us in self._alerts()):
            return Wish.KEEP
        is_settled = captured_us < now_us - pre_us - ALERT_IS_LATE_S * 1_000_000
        return Wish.DROP if is_settled else Wish.NOT_YET

    def _is_in_calendar(self, captured_us: int) -> bool:
        # Asked for every fragment: the answer holds for a minute.
        minute, is_in = self._minute
        if captured_us // _MINUTE_US != minute:
            minute = captured_us // _MINUTE_US
            moment = datetime.fromtimestamp(minute * 60, UTC).astimezone(self._zone)
            is_in = any(_holds(window, moment) for window in self.policy.windows)
            self._minute = (minute, is_in)
        return is_in


def _holds(window: RecordingWindow, moment: datetime) -> bool:
    minute = moment.hour * 60 + moment.minute
    if window.from_minute < window.to_minute:
        return moment.isoweekday() in window.days and window.from_minute <= minute < window.to_minute
    yesterday = (moment - timedelta(days=1)).isoweekday()
    return (moment.isoweekday() in window.days and minute >= window.from_minute) or (
        yesterday in window.days and minute < window.to_minute
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        # The gateway refuses such a name; better an hour wrong than a camera that is not recorded.
        return ZoneInfo("UTC")
