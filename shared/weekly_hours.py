"""Times of the week on a kitchen's own clock: whether a moment lies in any of some windows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.messages.cameras import RecordingWindow

_MINUTE_US = 60_000_000


class WeeklyHours:
    """Args: time_zone: IANA name; an unknown one is read as UTC (the gateway refuses it)."""

    def __init__(self, windows: Sequence[RecordingWindow], time_zone: str):
        self._windows = tuple(windows)
        self._zone = _zone(time_zone)
        self._minute = (-1, False)

    def holds(self, at_us: int) -> bool:
        """Whether that moment, UTC microseconds, lies in one of them."""
        # Asked for every fragment: the answer holds for a minute.
        minute, is_in = self._minute
        if at_us // _MINUTE_US != minute:
            minute = at_us // _MINUTE_US
            moment = datetime.fromtimestamp(minute * 60, UTC).astimezone(self._zone)
            is_in = any(_holds(window, moment) for window in self._windows)
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
        # Better an hour wrong than a camera that is not recorded or not looked at.
        return ZoneInfo("UTC")
