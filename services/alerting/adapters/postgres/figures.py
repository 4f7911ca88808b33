"""Figures in SQL: alerts by one index alone, over the range alone; orders by when they were served.

Theory of operation. `alerts_figures` holds all that is counted, in the order of first pictures: PostgreSQL reads the
part of it that the range covers and no row. Times to the first eye are sorted exactly; nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Double, Integer, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.figures.kitchen_risk import HALF_LIFE_DAYS
from services.alerting.handlers.figures import Amounts, Counts
from shared.database import Database
from shared.messages.figures import FigureGroup, FiguresWanted

_ALERT_KEYS: Mapping[FigureGroup, str] = {
    "total": "'all'::text",
    "site": "site",
    "risk": "risk::text",
    "class": "about",
    "rule": "rule",
    "camera": "site || '/' || camera",
    "model": "models_key",
    "day": "(width_bucket(first_us, :begins) - 1)::text",
    "week": "(width_bucket(first_us, :begins) - 1)::text",
}
# Of an order itself; the others are those of the alerts of its case.
_ORDER_KEYS: Mapping[FigureGroup, str] = {
    "total": "'all'::text",
    "site": "o.site",
    "risk": "o.risk::text",
    "day": "(width_bucket(o.served_us, :begins) - 1)::text",
    "week": "(width_bucket(o.served_us, :begins) - 1)::text",
}
_COUNTED = "folded_into is null and not is_silent"
_ALERTS = """
select {key} as key, count(*) alerts,
       count(*) filter (where verdict = 'confirmed') confirmed, count(*) filter (where verdict = 'false') false,
       count(*) filter (where verdict = 'unclear') unclear, count(*) filter (where verdict is null) unreviewed,
       count(*) filter (where acknowledged_us is null) unseen
from alerts where {counted} and first_us >= :from_us and first_us < :to_us {filters} group by 1
"""
_EYES = """
select {key} as key,
       percentile_cont(array[0.5, 0.95]) within group (order by greatest(acknowledged_us - told_us, 0) / 1e6) seconds
from alerts
where {counted} and first_us >= :from_us and first_us < :to_us and acknowledged_us is not null {filters} group by 1
"""
# An order comes after the alert it is about: those served before the range cannot be of it.
_TO_ORDER = """
select {key} as key,
       percentile_cont(array[0.5, 0.95]) within group (order by greatest(o.served_us - told_us, 0) / 1e6) seconds
from (select case_id, min(served_us) served_us from orders where served_us >= :from_us group by case_id) o
join alerts using (case_id)
where {counted} and first_us >= :from_us and first_us < :to_us {filters} group by 1
"""
_ORDERS = """
select {key} as key, count(*) orders, count(*) filter (where o.state = 'closed') corrected,
       count(*) filter (where o.state in ('served', 'read') and o.due_us < :now_us) overdue,
       count(*) filter (where o.answered_us > o.due_us) answered_late
from orders o {of_alerts}
where o.served_us >= :from_us and o.served_us < :to_us and o.state <> 'withdrawn' {filters} group by 1
"""
_OF_ALERTS = """
join lateral (
    select distinct {key} as key from alerts where case_id = o.case_id and {counted} {filters}
) a on true
"""
_MODELS = """
select k.models_key, (
    select body->'models' from alerts where models_key = k.models_key and {counted}
    and first_us >= :from_us and first_us < :to_us limit 1
) models from unnest(:keys) k(models_key)
"""
_RISKS = """
with confirmed as (
    select site, risk, sum(power(0.5::float8, (:to_us - first_us)::float8 / :half_life_us)) amount
    from alerts
    where {counted} and first_us >= :from_us and first_us < :to_us and verdict = 'confirmed' group by site, risk
), served as (
    select order_id, site, state, due_us, answered_us from orders
    where served_us >= :from_us and served_us < :to_us and state <> 'withdrawn'
)
select site, 'confirmed_' || risk as name, amount::float8 from confirmed
union all select site, 'overdue', count(*) from served
    where state in ('served', 'read') and due_us < :now_us group by site
union all select site, 'answered_late', count(*) from served where answered_us > due_us group by site
union all select site, 'reopened', count(*) from served join order_steps s using (order_id)
    where s.body->>'action' = 'reopen' group by site
union all select site, 'found_at_inspection', count(*) from inspections
    where state = 'done' and found = 'violation' and finished_us >= :from_us and finished_us < :to_us group by site
"""
_LAST_LOOKS = """
select k.site, l.finished_us from unnest(:kitchens) k(site) join lateral (
    select finished_us from inspections where site = k.site and state = 'done' order by finished_us desc limit 1
) l on true
"""
# = what one question may sort in memory before it goes to disk
_WORK_MEM = "set local work_mem = '64MB'"


class PostgresFigures:
    """Implements `FigureStore`."""

    def __init__(self, database: Database, now_us: Callable[[], int]):
        self._database = database
        self._now_us = now_us

    async def alerts(self, wanted: FiguresWanted, begins: Sequence[int]) -> Counts:
        filters = _filters(wanted)
        filled = {"key": _ALERT_KEYS[wanted.by], "counted": _COUNTED, "filters": filters}
        values = _values(wanted, begins)
        found: dict[str, dict[str, object]] = {}
        async with self._database.transaction() as session:
            await session.execute(text(_WORK_MEM))
            for row in await _rows(session, _ALERTS.format(**filled), values):
                found[row.key] = {name: value for name, value in row._mapping.items() if name != "key"}
            for prefix, statement in (("eye", _EYES), ("order", _TO_ORDER)):
                for row in await _rows(session, statement.format(**filled), values):
                    times = {
                        f"{prefix}_median_s": round(row.seconds[0], 1),
                        f"{prefix}_p95_s": round(row.seconds[1], 1),
                    }
                    found.setdefault(row.key, {}).update(times)
            if wanted.by == "model" and found:
                asked = _MODELS.format(counted=_COUNTED)
                for row in await _rows(session, asked, values | {"keys": list(found)}):
                    found[row.models_key]["models"] = row.models or {}
        return found

    async def orders(self, wanted: FiguresWanted, begins: Sequence[int]) -> Counts:
        own = _ORDER_KEYS.get(wanted.by)
        of_alerts = ""
        if own is None or wanted.classes or wanted.rules:
            alert_key = _ALERT_KEYS[wanted.by] if own is None else "''::text"
            filters = _filters(wanted, names=("classes", "rules"))
            of_alerts = _OF_ALERTS.format(key=alert_key, counted=_COUNTED, filters=filters)
        statement = _ORDERS.format(
            key=own or "a.key", of_alerts=of_alerts, filters=_filters(wanted, "o.", names=("sites", "risks"))
        )
        values = _values(wanted, begins) | {"now_us": self._now_us()}
        async with self._database.transaction() as session:
            rows = await _rows(session, statement, values)
        return {row.key: {name: value for name, value in row._mapping.items() if name != "key"} for row in rows}

    async def risk_amounts(self, kitchens: Sequence[str], from_us: int, to_us: int) -> Amounts:
        values = {
            "from_us": from_us,
            "to_us": to_us,
            "now_us": self._now_us(),
            "half_life_us": HALF_LIFE_DAYS * 86400e6,
        }
        wanted = set(kitchens)
        found: dict[str, dict[str, float]] = {}
        async with self._database.transaction() as session:
            for row in await _rows(session, _RISKS.format(counted=_COUNTED), values):
                if row.site in wanted:
                    found.setdefault(row.site, {})[row.name] = float(row.amount)
        return found

    async def last_looks(self, kitchens: Sequence[str]) -> Mapping[str, int]:
        async with self._database.transaction() as session:
            return {
                row.site: row.finished_us for row in await _rows(session, _LAST_LOOKS, {"kitchens": list(kitchens)})
            }


_COLUMNS = {"sites": "site", "classes": "about", "rules": "rule", "risks": "risk"}


def _filters(wanted: FiguresWanted, prefix: str = "", names: Sequence[str] = tuple(_COLUMNS)) -> str:
    return "".join(f" and {prefix}{_COLUMNS[name]} = any(:{name})" for name in names if getattr(wanted, name))


def _values(wanted: FiguresWanted, begins: Sequence[int]) -> dict[str, Any]:
    values: dict[str, Any] = {"from_us": wanted.from_us, "to_us": wanted.to_us}
    values |= {name: list(getattr(wanted, name)) for name in _COLUMNS if getattr(wanted, name)}
    return values | ({"begins": list(begins)} if begins else {})


_TYPES: Mapping[str, Any] = {
    "begins": ARRAY(BigInteger),
    "sites": ARRAY(Text),
    "classes": ARRAY(Text),
    "rules": ARRAY(Text),
    "risks": ARRAY(Integer),
    "keys": ARRAY(Text),
    "kitchens": ARRAY(Text),
    "from_us": BigInteger(),
    "to_us": BigInteger(),
    "now_us": BigInteger(),
    "half_life_us": Double(),
}


async def _rows(session: AsyncSession, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    typed = [bindparam(name, type_=_TYPES[name]) for name in used if name in _TYPES]
    return (await session.execute(text(statement).bindparams(*typed), used)).all()
