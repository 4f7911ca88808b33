"""Alerts in PostgreSQL: the machine's part by the worker that holds the shard, people's part by whoever is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Select, and_, insert, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.adapters.postgres.proofs import wants_proof, with_proof
from services.alerting.adapters.postgres.tables import alerts, positions, reviews, rules
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
)
from shared.messages.base import Fact
from shared.messages.rules import Rule

_Row = Any
_OTHERS_PART = {
    "stored_us",
    "ruled_us",
    "is_silent",
    "silence",
    "hops",
    "clip",
    "case",
    "review",
    "acknowledged_by",
    "acknowledged_us",
}


class PostgresAlerts:
    """Implements `AlertStore` and `AlertDeskStore`. Args: told: called when facts wait to be told."""

    def __init__(self, database: Database, told: Callable[[], None]):
        self._database = database
        self._told = told

    async def positions(self, shards: Sequence[int]) -> dict[int, Position]:
        async with self._database.transaction() as session:
            found = await session.execute(select(positions).where(positions.c.shard.in_(shards)))
            return {row.shard: Position(row.from_seq, dict(row.judged)) for row in found}

    async def going_on(self, shard: int, since_us: int) -> list[tuple[Alert, Rule]]:
        wanted = (
            select(alerts.c.body, rules.c.body.label("rule_body"))
            .join(
                rules,
                and_(rules.c.rule == alerts.c.rule, rules.c.version == alerts.c.body["rule_version"].as_integer()),
            )
            .where(alerts.c.shard == shard, or_(alerts.c.progress == "going_on", alerts.c.last_us >= since_us))
            .order_by(alerts.c.first_us)
        )
        async with self._database.transaction() as session:
            found = (await session.execute(wanted)).all()
        return [(Alert.model_validate(row.body), Rule.model_validate(row.rule_body)) for row in found]

    async def write(self, written: Sequence[Written], at: dict[int, Position], now_us: int) -> None:
        facts: list[Fact] = []
        async with self._database.transaction() as session:
            for each in written:
                facts += await self._write(session, each, now_us)
            await write_facts(session, facts)
            if at:
                rows = [
                    {"shard": shard, "from_seq": one.from_seq, "judged": one.judged, "written_us": now_us}
                    for shard, one in at.items()
                ]
                put = upsert(positions).values(rows)
                names = ("from_seq", "judged", "written_us")
                await session.execute(
                    put.on_conflict_do_update(
                        index_elements=["shard"], set_={name: put.excluded[name] for name in names}
                    )
                )
        if facts:
            self._told()

    async def _write(self, session: AsyncSession, each: Written, now_us: int) -> list[Fact]:
        alert = each.alert.model_copy(update={"stored_us": now_us}) if each.happening == "raised" else each.alert
        values = _machine_part(each.shard, alert)
        if each.happening == "raised":
            folded_into = await self._fold(session, each) if each.folds_at_site else None
            put = upsert(alerts).values(values | {"folded_into": folded_into})
            # There already: another worker, or we before we died, wrote it. It is the same incident.
            fresh = await session.execute(put.on_conflict_do_nothing().returning(alerts.c.alert))
            if fresh.first() is not None:
                await wants_proof(session, alert.alert, now_us)
                return [_raised(alert)] if folded_into is None else [_also(alert, folded_into)]
        # What was true when it was raised stays, and what others have added.
        body = alerts.c.body.op("||")(alert.model_dump(mode="json", exclude=_OTHERS_PART))
        changed = {"progress": alert.progress, "last_us": alert.last_us, "body": body}
        await session.execute(update(alerts).where(alerts.c.alert == alert.alert).values(changed))
        if each.happening == "closed":
            await wants_proof(session, alert.alert, now_us)
            return [AlertClosed(**_about(alert), first_us=alert.first_us, last_us=alert.last_us)]
        if each.happening == "goes_on":
            return [AlertGoesOn(**_about(alert), last_us=alert.last_us, cameras=alert.cameras)]
        return []

    async def _fold(self, session: AsyncSession, each: Written) -> str | None:
        """The alert of the same kitchen and rule that still goes on, or did until a moment ago."""
        alert = each.alert
        name = f"fold {alert.site}/{alert.rule}"
        await session.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
        open_ = (
            select(alerts.c.alert)
            .where(
                alerts.c.site == alert.site,
                alerts.c.rule == alert.rule,
                alerts.c.alert != alert.alert,
                alerts.c.folded_into.is_(None),
                or_(alerts.c.progress == "going_on", alerts.c.last_us >= alert.first_us - each.reopen_us),
                alerts.c.first_us <= alert.last_us + each.reopen_us,
            )
            .order_by(alerts.c.first_us)
            .limit(1)
        )
        return (await session.execute(open_)).scalar_one_or_none()

    async def list(self, wanted: AlertsWanted) -> list[Alert]:
        async with self._database.transaction() as session:
            rows = (await session.execute(_chosen(wanted))).all()
            others = await _folded(session, [row.alert for row in rows])
        return [_alert(row, others.get(row.alert, ())) for row in rows]

    async def get(self, id: str) -> Alert | None:
        async with self._database.transaction() as session:
            alert = await _one(session, id)
            return None if alert is None else await with_proof(session, alert)

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
                await write_facts(session, [AlertAcknowledged(**_about(alert, now_us), by=wanted.by)])
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
            said = AlertReviewed(**_about(alert, now_us), by=wanted.by, verdict=wanted.verdict, note=wanted.note)
            await write_facts(session, [said])
        self._told()
        return alert


def _machine_part(shard: int, alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.alert,
        "site": alert.site,
        "camera": alert.camera,
        "shard": shard,
        "rule": alert.rule,
        "risk": alert.risk,
        "progress": alert.progress,
        "is_silent": alert.is_silent,
        "first_us": alert.first_us,
        "last_us": alert.last_us,
        "body": alert.model_dump(mode="json", exclude_none=True),
    }


def _about(alert: Alert, at_us: int | None = None) -> dict[str, Any]:
    told_us = alert.last_us if at_us is None else at_us
    return {"site": alert.site, "camera": alert.camera, "alert": alert.alert, "rule": alert.rule, "at_us": told_us}


def _raised(alert: Alert) -> AlertRaised:
    return AlertRaised(
        **_about(alert, alert.first_us),
        risk=alert.risk,
        is_silent=alert.is_silent,
        hops=alert.hops,
        ruled_us=alert.ruled_us,
        stored_us=alert.stored_us,
    )


def _also(alert: Alert, folded_into: str) -> AlertGoesOn:
    return AlertGoesOn(**(_about(alert) | {"alert": folded_into}), last_us=alert.last_us, cameras=(alert.camera,))


def _chosen(wanted: AlertsWanted) -> Select[Any]:
    chosen = select(alerts).where(alerts.c.folded_into.is_(None))
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
        chosen = chosen.where(alerts.c.progress == wanted.progress)
    if wanted.is_silent is not None:
        chosen = chosen.where(alerts.c.is_silent == wanted.is_silent)
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


async def _folded(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[_Row]]:
    if not ids:
        return {}
    wanted = select(alerts.c.folded_into, alerts.c.camera, alerts.c.progress, alerts.c.last_us)
    found: dict[str, list[_Row]] = {}
    for row in await session.execute(wanted.where(alerts.c.folded_into.in_(ids))):
        found.setdefault(row.folded_into, []).append(row)
    return found


def _alert(row: _Row, others: Sequence[_Row] = ()) -> Alert:
    """The row, and what the kitchen's other cameras add to it."""
    alert = Alert.model_validate(row.body)
    review = None
    if row.verdict is not None:
        review = Review(verdict=row.verdict, by=row.reviewed_by, at_us=row.reviewed_us, note=row.review_note or "")
    more: dict[str, Any] = {
        "acknowledged_by": row.acknowledged_by,
        "acknowledged_us": row.acknowledged_us,
        "review": review,
        "case": row.case_id,
    }
    if others:
        more["cameras"] = (alert.camera, *sorted({other.camera for other in others} - {alert.camera}))
        more["last_us"] = max(alert.last_us, *(other.last_us for other in others))
        if any(other.progress == "going_on" for other in others):
            more |= {"progress": "going_on", "closed_us": None}
    return alert.model_copy(update=more)


async def _one(session: AsyncSession, id: str) -> Alert | None:
    row = (await session.execute(select(alerts).where(alerts.c.alert == id))).first()
    return None if row is None else _alert(row, (await _folded(session, [id])).get(id, ()))


async def _required(session: AsyncSession, id: str) -> Alert:
    alert = await _one(session, id)
    if alert is None:
        raise RequestRefused("no_such_alert", f"There is no alert {id[:80]!r}.", status=404)
    return alert
