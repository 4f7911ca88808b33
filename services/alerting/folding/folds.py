"""Incidents of one rule in one kitchen, put together into alerts; most cameras away at once are an outage. Pure.

Theory of operation. Incidents are looked at in the order in which they began. One that begins while those before it go
on, or within the time in which the rule re-opens, belongs to them. Where most cameras of the kitchen went away within a
short window, an outage begins with the first of that window: what was away before stays an alert of its own, so that
this morning's broken camera does not hide this afternoon's power cut. An outage lasts until all its cameras are back.

An alert has the id of the first incident of its group, so it follows from the incidents alone and not from who stored
which first. One that a person has taken, judged or made a case of stays the first: people hold its id already.
Districts are put together in the same way, of the outages of their schools.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Member:
    """One incident. Args: place: its camera; of an outage its school. is_pinned: a person holds its id."""

    alert: str
    place: str
    first_us: int
    last_us: int
    is_open: bool = False
    is_silent: bool = False
    reopen_us: int = 0
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Incidents that are one alert; `members` in the order in which they began, the head among them."""

    head: str
    members: tuple[str, ...]
    is_outage: bool


@dataclass(frozen=True, slots=True)
class StormPolicy:
    """So large a share of all places, at least so many, away within so long, is an outage."""

    share: float = 0.6
    least: int = 3
    window_us: int = 90_000_000

    def needed(self, places: int) -> int:
        return max(self.least, math.ceil(self.share * places))


@dataclass(slots=True)
class _Open:
    """A group that is still looked at."""

    is_outage: bool
    members: list[Member] = field(default_factory=list)

    def takes(self, member: Member) -> bool:
        last = max(one.last_us for one in self.members)
        if any(one.is_open for one in self.members):
            return True
        patience_us = 0 if self.is_outage else max(one.reopen_us for one in self.members)
        return member.first_us <= last + patience_us

    def closed(self) -> Group:
        head = next((one for one in self.members if one.is_pinned), self.members[0])
        return Group(head.alert, tuple(one.alert for one in self.members), self.is_outage)


def folded(members: Iterable[Member], *, folds: bool, needed: int | None, window_us: int = 0) -> list[Group]:
    """Groups of what is given, whatever its order. Quiet and loud ones never share an alert.

    Args:
        folds: whether incidents of several places are one alert without an outage.
        needed: so many places away within `window_us` are an outage; None: never.
    """
    groups: list[Group] = []
    there = sorted(members, key=lambda one: (one.first_us, one.alert))
    for is_silent in (False, True):
        some = [one for one in there if one.is_silent == is_silent]
        groups += _folded(some, folds, needed, window_us)
    return groups


def _folded(ordered: Sequence[Member], folds: bool, needed: int | None, window_us: int) -> list[Group]:
    plain: _Open | None = None
    outage: _Open | None = None
    made: list[_Open] = []
    for number, member in enumerate(ordered):
        if outage is not None and (outage.takes(member) or _is_in_window(outage, member, window_us)):
            outage.members.append(member)
        elif needed is not None and _places_within(ordered, number, window_us) >= needed:
            outage = _Open(True, [member])
            made.append(outage)
        elif plain is not None and folds and plain.takes(member):
            plain.members.append(member)
        else:
            plain = _Open(False, [member])
            made.append(plain)
    return [one.closed() for one in made]


def _is_in_window(outage: _Open, member: Member, window_us: int) -> bool:
    return member.first_us <= outage.members[0].first_us + window_us


def _places_within(ordered: Sequence[Member], first: int, window_us: int) -> int:
    until_us = ordered[first].first_us + window_us
    places: set[str] = set()
    for one in ordered[first:]:
        if one.first_us > until_us:
            break
        places.add(one.place)
    return len(places)
