"""Who is on duty, and when somebody's hours begin. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import RequestRefused
from shared.messages.cameras import RecordingWindow
from shared.messages.notices import DutySpan, NoticeRota
from shared.weekly_hours import WeeklyHours

_HALF_HOUR_US = 30 * 60_000_000
_DAYS = 8  # every window of a week begins once within them, whatever the clocks do


def on_duty(rota: NoticeRota, at_us: int) -> tuple[str, ...]:
    """Whoever the table names at that moment, each once; the newest exception that covers it goes before the table."""
    for exception in reversed(rota.exceptions):
        if exception.from_us <= at_us < exception.to_us:
            return exception.people
    found: dict[str, None] = {}
    for shift in rota.shifts:
        if WeeklyHours((shift.window,), rota.time_zone).holds(at_us):
            found |= dict.fromkeys(shift.people)
    return tuple(found)


def duty_spans(rota: NoticeRota, from_us: int, to_us: int) -> list[DutySpan]:
    """Who is on duty from one moment to another, oldest first, without holes: a span ends where the people change."""
    edges = sorted({from_us, *(each for each in _edges_us(rota, from_us, to_us) if from_us < each < to_us)})
    spans: list[DutySpan] = []
    for begins_us, ends_us in zip(edges, [*edges[1:], to_us], strict=True):
        people = on_duty(rota, begins_us)
        if spans and spans[-1].people == people:
            spans[-1] = spans[-1].model_copy(update={"to_us": ends_us})
        else:
            spans.append(DutySpan(rota=rota.rota, from_us=begins_us, to_us=ends_us, people=people))
    return spans


def _edges_us(rota: NoticeRota, from_us: int, to_us: int) -> Iterator[int]:
    """Every moment at which it may change; more of them do no harm."""
    for exception in rota.exceptions:
        yield exception.from_us
        yield exception.to_us
    zone = ZoneInfo(rota.time_zone)
    day = datetime.fromtimestamp(from_us / 1e6, UTC).astimezone(zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(to_us / 1e6, UTC).astimezone(zone).date()
    while day <= last:
        midnight, next_midnight = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
        minutes = {each for shift in rota.shifts for each in (shift.window.from_minute, shift.window.to_minute)}
        for minute in minutes:
            yield _us(datetime.combine(day, time(minute // 60, minute % 60), zone))
        if midnight.utcoffset() != next_midnight.utcoffset():
            # The clocks change: a window may begin or end with that.
            yield from range(_us(midnight), _us(next_midnight), _HALF_HOUR_US)
        day += timedelta(days=1)


def next_open_us(hours: Sequence[RecordingWindow], time_zone: str, at_us: int) -> int:
    """That moment where it lies in the hours or there are none; else when they begin next."""
    if not hours or WeeklyHours(hours, time_zone).holds(at_us):
        return at_us
    zone = ZoneInfo(time_zone)
    today = datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(zone).date()
    begins = [
        _us(datetime.combine(day, time(window.from_minute // 60, window.from_minute % 60), zone))
        for day in (today + timedelta(days=number) for number in range(_DAYS + 1))
        for window in hours
        if day.isoweekday() in window.days
    ]
    return min((each for each in begins if each > at_us), default=at_us)


def require_zone(name: str) -> None:
    """Raises RequestRefused (422) for a clock that is not known."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RequestRefused(
            "no_such_zone", f"{name[:60]!r} is no IANA time zone, such as Asia/Shanghai.", status=422
        ) from error


def require_windows(windows: Sequence[RecordingWindow]) -> None:
    """Raises RequestRefused (422) for a window without days, or on days that no week has."""
    for window in windows:
        if not window.days or not set(window.days) <= set(range(1, 8)):
            raise RequestRefused("bad_window", "Name the days of each window: 1 is Monday, 7 is Sunday.", status=422)
        if window.from_minute == window.to_minute:
            raise RequestRefused("bad_window", "A window ends at another minute than it begins.", status=422)


def _us(moment: datetime) -> int:
    return round(moment.astimezone(UTC).timestamp() * 1e6)
