"""Alerts put together in PostgreSQL: under a lock for each kitchen and rule, out of all incidents that may belong.

A worker that dies in between leaves what the next change, or the next owner of a shard (`settle`), puts right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.tables import alerts
from services.alerting.folding.folds import Group, Member, StormPolicy, folded
from services.alerting.rules.rule_store import Written
from shared.messages.alerting import Alert, AlertClosed, AlertGoesOn, AlertRaised
from shared.messages.base import Fact

_Row = Any
_ROWS_MAX = 5000
_EVER_US = 1 << 60
# What was said of an alert: nothing, that it is there but quiet, that it is there; and since then that it is over, or
# that another stands for it.
_NOTHING, _QUIET, _RAISED, _FOLDED, _CLOSED = "", "quiet", "raised", "folded", "closed"


class KitchenPlaces(Protocol):
    """Who is where."""

    def cameras_of(self, site: str) -> int: ...

    def unit_of(self, site: str, at_us: int) -> str: ...

    def sites_of(self, unit: str, at_us: int) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class StormPolicies:
    """When cameras of a school, and schools of a district, are an outage."""

    site: StormPolicy
    district: StormPolicy


@dataclass(frozen=True, slots=True)
class Refolded:
    """What came of it. `heads`: the alert of each incident; `outages_us`: when outages among them began."""

    facts: list[Fact]
    heads: dict[str, str]
    outages_us: list[int]


@dataclass(frozen=True, slots=True)
class Fold:
    """Incidents of one kitchen and rule that were written. `can_storm`: cameras that are away."""

    site: str
    rule: str
    folds: bool
    can_storm: bool
    reopen_us: int
    from_us: int
    to_us: int

    @property
    def lock(self) -> str:
        return f"fold {self.site}/{self.rule}"


def folds_of(written: Iterable[Written]) -> list[Fold]:
    """In the order in which they are locked, which is the same for every worker: nobody waits for each other."""
    some: dict[tuple[str, str], list[Written]] = {}
    for each in written:
        if each.folds_at_site or each.can_storm:
            some.setdefault((each.alert.site, each.alert.rule), []).append(each)
    return [
        Fold(
            site,
            rule,
            any(one.folds_at_site for one in each),
            any(one.can_storm for one in each),
            max(one.reopen_us for one in each),
            min(one.alert.first_us for one in each),
            # What goes on may belong with whatever began since.
            _EVER_US if any(one.alert.closed_us is None for one in each) else max(one.alert.last_us for one in each),
        )
        for (site, rule), each in sorted(some.items())
    ]


async def lock(session: AsyncSession, name: str) -> None:
    """Until the end of the transaction."""
    await session.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


class AlertFolds:
    """Args: storms: when cameras that are away are an outage."""

    def __init__(self, places: KitchenPlaces, storms: StormPolicies):
        self._places = places
        self._storms = storms

    async def refold(self, session: AsyncSession, fold: Fold) -> Refolded:
        """Under the fold's lock, after its rows were written."""
        storm = self._storms.site
        rows = await self._rows(session, fold, storm.window_us)
        needed = storm.needed(self._places.cameras_of(fold.site)) if fold.can_storm else None
        groups = folded(map(_member, rows.values()), folds=fold.folds, needed=needed, window_us=storm.window_us)
        facts: list[Fact] = []
        heads: dict[str, str] = {}
        for group in groups:
            facts += await self._put(session, group, rows)
            heads |= dict.fromkeys(group.members, group.head)
        return Refolded(facts, heads, [rows[group.head].first_us for group in groups if group.is_outage])

    async def _rows(self, session: AsyncSession, fold: Fold, window_us: int) -> dict[str, _Row]:
        """All incidents that may belong together with those written, each with all of its group."""
        about = and_(alerts.c.site == fold.site, alerts.c.rule == fold.rule)
        near_us = max(fold.reopen_us, window_us)
        near = and_(
            alerts.c.first_us <= fold.to_us + near_us,
            or_(alerts.c.progress == "going_on", alerts.c.last_us >= fold.from_us - near_us),
        )
        return await _with_groups(session, about, near)

    async def _put(self, session: AsyncSession, group: Group, rows: dict[str, _Row]) -> list[Fact]:
        head, facts = rows[group.head], list[Fact]()
        members = [rows[id] for id in group.members]
        for row in members:
            if row.alert == group.head:
                continue
            if row.folded_into != group.head:
                facts.append(_also(row, group.head))
            word, _, since = row.said.partition(" ")
            if word in (_QUIET, _RAISED) and not since:
                facts.append(_closed(row, row.last_us, group.head))
            said = f"{word} {_FOLDED}" if word in (_QUIET, _RAISED) else _FOLDED
            await _set(session, row, folded_into=group.head, outage=None, district_into=None, said=said)
        outage = (head.outage or "site") if group.is_outage else None
        is_over = all(row.progress == "over" for row in members)
        last_us = max(row.last_us for row in members)
        # Of a district's alert the district says when it is over.
        said, news = _told(head, is_over or head.outage == "district", last_us, outage)
        if head.outage == "district" and news and isinstance(news[-1], AlertClosed):
            said, news = said.removesuffix(f" {_CLOSED}"), news[:-1]
        cameras = tuple(dict.fromkeys(row.camera for row in members))
        if outage is not None and head.outage is None and not any(isinstance(one, AlertRaised) for one in news):
            news.append(_goes_on(head, last_us, cameras, outage))
        into = head.district_into if group.is_outage else None
        await _set(session, head, folded_into=None, outage=outage, district_into=into, said=said)
        return [*news, *facts]

    async def refold_district(self, session: AsyncSession, rule: str, unit: str, at_us: int) -> list[Fact]:
        """A transaction of its own: schools whose cameras are away, put together where they are many."""
        await lock(session, f"district {unit}/{rule}")
        sites, storm = self._places.sites_of(unit, at_us), self._storms.district
        about = and_(alerts.c.rule == rule, alerts.c.outage.is_not(None), alerts.c.site.in_(sites))
        near = _is_near(rule, sites, at_us - storm.window_us)
        found = await session.execute(select(alerts.c.site).where(about).where(near).limit(_ROWS_MAX))
        for site in sorted({row.site for row in found}):
            await lock(session, f"fold {site}/{rule}")
        rows = await _with_groups(session, about, near, alerts.c.district_into)
        spans = await _spans(session, list(rows))
        members = [_school(row, *spans[row.alert]) for row in rows.values()]
        facts: list[Fact] = []
        for group in folded(members, folds=False, needed=storm.needed(len(sites)), window_us=storm.window_us):
            facts += await self._put_district(session, group, rows, spans)
        return facts

    async def _put_district(
        self, session: AsyncSession, group: Group, rows: dict[str, _Row], spans: dict[str, tuple[int, bool]]
    ) -> list[Fact]:
        head, facts = rows[group.head], list[Fact]()
        last_us = max(spans[id][0] for id in group.members)
        is_over = not any(spans[id][1] for id in group.members)
        for id in group.members:
            row = rows[id]
            if id != group.head:
                if row.district_into != group.head:
                    facts.append(_goes_on(row, spans[id][0], (), "site").model_copy(update={"folded_into": group.head}))
                await _set(session, row, outage="site", district_into=group.head)
        outage = "district" if group.is_outage else "site"
        if outage == "district" and head.outage != "district":
            facts.append(_goes_on(head, last_us, (), "district"))
        said, news = _told(head, is_over, last_us, outage)
        await _set(session, head, outage=outage, district_into=None, said=said)
        return [*facts, *news]

    def units(self, sites: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        """Each unit of these schools once, in the order in which they are locked."""
        found: dict[str, int] = {}
        for site, at_us in sites:
            unit = self._places.unit_of(site, at_us)
            found[unit] = min(at_us, found.get(unit, at_us))
        return sorted(found.items())


def _is_near(rule: str, sites: Sequence[str], from_us: int) -> ColumnElement[bool]:
    """Outages that go on or did since then: any of their cameras, not only the first."""
    some = alerts.alias("camera")
    since = or_(some.c.progress == "going_on", some.c.last_us >= from_us)
    heads = select(func.coalesce(some.c.folded_into, some.c.alert))
    return alerts.c.alert.in_(heads.where(some.c.rule == rule, some.c.site.in_(sites), since))


async def outages_going_on(session: AsyncSession) -> list[tuple[str, str, int]]:
    """Rule, school and beginning of each."""
    wanted = select(alerts.c.rule, alerts.c.site, alerts.c.first_us)
    wanted = wanted.where(alerts.c.outage.is_not(None), alerts.c.progress == "going_on")
    return [(row.rule, row.site, row.first_us) for row in await session.execute(wanted.limit(_ROWS_MAX))]


async def _with_groups(
    session: AsyncSession, about: ColumnElement[bool], near: ColumnElement[bool], into: Any = alerts.c.folded_into
) -> dict[str, _Row]:
    """Rows that are near, and whole groups of them."""
    rows = {row.alert: row for row in await session.execute(select(alerts).where(about, near).limit(_ROWS_MAX))}
    heads = {getattr(row, into.name) or row.alert for row in rows.values()}
    whole = select(alerts).where(about, or_(alerts.c.alert.in_(heads), into.in_(heads))).limit(_ROWS_MAX)
    return rows | {row.alert: row for row in await session.execute(whole)}


async def _spans(session: AsyncSession, heads: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """Of each head: newest moment of its group, and whether any of it goes on."""
    wanted = select(alerts.c.alert, alerts.c.folded_into, alerts.c.last_us, alerts.c.progress)
    wanted = wanted.where(or_(alerts.c.alert.in_(heads), alerts.c.folded_into.in_(heads)))
    found: dict[str, tuple[int, bool]] = {}
    for row in await session.execute(wanted):
        last_us, is_open = found.get(row.folded_into or row.alert, (0, False))
        found[row.folded_into or row.alert] = (max(last_us, row.last_us), is_open or row.progress == "going_on")
    return found


async def _set(session: AsyncSession, row: _Row, **values: Any) -> None:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if changed:
        await session.execute(update(alerts).where(alerts.c.alert == row.alert).values(changed))


def _member(row: _Row) -> Member:
    return Member(
        row.alert,
        row.camera,
        row.first_us,
        row.last_us,
        row.progress == "going_on",
        row.is_silent,
        row.reopen_us,
        _is_pinned(row),
    )


def _school(row: _Row, last_us: int, is_open: bool) -> Member:
    return Member(row.alert, row.site, row.first_us, last_us, is_open, row.is_silent, 0, _is_pinned(row))


def _is_pinned(row: _Row) -> bool:
    return row.acknowledged_by is not None or row.verdict is not None or row.case_id is not None


def _told(head: _Row, is_over: bool, last_us: int, outage: str | None) -> tuple[str, list[Fact]]:
    """What has been said of the head from now on, and what is to be said for that."""
    word, _, since = head.said.partition(" ")
    facts: list[Fact] = []
    if word in (_NOTHING, _FOLDED) or (word == _QUIET and not head.is_silent):
        word, since = _QUIET if head.is_silent else _RAISED, ""
        facts.append(raised(Alert.model_validate(head.body), outage))
    elif since == _FOLDED or (since == _CLOSED and not is_over):
        # It was told before: it stands for itself again, or has opened again.
        facts.append(_goes_on(head, last_us, (head.camera,), outage))
        since = ""
    if is_over and since != _CLOSED:
        facts.append(_closed(head, last_us))
    return (f"{word} {_CLOSED}" if is_over else word), facts


def about(alert: Any, at_us: int) -> dict[str, Any]:
    """What every fact says. Args: alert: the message, or its row."""
    return {"site": alert.site, "camera": alert.camera, "alert": alert.alert, "rule": alert.rule, "at_us": at_us}


def raised(alert: Alert, outage: str | None = None) -> AlertRaised:
    told = about(alert, alert.first_us) | {"risk": alert.risk, "is_silent": alert.is_silent, "outage": outage}
    return AlertRaised(**told, hops=alert.hops, ruled_us=alert.ruled_us, stored_us=alert.stored_us)


def _also(row: _Row, head: str) -> AlertGoesOn:
    return AlertGoesOn(**(about(row, row.last_us) | {"alert": head}), last_us=row.last_us, cameras=(row.camera,))


def _goes_on(row: _Row, last_us: int, cameras: tuple[str, ...], outage: str | None) -> AlertGoesOn:
    return AlertGoesOn(**about(row, last_us) | {"outage": outage}, last_us=last_us, cameras=cameras)


def _closed(row: _Row, last_us: int, folded_into: str | None = None) -> AlertClosed:
    return AlertClosed(**about(row, last_us), first_us=row.first_us, last_us=last_us, folded_into=folded_into)
