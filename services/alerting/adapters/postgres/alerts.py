"""Alerts in PostgreSQL: the machine's part by the worker that holds the shard, people's part by whoever is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.folds import AlertFolds, about, folds_of, lock, outages_going_on, raised
from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.adapters.postgres.proofs import wants_proof, with_proof
from services.alerting.adapters.postgres.tables import alerts, positions, reviews, rules
from services.alerting.adapters.postgres.warnings import plan, warnings_of
from services.alerting.announcing.spoken_warning import planned
from services.alerting.rules.rule_store import Written
from services.alerting.rules.shard_watch import Position
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.alerting import (
    Alert,
    AlertAcknowledged,
    AlertAcknowledgement,
    AlertClosed,
    AlertGoesOn,
    AlertRaised,
    AlertReview,
    AlertReviewed,
    AlertsWanted,
    Review,
    SpokenWarning,
)
from shared.messages.base import Fact
from shared.messages.rules import Rule

_Row = Any
# = how many cameras a district's alert names
_CAMERAS_MAX = 1000
_OTHERS_PART = {
    "stored_us",
    "ruled_us",
    "hops",
    "clip",
    "case",
    "review",
    "acknowledged_by",
    "acknowledged_us",
    "outage",
    "sites",
    "cameras_away",
    "folded_into",
    "warning",
}


class PostgresAlerts:
    """Implements `AlertStore` and `AlertDeskStore`. Args: told: called when facts wait to be told."""

    def __init__(self, database: Database, told: Callable[[], None], folds: AlertFolds):
        self._database = database
        self._folds = folds
        self._told = told

    async def positions(self, shards: Sequence[int]) -> dict[int, Position]:
        async with self._database.autocommit() as session:
            found = await session.execute(select(positions).where(positions.c.shard.in_(shards)))
            return {row.shard: Position(row.from_seq, dict(row.judged)) for row in found}

    async def going_on(self, shard: int, since_us: int) -> list[tuple[Alert, Rule]]:
        async with self._database.autocommit() as session:
            found = (await session.execute(going_on_of(shard, since_us))).all()
        return [(Alert.model_validate(row.body), Rule.model_validate(row.rule_body)) for row in found]

    async def write(self, written: Sequence[Written], at: dict[int, Position], now_us: int) -> None:
        folds, outages = folds_of(written), list[tuple[str, str, int]]()
        async with self._database.transaction() as session:
            for fold in folds:
                await lock(session, fold.lock)
            facts: list[Fact] = []
            for each in written:
                facts += await self._write(session, each, now_us)
            heads: dict[str, str] = {}
            for fold in folds:
                made = await self._folds.refold(session, fold)
                facts += made.facts
                heads |= made.heads
                outages += [(fold.rule, fold.site, since_us) for since_us in made.outages_us]
            facts = [_of_head(fact, heads) for fact in facts]
            await write_facts(session, facts)
            await _plan_warnings(session, written, facts)
            await _write_positions(session, at, now_us)
        if facts:
            self._told()
        await self._refold_districts(outages)

    async def settle(self) -> None:
        """Districts that another worker did not live to put together."""
        async with self._database.transaction() as session:
            outages = await outages_going_on(session)
        await self._refold_districts(outages)

    async def _refold_districts(self, outages: Sequence[tuple[str, str, int]]) -> None:
        for rule in sorted({rule for rule, _, _ in outages}):
            schools = [(site, since_us) for name, site, since_us in outages if name == rule]
            for unit, since_us in self._folds.units(schools):
                async with self._database.transaction() as session:
                    facts = await self._folds.refold_district(session, rule, unit, since_us)
                    await write_facts(session, facts)
                if facts:
                    self._told()

    async def _write(self, session: AsyncSession, each: Written, now_us: int) -> list[Fact]:
        """What is news of an incident that stands alone; one that is folded is told by its fold."""
        alert = each.alert.model_copy(update={"stored_us": now_us}) if each.happening == "raised" else each.alert
        is_folding = each.folds_at_site or each.can_storm
        facts: list[Fact] = []
        if each.happening == "raised":
            put = upsert(alerts).values(_machine_part(each, alert))
            # There already: another worker, or we before we died, wrote it. It is the same incident.
            fresh = (await session.execute(put.on_conflict_do_nothing().returning(alerts.c.alert))).first() is not None
            # What kept it quiet is over, and it still goes on.
            is_news = fresh or (not alert.is_silent and await _was_silent(session, alert.alert))
            if is_news:
                facts.append(raised(alert))
            if is_news and not alert.is_silent:
                await wants_proof(session, alert.alert, now_us)
            if fresh:
                closed = [_closed(alert)] if alert.progress == "over" else []
                return [] if is_folding else [*facts, *closed]
        # What was true when it was raised stays, and what others have added.
        body = alerts.c.body.op("||")(alert.model_dump(mode="json", exclude=_OTHERS_PART))
        changed = {"progress": alert.progress, "last_us": alert.last_us, "is_silent": alert.is_silent, "body": body}
        await session.execute(update(alerts).where(alerts.c.alert == alert.alert).values(changed))
        if each.happening == "closed" and not alert.is_silent:
            await wants_proof(session, alert.alert, now_us)
        if each.happening == "goes_on":
            return [AlertGoesOn(**about(alert, alert.last_us), last_us=alert.last_us, cameras=alert.cameras)]
        if is_folding:
            return []
        return [*facts, _closed(alert)] if alert.progress == "over" and each.happening is not None else facts

    async def list(self, wanted: AlertsWanted) -> list[Alert]:
        async with self._database.transaction() as session:
            rows = (await session.execute(_chosen(wanted))).all()
            ids = [row.alert for row in rows]
            others, warnings = await _folded(session, ids), await warnings_of(session, ids)
        return [_alert(row, others.get(row.alert, ()), warnings.get(row.alert)) for row in rows]

    async def get(self, id: str) -> Alert | None:
        async with self._database.transaction() as session:
            alert = await _one(session, id)
            return None if alert is None else await with_proof(session, alert)

    async def at(self, site: str, id: str) -> Alert | None:
        """As far as it is about that school, which a district's outage may reach beyond; None where it is another's."""
        async with self._database.transaction() as session:
            return await _one(session, id, site)

    async def acknowledge(self, wanted: AlertAcknowledgement, now_us: int) -> Alert:
        async with self._database.transaction() as session:
            first = (
                update(alerts)
                .where(alerts.c.alert == wanted.alert, alerts.c.acknowledged_by.is_(None))
                .values(acknowledged_by=wanted.by, acknowledged_us=now_us)
                .returning(alerts.c.alert)
            )
            is_first = (await session.execute(first)).first() is not None
            alert = await _required(session, wanted.alert)
            if is_first:
                await write_facts(session, [AlertAcknowledged(**about(alert, now_us), by=wanted.by)])
        if is_first:
            self._told()
        return alert

    async def review(self, wanted: AlertReview, now_us: int) -> Alert:
        async with self._database.transaction() as session:
            await _required(session, wanted.alert)
            judged = {"verdict": wanted.verdict, "reviewed_by": wanted.by, "reviewed_us": now_us}
            # Who judged it has seen it.
            seen = {"acknowledged_by": wanted.by, "acknowledged_us": now_us}
            one = alerts.c.alert == wanted.alert
            await session.execute(update(alerts).where(one).values(judged | {"review_note": wanted.note}))
            await session.execute(update(alerts).where(one, alerts.c.acknowledged_by.is_(None)).values(seen))
            await session.execute(
                insert(reviews).values(
                    alert=wanted.alert, verdict=wanted.verdict, by=wanted.by, at_us=now_us, note=wanted.note
                )
            )
            alert = await _required(session, wanted.alert)
            if wanted.verdict == "confirmed":
                await _plan_confirmed(session, alert, now_us)
            said = AlertReviewed(**about(alert, now_us), by=wanted.by, verdict=wanted.verdict, note=wanted.note)
            await write_facts(session, [said])
        self._told()
        return alert


def going_on_of(shard: int, since_us: int) -> Select[Any]:
    """Incidents and their rules. In two halves, each by an index: together they would read the whole table."""
    # Written out: a plan for any value of a parameter cannot use an index over one of them.
    lasts = alerts.c.progress == literal("going_on", literal_execute=True)
    of_rule = and_(rules.c.rule == alerts.c.rule, rules.c.version == alerts.c.body["rule_version"].as_integer())
    columns = (alerts.c.first_us, alerts.c.body, rules.c.body.label("rule_body"))
    halves = (
        select(*columns).join(rules, of_rule).where(alerts.c.shard == shard, half)
        for half in (lasts, and_(~lasts, alerts.c.last_us >= since_us))
    )
    both = union_all(*halves).subquery()
    return select(both.c.body, both.c.rule_body).order_by(both.c.first_us)


def _machine_part(each: Written, alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.alert,
        "site": alert.site,
        "camera": alert.camera,
        "shard": each.shard,
        "reopen_us": each.reopen_us,
        "rule": alert.rule,
        "risk": alert.risk,
        "progress": alert.progress,
        "is_silent": alert.is_silent,
        "first_us": alert.first_us,
        "last_us": alert.last_us,
        "body": alert.model_dump(mode="json", exclude_none=True),
    }


def _closed(alert: Alert) -> AlertClosed:
    return AlertClosed(**about(alert, alert.last_us), first_us=alert.first_us, last_us=alert.last_us)


def _of_head(fact: Fact, heads: dict[str, str]) -> Fact:
    """People know an incident by the alert that it belongs to."""
    if isinstance(fact, AlertGoesOn) and fact.folded_into is None and fact.alert in heads:
        return fact.model_copy(update={"alert": heads[fact.alert]})
    return fact


async def _was_silent(session: AsyncSession, id: str) -> bool:
    return bool((await session.execute(select(alerts.c.is_silent).where(alerts.c.alert == id))).scalar_one_or_none())


async def _plan_confirmed(session: AsyncSession, alert: Alert, now_us: int) -> None:
    """A person has confirmed it: now the kitchen may be told."""
    of_alert = and_(rules.c.rule == alert.rule, rules.c.version == alert.rule_version)
    body = (await session.execute(select(rules.c.body).where(of_alert))).scalar_one_or_none()
    warning = None if body is None else planned(Rule.model_validate(body), alert, "confirmed", now_us)
    if warning is not None:
        await plan(session, alert, warning)


async def _plan_warnings(session: AsyncSession, written: Sequence[Written], facts: Sequence[Fact]) -> None:
    """Of alerts that are told now, each once: what belongs to another says nothing of its own."""
    told = {fact.alert for fact in facts if isinstance(fact, AlertRaised) and not fact.is_silent}
    for each in written:
        if each.warning is not None and each.alert.alert in told:
            await plan(session, each.alert, each.warning)


async def _write_positions(session: AsyncSession, at: dict[int, Position], now_us: int) -> None:
    if not at:
        return
    rows = [
        {"shard": shard, "from_seq": one.from_seq, "judged": one.judged, "written_us": now_us}
        for shard, one in at.items()
    ]
    put = upsert(positions).values(rows)
    names = ("from_seq", "judged", "written_us")
    changed = {name: put.excluded[name] for name in names}
    await session.execute(put.on_conflict_do_update(index_elements=["shard"], set_=changed))


def _chosen(wanted: AlertsWanted) -> Select[Any]:
    chosen = select(alerts).where(alerts.c.folded_into.is_(None), _stands_for_itself(wanted.sites))
    for column, values in (
        (alerts.c.site, wanted.sites),
        (alerts.c.camera, wanted.cameras),
        (alerts.c.rule, wanted.rules),
        (alerts.c.risk, wanted.risks),
    ):
        if values:
            chosen = chosen.where(column.in_(values))
    if wanted.verdicts:
        named = [verdict for verdict in wanted.verdicts if verdict != "none"]
        is_named = alerts.c.verdict.in_(named)
        chosen = chosen.where(or_(is_named, alerts.c.verdict.is_(None)) if "none" in wanted.verdicts else is_named)
    if wanted.progress is not None:
        chosen = chosen.where(_goes_on() if wanted.progress == "going_on" else ~_goes_on())
    if wanted.is_silent is not None:
        chosen = chosen.where(alerts.c.is_silent == wanted.is_silent)
    if wanted.silence is not None:
        chosen = chosen.where(alerts.c.body["silence"].as_string() == wanted.silence)
    if wanted.is_in_case is not None:
        in_case = alerts.c.case_id.is_not(None)
        chosen = chosen.where(in_case if wanted.is_in_case else ~in_case)
    if wanted.from_us is not None:
        chosen = chosen.where(alerts.c.first_us >= wanted.from_us)
    if wanted.to_us is not None:
        chosen = chosen.where(alerts.c.first_us < wanted.to_us)
    if wanted.before is not None:
        first_us, _, id = wanted.before.partition(".")
        if not first_us.isdigit():
            raise RequestRefused(
                "bad_cursor", "Send `before` as the last alert of the page before gave it.", status=422
            )
        chosen = chosen.where(tuple_(alerts.c.first_us, alerts.c.alert) < (int(first_us), id))
    return chosen.order_by(alerts.c.first_us.desc(), alerts.c.alert.desc()).limit(wanted.limit)


def _goes_on() -> ColumnElement[bool]:
    """It, or anything that belongs to it."""
    some, school = alerts.alias("some"), alerts.alias("school_of_some")
    of_school = select(some.c.alert).join(school, some.c.folded_into == school.c.alert)
    of_it = or_(some.c.folded_into == alerts.c.alert, some.c.district_into == alerts.c.alert)
    return or_(
        alerts.c.progress == "going_on",
        select(some.c.alert).where(of_it, some.c.progress == "going_on").exists(),
        of_school.where(school.c.district_into == alerts.c.alert, some.c.progress == "going_on").exists(),
    )


def _stands_for_itself(sites: Sequence[str]) -> ColumnElement[bool]:
    """A school's outage is part of its district's, unless the district's alert is of a school that is not shown."""
    if not sites:
        return alerts.c.district_into.is_(None)
    district = alerts.alias("district")
    shown = select(district.c.alert).where(district.c.alert == alerts.c.district_into, district.c.site.in_(sites))
    return or_(alerts.c.district_into.is_(None), ~shown.exists())


async def _folded(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[_Row]]:
    """What belongs to each: incidents of the same kitchen, and of a district's alert those of its other schools."""
    if not ids:
        return {}
    school = alerts.alias("school")
    into = func.coalesce(school.c.district_into, alerts.c.folded_into, alerts.c.district_into).label("into")
    wanted = (
        select(into, alerts.c.folded_into, alerts.c.site, alerts.c.camera, alerts.c.progress, alerts.c.last_us)
        .join(school, school.c.alert == alerts.c.folded_into, isouter=True)
        .where(
            or_(
                alerts.c.folded_into.in_(ids),
                alerts.c.district_into.in_(ids),
                school.c.district_into.in_(ids),
            )
        )
    )
    found: dict[str, list[_Row]] = {}
    for row in await session.execute(wanted):
        for id in {row.into, row.folded_into} & set(ids):
            found.setdefault(id, []).append(row)
    return found


def _alert(row: _Row, others: Sequence[_Row] = (), warning: SpokenWarning | None = None) -> Alert:
    """The row, and what the kitchen's other cameras, or a district's other schools, add to it."""
    alert = Alert.model_validate(row.body)
    review = None
    if row.verdict is not None:
        review = Review(verdict=row.verdict, by=row.reviewed_by, at_us=row.reviewed_us, note=row.review_note or "")
    more: dict[str, Any] = {
        "acknowledged_by": row.acknowledged_by,
        "acknowledged_us": row.acknowledged_us,
        "review": review,
        "case": row.case_id,
        "outage": row.outage,
        "folded_into": row.folded_into or row.district_into,
        "warning": warning,
    }
    away = {row.camera} if row.progress == "going_on" else set[str]()
    if others:
        more["cameras"] = (alert.camera, *sorted({other.camera for other in others} - {alert.camera}))[:_CAMERAS_MAX]
        more["last_us"] = max(alert.last_us, *(other.last_us for other in others))
        away |= {other.camera for other in others if other.progress == "going_on"}
        if away:
            more |= {"progress": "going_on", "closed_us": None}
        elif alert.closed_us is not None:
            more["closed_us"] = max(alert.closed_us, more["last_us"])
    if row.outage is not None:
        more["cameras_away"] = tuple(sorted(away))[:_CAMERAS_MAX]
        more["sites"] = tuple(sorted({alert.site, *(other.site for other in others)}))
    return alert.model_copy(update=more)


async def _one(session: AsyncSession, id: str, site: str | None = None) -> Alert | None:
    """Args: site: what others add to it, of this school alone."""
    row = (await session.execute(select(alerts).where(alerts.c.alert == id))).first()
    if row is None or site not in (None, row.site):
        return None
    others = [each for each in (await _folded(session, [id])).get(id, ()) if site in (None, each.site)]
    return _alert(row, others, (await warnings_of(session, [id])).get(id))


async def _required(session: AsyncSession, id: str) -> Alert:
    alert = await _one(session, id)
    if alert is None:
        raise RequestRefused("no_such_alert", f"There is no alert {id[:80]!r}.", status=404)
    return alert
