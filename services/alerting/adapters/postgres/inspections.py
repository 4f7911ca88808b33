"""Inspections in PostgreSQL: one row each as they are now, and every step for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Text, bindparam, insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.inspection_tables import inspection_steps, inspections
from services.alerting.adapters.postgres.loop import add_case
from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.handlers.inspections import Looked, NextOf
from services.alerting.inspection.look_states import may
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.inspections import (
    Inspection,
    InspectionChanged,
    InspectionsWanted,
    KitchenLooks,
    Looks,
    LookStep,
    LooksWanted,
)

_Row = Any
# By the index of finished looks, kitchen by kitchen; the newest look of all is its last entry.
_LOOKS = text(
    """
    select k.kitchen, coalesce(l.looks, 0) looks, coalesce(l.violations, 0) violations,
           coalesce(l.seconds, 0) seconds, n.finished_us last_us
    from unnest(:kitchens) with ordinality k(kitchen, place)
    left join lateral (
        select count(*) looks, count(*) filter (where found = 'violation') violations,
               (sum(finished_us - started_us) / 1e6)::float8 seconds
        from inspections where site = k.kitchen and state = 'done' and finished_us >= :from_us and finished_us < :to_us
    ) l on true
    left join lateral (
        select finished_us from inspections where site = k.kitchen and state = 'done'
        order by finished_us desc limit 1
    ) n on true
    order by k.place
    """
).bindparams(bindparam("kitchens", type_=ARRAY(Text)))


class PostgresInspections:
    """Implements `Inspections`. Args: told: called when facts wait to be told."""

    def __init__(self, database: Database, now_us: Callable[[], int], told: Callable[[], None]):
        self._database = database
        self._now_us = now_us
        self._told = told

    async def get(self, id: str) -> Inspection | None:
        async with self._database.transaction() as session:
            return await self._one(session, id)

    async def list(self, wanted: InspectionsWanted) -> Sequence[Inspection]:
        chosen = select(inspections)
        for column, values in (
            (inspections.c.site, wanted.sites),
            (inspections.c.draw_id, wanted.draws),
            (inspections.c.supervisor, wanted.supervisors),
            (inspections.c.state, wanted.states),
        ):
            if values:
                chosen = chosen.where(column.in_(values))
        if wanted.from_us is not None:
            chosen = chosen.where(inspections.c.due_us >= wanted.from_us)
        if wanted.to_us is not None:
            chosen = chosen.where(inspections.c.due_us < wanted.to_us)
        if wanted.after is not None:
            due_us, _, id = wanted.after.partition(".")
            if not due_us.isdigit():
                raise RequestRefused("bad_cursor", "Send `after` as the page before gave it.", status=422)
            chosen = chosen.where(tuple_(inspections.c.due_us, inspections.c.inspection_id) > (int(due_us), id))
        chosen = chosen.order_by(inspections.c.due_us, inspections.c.inspection_id).limit(wanted.limit)
        async with self._database.transaction() as session:
            return await self._of(session, (await session.execute(chosen)).all())

    async def change(self, id: str, next_of: NextOf) -> Inspection | None:
        async with self._database.transaction() as session:
            locked = select(inspections.c.inspection_id).where(inspections.c.inspection_id == id).with_for_update()
            await session.execute(locked)
            kept = await self._one(session, id)
            if kept is None:
                return None
            looked = next_of(kept)
            await _write(session, looked)
            changed = await self._one(session, id)
        self._told()
        return changed

    async def looks(self, wanted: LooksWanted) -> Looks:
        values = {"kitchens": list(wanted.kitchens), "from_us": wanted.from_us, "to_us": wanted.to_us}
        async with self._database.autocommit() as session:
            rows = (await session.execute(_LOOKS, values)).all()
        return Looks(items=tuple(KitchenLooks.model_validate(row, from_attributes=True) for row in rows))

    async def _one(self, session: AsyncSession, id: str) -> Inspection | None:
        found = await session.execute(select(inspections).where(inspections.c.inspection_id == id))
        each = await self._of(session, found.all())
        return each[0] if each else None

    async def _of(self, session: AsyncSession, rows: Sequence[_Row]) -> Sequence[Inspection]:
        ids = [row.inspection_id for row in rows]
        if not ids:
            return []
        steps: dict[str, list[LookStep]] = {}
        taken = (
            select(inspection_steps)
            .where(inspection_steps.c.inspection_id.in_(ids))
            .order_by(inspection_steps.c.number)
        )
        for row in await session.execute(taken):
            steps.setdefault(row.inspection_id, []).append(LookStep.model_validate(row.body))
        return [_inspection(row, steps.get(row.inspection_id, []), self._now_us()) for row in rows]


async def _write(session: AsyncSession, looked: Looked) -> None:
    now, step = looked.inspection, looked.step
    if looked.case is not None:
        await add_case(session, looked.case)
    names = {"state", "supervisor", "looked_by", "way", "started_us", "finished_us", "found", "text"}
    values = now.model_dump(include=names) | {"case_id": now.case}
    await session.execute(update(inspections).where(inspections.c.inspection_id == now.inspection).values(values))
    row = {"inspection_id": now.inspection, "number": step.number, "at_us": step.at_us, "by": step.by}
    body = step.model_dump(mode="json", exclude_none=True)
    await session.execute(insert(inspection_steps).values(row | {"body": body}))
    said = InspectionChanged(
        inspection=now.inspection,
        draw=now.draw,
        kitchen=now.site,
        at_us=step.at_us,
        by=step.by,
        action=step.action,
        state=now.state,
        supervisor=now.supervisor,
        found=now.found,
        case=now.case,
    )
    await write_facts(session, [said])


def _inspection(row: _Row, steps: Sequence[LookStep], now_us: int) -> Inspection:
    return Inspection(
        inspection=row.inspection_id,
        draw=row.draw_id,
        site=row.site,
        supervisor=row.supervisor,
        stratum=row.stratum,
        state=row.state,
        due_us=row.due_us,
        is_overdue=row.state in ("to_do", "looking") and row.due_us < now_us,
        looked_by=row.looked_by,
        way=row.way,
        started_us=row.started_us,
        finished_us=row.finished_us,
        found=row.found,
        text=row.text,
        case=row.case_id,
        steps=tuple(steps),
        may=may(row.state),
    )
