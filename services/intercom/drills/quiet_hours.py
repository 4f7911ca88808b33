"""Which sites are due for a drill by themselves: once in each quiet hour, by the schedule that is theirs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.messages.drills import DrillSchedule
from shared.weekly_hours import WeeklyHours

INSTALLATION = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A site whose quiet hour it is. `day` names the hour: the local date on which it began, YYYY-MM-DD."""

    site: str
    day: str
    schedule: DrillSchedule


def due(sites: Iterable[str], schedules: Mapping[str, DrillSchedule], at_us: int) -> list[Due]:
    """Args: schedules: by site; INSTALLATION for those without one."""
    found = []
    for site in sites:
        schedule = schedules.get(site) or schedules.get(INSTALLATION)
        if schedule is not None and schedule.is_enabled and is_quiet(schedule, at_us):
            found.append(Due(site, _day(schedule, at_us), schedule))
    return found


def is_quiet(schedule: DrillSchedule, at_us: int) -> bool:
    """Whether that moment lies in its window."""
    return WeeklyHours((schedule.window,), schedule.time_zone).holds(at_us)


def _day(schedule: DrillSchedule, at_us: int) -> str:
    """A window over midnight has the date of its beginning."""
    try:
        zone = ZoneInfo(schedule.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")  # as WeeklyHours reads it
    moment = datetime.fromtimestamp(at_us // 1_000_000, UTC).astimezone(zone)
    return (moment - timedelta(minutes=schedule.window.from_minute)).date().isoformat()
