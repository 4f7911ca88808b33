"""Facts, people and wishes for tests of notifications, made by hand."""

from __future__ import annotations

from collections.abc import Iterable

from shared.messages.alerting import AlertAcknowledged, AlertRaised
from shared.messages.cameras import RecordingWindow
from shared.messages.notices import NoticePerson, NoticeRota, PersonKnown, RotaException, RotaShift
from shared.messages.orders import OrderChanged

# Wednesday 2026-11-25, 10:00 in Shanghai.
NOW_US = 1_795_572_000_000_000
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US


def supervisor(name: str, sites: tuple[str, ...] | None = None, **more: object) -> PersonKnown:
    return PersonKnown(person=name, roles=("supervisor",), sites=sites, **more)  # type: ignore[arg-type]


def school(name: str, site: str = "school-1") -> PersonKnown:
    return PersonKnown(person=name, roles=("school",), sites=(site,))


def known(*people: PersonKnown) -> dict[str, PersonKnown]:
    return {each.person: each for each in people}


def wished(*wishes: NoticePerson) -> dict[str, NoticePerson]:
    return {each.person: each for each in wishes}


def raised(id: str = "a1", site: str = "school-1", risk: int = 1, at_us: int = NOW_US, **more: object) -> AlertRaised:
    about = {"site": site, "camera": "cook-1", "alert": id, "rule": "no_mask", "at_us": at_us, "risk": risk}
    return AlertRaised.model_validate(about | more)


def taken(id: str = "a1", by: str = "li", at_us: int = NOW_US) -> AlertAcknowledged:
    return AlertAcknowledged(site="school-1", camera="cook-1", alert=id, rule="no_mask", at_us=at_us, by=by)


def order(action: str, by: str = "li", at_us: int = NOW_US, **more: object) -> OrderChanged:
    told = {"case": "c1", "order": "o1", "site": "school-1", "at_us": at_us, "by": by, "action": action}
    told |= {"state": "served", "risk": 1, "due_us": NOW_US + 4 * HOUR_US}
    return OrderChanged.model_validate(told | more)


def window(days: Iterable[int], begins: int, ends: int) -> RecordingWindow:
    """Args: begins, ends: hours."""
    return RecordingWindow(days=tuple(days), from_minute=begins * 60, to_minute=ends * 60 % 1440)


def week_rota() -> NoticeRota:
    """Li by day on working days, Wang at night through to the morning, Zhao on weekends; on Thursday nobody but Qian."""
    thursday_us = NOW_US + 14 * HOUR_US
    return NoticeRota(
        rota="bureau",
        title="Duty",
        shifts=(
            RotaShift(window=window(range(1, 6), 8, 18), people=("li",)),
            RotaShift(window=window(range(1, 6), 18, 8), people=("wang",)),
            RotaShift(window=window((6, 7), 8, 20), people=("zhao", "li")),
        ),
        exceptions=(RotaException(from_us=thursday_us, to_us=thursday_us + 24 * HOUR_US, people=("qian",)),),
    )
