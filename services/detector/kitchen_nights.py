"""When each kitchen is closed, as alerting tells it out of the calendars. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from shared.messages.calendars import KitchenHours


@dataclass(frozen=True, slots=True)
class _Told:
    """What one kitchen was told of; `turns` begin to be closed, and end, in turn."""

    from_us: int
    until_us: int
    has_hours: bool
    turns: tuple[int, ...]


class KitchenNights:
    """Told every kitchen's hours. Read in decoding threads while it is told: what one kitchen has is replaced whole."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def changed(self, site: str, hours: KitchenHours | None) -> None:
        """None: no calendar is about it."""
        if hours is None:
            self._told.pop(site, None)
            return
        turns = tuple(at_us for one in hours.closed for at_us in (one.from_us, one.to_us))
        self._told[site] = _Told(hours.from_us, hours.until_us, hours.has_hours, turns)

    def of(self, site: str) -> Night:
        return Night(lambda: self._told.get(site))


class Night:
    """Of one kitchen, as it is told by now."""

    def __init__(self, told: Callable[[], _Told | None] = lambda: None):
        self._told = told

    def holds(self, at_us: int) -> bool:
        """Whether it is closed at that moment; what nobody has told is no night."""
        told = self._told()
        if told is None or not told.from_us <= at_us < told.until_us:
            return False
        return bisect_right(told.turns, at_us) % 2 == 1

    def is_known(self, at_us: int) -> bool:
        """Whether each day at that time has a night: a calendar says hours, and alerting still speaks."""
        told = self._told()
        return told is not None and told.has_hours and at_us < told.until_us


# Of a kitchen of which nobody has told anything.
UNTOLD = Night()
