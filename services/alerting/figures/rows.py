"""What is made of the counts: rates, rows of two sources joined, and where days and weeks begin. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.errors import RequestRefused
from shared.messages.figures import FigureRow, FiguresWanted

RANGE_DAYS_MAX = 3 * 366
# = how many points a curve may have
STEPS_MAX = 800


def require_range(wanted: FiguresWanted) -> None:
    days = (wanted.to_us - wanted.from_us) / 86_400e6
    if not 0 < days <= RANGE_DAYS_MAX:
        raise RequestRefused("range_wrong", f"The range ends after it begins, at most {RANGE_DAYS_MAX} days later.")
    if wanted.by == "day" and days > STEPS_MAX:
        raise RequestRefused("range_wrong", f"By day at most {STEPS_MAX} days: ask by week.")


def steps(wanted: FiguresWanted, zone: ZoneInfo) -> list[tuple[str, int]]:
    """First day and its beginning, UTC microseconds, of each day or week (from Monday) in the range.

    By the clock of the kitchens: a day that a change of the clocks makes longer is one day all the same.
    """
    day = datetime.fromtimestamp(wanted.from_us / 1e6, UTC).astimezone(zone).date()
    length = timedelta(days=7 if wanted.by == "week" else 1)
    if wanted.by == "week":
        day -= timedelta(days=day.weekday())
    found: list[tuple[str, int]] = []
    while (begins_us := _begins_us(day, zone)) < wanted.to_us:
        found.append((day.isoformat(), begins_us))
        day += length
    return found


def _begins_us(day: date, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time(), zone).timestamp() * 1e6)


def rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def joined(
    alerts: Mapping[str, Mapping[str, object]],
    orders: Mapping[str, Mapping[str, object]],
    every: Sequence[str] = (),
) -> list[FigureRow]:
    """One row a key of either. Args: every: keys that have a row even where nothing happened, in their order."""
    keys = list(every) + sorted((alerts.keys() | orders.keys()) - set(every))
    return [_row(key, {**alerts.get(key, {}), **orders.get(key, {})}) for key in keys]


def _row(key: str, counts: Mapping[str, object]) -> FigureRow:
    row = FigureRow.model_validate({"key": key, **counts})
    judged = row.confirmed + row.false
    return row.model_copy(
        update={
            "precision": rate(row.confirmed, judged),
            "false_alarm_rate": rate(row.false, judged),
            "correction_rate": rate(row.corrected, row.orders),
        }
    )
