"""All calendars in all their versions, and what of them holds for one kitchen at one moment. Pure.

A version counts from a whole minute on that lies a few seconds ahead when it is made: by then every worker has it. So
a fact is judged by the version of its own moment, whoever judges it and whenever: a replay gives the same alerts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.messages.calendars import DayWindow, ExceptionalDay, KitchenCalendar, PublicHolidays, Term

DEPTH_MAX = 8
ZONE = "Asia/Shanghai"
_MINUTE_US = 60_000_000
# = how long a new version is on its way at most; a whole minute is waited for as well
_AHEAD_US = 5_000_000


def next_force_us(now_us: int) -> int:
    """From when on what is changed now counts."""
    return -(-(now_us + _AHEAD_US) // _MINUTE_US) * _MINUTE_US


@dataclass(frozen=True, slots=True)
class SiteCalendar:
    """What one kitchen inherits. Days: the nearest calendar's first, each with the calendar that says it.

    `windows` None: no calendar says hours; `terms` None: nor terms.
    """

    chain: tuple[KitchenCalendar, ...]
    zone: ZoneInfo
    public_holidays: PublicHolidays
    make_up_as: int
    terms: tuple[Term, ...] | None
    terms_by: str | None
    windows: tuple[DayWindow, ...] | None
    days: tuple[tuple[str, ExceptionalDay], ...]

    @property
    def windows_by(self) -> str | None:
        return next((one.calendar for one in self.chain if one.windows is not None), None)


class CalendarTree:
    """Told every calendar with its versions; asked for one site at one moment."""

    def __init__(self) -> None:
        self._versions: dict[str, tuple[KitchenCalendar, ...]] = {}
        self._moments: list[int] = []
        self._known: dict[tuple[str, int], SiteCalendar | None] = {}
        self._owners: dict[int, dict[str, str]] = {}
        self._below: dict[tuple[str, int], frozenset[str]] = {}
        self._layers: dict[int, dict[str | None, list[KitchenCalendar]]] = {}

    def changed(self, name: str, versions: Sequence[KitchenCalendar]) -> None:
        """Args: versions: newest first; none where it is not there any more."""
        if versions:
            self._versions[name] = tuple(sorted(versions, key=lambda one: -one.version))
        else:
            self._versions.pop(name, None)
        self._moments = sorted({one.from_us for some in self._versions.values() for one in some})
        self._known.clear()
        self._owners.clear()
        self._below.clear()
        self._layers.clear()

    def in_force(self, at_us: int) -> list[KitchenCalendar]:
        found = (self._at(name, at_us) for name in self._versions)
        return [one for one in found if one is not None]

    def of(self, site: str, at_us: int) -> SiteCalendar | None:
        """None where no calendar is about this kitchen."""
        epoch = self._epoch(at_us)
        key = (site, epoch)
        if key not in self._known:
            if len(self._known) > 20_000:
                self._known.clear()
            self._known[key] = self._made(site, epoch)
        return self._known[key]

    def unit_of(self, site: str, at_us: int) -> str | None:
        """The nearest calendar at or above the kitchen's own that more than one kitchen follows."""
        found = self.of(site, at_us)
        if found is None:
            return None
        for one in found.chain:
            if len(self.sites_below(one.calendar, at_us)) > 1 or one.is_default:
                return one.calendar
        return None

    def sites_below(self, name: str, at_us: int) -> frozenset[str]:
        """Kitchens that are named by that calendar or by one below it."""
        key = (name, self._epoch(at_us))
        if key not in self._below:
            self._below[key] = self._sites_below(*key)
        return self._below[key]

    def _sites_below(self, name: str, at_us: int) -> frozenset[str]:
        by_parent = self._layers.get(at_us)
        if by_parent is None:
            by_parent = self._layers[at_us] = {}
            for one in self.in_force(at_us):
                by_parent.setdefault(one.parent, []).append(one)
        found: set[str] = set()
        top = self._at(name, at_us)
        layer = [] if top is None else [top]
        for _ in range(DEPTH_MAX):
            found.update(site for one in layer for site in one.sites)
            layer = [below for one in layer for below in by_parent.get(one.calendar, ())]
        return frozenset(found)

    def _epoch(self, at_us: int) -> int:
        """The newest change at or before that moment: in between nothing is other."""
        low, high = 0, len(self._moments)
        while low < high:
            middle = (low + high) // 2
            if self._moments[middle] <= at_us:
                low = middle + 1
            else:
                high = middle
        return self._moments[low - 1] if low else -1

    def _at(self, name: str, at_us: int) -> KitchenCalendar | None:
        for one in self._versions.get(name, ()):
            if one.from_us <= at_us:
                return None if one.is_removed else one
        return None

    def _made(self, site: str, at_us: int) -> SiteCalendar | None:
        owners = self._owners.get(at_us)
        if owners is None:
            owners = self._owners[at_us] = _owners(self.in_force(at_us))
        name: str | None = owners.get(site) or owners.get("")
        chain: list[KitchenCalendar] = []
        while name is not None and len(chain) < DEPTH_MAX:
            one = self._at(name, at_us)
            if one is None or one in chain:
                break
            chain.append(one)
            name = one.parent
        return _inherited(chain) if chain else None


def _owners(calendars: Iterable[KitchenCalendar]) -> dict[str, str]:
    """Calendar of each site; under "" the one of all others. Two that name one site: the first by name."""
    owners: dict[str, str] = {}
    for one in sorted(calendars, key=lambda each: each.calendar):
        for site in one.sites:
            owners.setdefault(site, one.calendar)
        if one.is_default:
            owners.setdefault("", one.calendar)
    return owners


def _inherited(chain: list[KitchenCalendar]) -> SiteCalendar:
    zone = next((one.time_zone for one in chain if one.time_zone is not None), ZONE)
    terms = next(((one.terms, one.calendar) for one in chain if one.terms is not None), (None, None))
    return SiteCalendar(
        chain=tuple(chain),
        zone=zone_of(zone) or ZoneInfo(ZONE),
        public_holidays=next((one.public_holidays for one in chain if one.public_holidays is not None), "china"),
        make_up_as=next((one.make_up_as for one in chain if one.make_up_as is not None), 1),
        terms=terms[0],
        terms_by=terms[1],
        windows=next((one.windows for one in chain if one.windows is not None), None),
        days=tuple((one.calendar, day) for one in chain for day in one.days),
    )


def zone_of(name: str) -> ZoneInfo | None:
    """None for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
