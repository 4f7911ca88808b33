"""Draws in PostgreSQL: what was frozen and drawn, byte for byte; the database refuses to change either."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import exists, insert, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import cast

from services.alerting.adapters.postgres.inspection_tables import draw_seeds, draws, inspection_steps, inspections
from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.handlers.draws import DrawStep, KeptDraw, NextOf
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.base import Fact
from shared.messages.inspections import (
    Draw,
    DrawAnnounced,
    DrawChanged,
    Drawn,
    DrawOpen,
    DrawSeed,
    DrawsWanted,
    InspectionChanged,
    LookStep,
)

_Row = Any
# The text of roster and result is read where it is needed, and not for lists.
_SHORT = [column for column in draws.c if column.name not in ("frozen", "drawn")]


class PostgresDraws:
    """Implements `Draws`. Args: told: called when facts wait to be told."""

    def __init__(self, database: Database, told: Callable[[], None]):
        self._database = database
        self._told = told

    async def open(self, wanted: DrawOpen, kept: KeptDraw) -> Draw:
        made = kept.draw
        row = {
            "draw_id": made.draw,
            "title": made.title,
            "state": made.state,
            "opened_by": made.opened_by,
            "opened_us": made.opened_us,
            "frozen": kept.frozen,
            "frozen_sha256": made.frozen_sha256,
            "kitchens": made.kitchens,
            "called": wanted.model_dump(mode="json", exclude={"kitchens"}),
            "commit_until_us": made.commit_until_us,
            "reveal_until_us": made.reveal_until_us,
            "published_sha256": made.published_sha256,
        }
        seeds = [
            {"draw_id": made.draw, "number": number, **seed.model_dump()} for number, seed in enumerate(made.seeds)
        ]
        said = DrawAnnounced(
            draw=made.draw,
            at_us=made.opened_us,
            by=made.opened_by,
            frozen_sha256=made.frozen_sha256,
            kitchens=made.kitchens,
            count=made.rule.count,
        )
        async with self._database.transaction() as session:
            await session.execute(insert(draws).values(row))
            await session.execute(insert(draw_seeds), seeds)
            await write_facts(session, [said])
        self._told()
        return made

    async def get(self, id: str) -> KeptDraw | None:
        async with self._database.transaction() as session:
            return await _kept(session, id)

    async def file(self, id: str) -> str | None:
        async with self._database.autocommit() as session:
            return (await session.execute(select(draws.c.drawn).where(draws.c.draw_id == id))).scalar_one_or_none()

    async def list(self, wanted: DrawsWanted) -> Sequence[Draw]:
        chosen = select(*_SHORT)
        if wanted.states:
            chosen = chosen.where(draws.c.state.in_(wanted.states))
        if wanted.account is not None:
            brings = exists().where(draw_seeds.c.draw_id == draws.c.draw_id, draw_seeds.c.account == wanted.account)
            looks = draws.c.called["supervisors"].op("@>")(cast([wanted.account], JSONB))
            chosen = chosen.where(or_(brings, looks))
        if wanted.before is not None:
            opened_us, _, id = wanted.before.partition(".")
            if not opened_us.isdigit():
                raise RequestRefused("bad_cursor", "Send `before` as the page before gave it.", status=422)
            chosen = chosen.where(tuple_(draws.c.opened_us, draws.c.draw_id) < (int(opened_us), id))
        chosen = chosen.order_by(draws.c.opened_us.desc(), draws.c.draw_id.desc()).limit(wanted.limit)
        async with self._database.transaction() as session:
            return await _draws(session, (await session.execute(chosen)).all())

    async def change(self, id: str, next_of: NextOf) -> Draw | None:
        async with self._database.transaction() as session:
            await session.execute(select(draws.c.draw_id).where(draws.c.draw_id == id).with_for_update())
            kept = await _kept(session, id)
            if kept is None:
                return None
            step = next_of(kept)
            if step is None:
                return kept.draw
            await _write(session, kept.draw, step)
            changed = await _kept(session, id)
        self._told()
        return None if changed is None else changed.draw

    async def due(self, now_us: int) -> Sequence[str]:
        over = or_(
            (draws.c.state == "committing") & (draws.c.commit_until_us < now_us),
            (draws.c.state == "revealing") & (draws.c.reveal_until_us < now_us),
        )
        async with self._database.autocommit() as session:
            return list((await session.execute(select(draws.c.draw_id).where(over))).scalars())


async def _write(session: AsyncSession, made: Draw, step: DrawStep) -> None:
    for number, seed in enumerate(step.seeds):
        if seed != made.seeds[number]:
            one = (draw_seeds.c.draw_id == made.draw) & (draw_seeds.c.number == number)
            await session.execute(update(draw_seeds).where(one).values(seed.model_dump()))
    values: dict[str, Any] = {"state": step.state, "why": step.why, "published_sha256": step.published_sha256}
    if step.file is not None:
        values |= {"drawn": step.file, "drawn_us": step.at_us}
    await session.execute(update(draws).where(draws.c.draw_id == made.draw).values(values))
    said: list[Fact] = [
        DrawChanged(
            draw=made.draw,
            at_us=step.at_us,
            by=step.by,
            frozen_sha256=made.frozen_sha256,
            action=step.action,
            state=step.state,
            department=step.department,
            commitment=step.commitment,
            published_sha256=step.published_sha256,
            late=step.late,
        )
    ]
    said += await _assign(session, made, step)
    await write_facts(session, said)


async def _assign(session: AsyncSession, made: Draw, step: DrawStep) -> list[Fact]:
    """One inspection for each kitchen that was drawn."""
    rows, first, said = [], [], list[Fact]()
    for one in step.chosen:
        id = f"i{secrets.token_hex(6)}"
        row = {"inspection_id": id, "draw_id": made.draw, "site": one.kitchen, "supervisor": one.supervisor}
        rows.append(row | {"stratum": one.stratum, "state": "to_do", "due_us": made.look_until_us})
        assigned = LookStep(
            number=1, action="assign", by=made.draw, at_us=step.at_us, state="to_do", supervisor=one.supervisor
        )
        body = assigned.model_dump(mode="json", exclude_none=True)
        first.append({"inspection_id": id, "number": 1, "at_us": step.at_us, "by": made.draw, "body": body})
        said.append(
            InspectionChanged(
                inspection=id,
                draw=made.draw,
                kitchen=one.kitchen,
                at_us=step.at_us,
                by=made.draw,
                action="assign",
                state="to_do",
                supervisor=one.supervisor,
            )
        )
    if rows:
        await session.execute(insert(inspections), rows)
        await session.execute(insert(inspection_steps), first)
    return said


async def _kept(session: AsyncSession, id: str) -> KeptDraw | None:
    row = (await session.execute(select(draws).where(draws.c.draw_id == id))).first()
    if row is None:
        return None
    return KeptDraw((await _draws(session, [row]))[0], row.frozen)


async def _draws(session: AsyncSession, rows: Sequence[_Row]) -> list[Draw]:
    ids = [row.draw_id for row in rows]
    if not ids:
        return []
    seeds: dict[str, list[DrawSeed]] = {}
    found = select(draw_seeds).where(draw_seeds.c.draw_id.in_(ids)).order_by(draw_seeds.c.number)
    for row in await session.execute(found):
        seeds.setdefault(row.draw_id, []).append(DrawSeed.model_validate(row, from_attributes=True))
    chosen: dict[str, list[Drawn]] = {}
    looks = select(inspections).where(inspections.c.draw_id.in_(ids)).order_by(inspections.c.site)
    for row in await session.execute(looks):
        drawn = Drawn(kitchen=row.site, stratum=row.stratum, supervisor=row.supervisor, inspection=row.inspection_id)
        chosen.setdefault(row.draw_id, []).append(drawn)
    return [_draw(row, seeds[row.draw_id], chosen.get(row.draw_id, [])) for row in rows]


def _draw(row: _Row, seeds: Sequence[DrawSeed], chosen: Sequence[Drawn]) -> Draw:
    called = DrawOpen.model_validate(row.called | {"kitchens": ["-"]})
    return Draw(
        draw=row.draw_id,
        title=row.title,
        state=row.state,
        opened_by=row.opened_by,
        opened_us=row.opened_us,
        frozen_sha256=row.frozen_sha256,
        published_sha256=row.published_sha256,
        kitchens=row.kitchens,
        rule=called.rule,
        seeds=tuple(seeds),
        supervisors=called.supervisors,
        commit_until_us=row.commit_until_us,
        reveal_until_us=row.reveal_until_us,
        look_until_us=called.look_until_us,
        if_missing=called.if_missing,
        why=row.why,
        drawn_us=row.drawn_us,
        chosen=tuple(chosen),
    )
