"""What people are to be told of, written in the transaction that makes it true; what settles it, with the deed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.notice_tables import deliveries, escalations, things
from services.alerting.notices.thing import Settled, Thing, settled_by, thing_of
from shared.messages.base import Fact


async def write_things(session: AsyncSession, facts: Sequence[Fact]) -> None:
    """Called with every fact that is told: a crash loses neither."""
    for settled in filter(None, map(settled_by, facts)):
        await _settle(session, settled)
    made = [thing for thing in map(thing_of, facts) if thing is not None]
    if made:
        await session.execute(upsert(things).values([_row(each) for each in made]).on_conflict_do_nothing())


async def lock_deliveries(session: AsyncSession, chosen: Any) -> list[str]:
    """Always in the order of their ids: two that lock several never wait for each other in a circle."""
    found = select(deliveries.c.delivery).where(chosen).order_by(deliveries.c.delivery).with_for_update()
    return list((await session.execute(found)).scalars())


async def drop_waiting(session: AsyncSession, channel: str, why: str) -> None:
    """What waits for a channel that is not there any more is told to nobody, and says so."""
    ids = await lock_deliveries(session, (deliveries.c.channel == channel) & (deliveries.c.state == "queued"))
    if ids:
        values = {"state": "failed", "why": why}
        await session.execute(update(deliveries).where(deliveries.c.delivery.in_(ids)).values(values))


def thing_from(row: Any) -> Thing:
    return Thing(row.thing, row.kind, row.subject, row.site, row.risk, row.at_us, row.by, dict(row.detail))


def _row(thing: Thing) -> dict[str, Any]:
    return {
        "thing": thing.thing,
        "kind": thing.kind,
        "subject": thing.subject,
        "site": thing.site,
        "risk": thing.risk,
        "at_us": thing.at_us,
        "by": thing.by,
        "detail": dict(thing.detail),
    }


async def _settle(session: AsyncSession, settled: Settled) -> None:
    """Nobody is called any more; a planner that is at work on it is waited for."""
    open_ = (things.c.subject == settled.subject) & things.c.acknowledged_by.is_(None)
    found = select(things.c.thing).where(open_).order_by(things.c.thing).with_for_update()
    ids = list((await session.execute(found)).scalars())
    if not ids:
        return
    taken = {"acknowledged_by": settled.by, "acknowledged_us": settled.at_us}
    await session.execute(update(things).where(things.c.thing.in_(ids)).values(taken))
    await session.execute(delete(escalations).where(escalations.c.thing.in_(ids)))
    states = ["sent", "delivered", *(["queued"] if settled.is_news_over else [])]
    chosen = deliveries.c.thing.in_(ids) & deliveries.c.state.in_(states)
    told = await lock_deliveries(session, chosen)
    if told:
        values = taken | {"state": "acknowledged"}
        await session.execute(update(deliveries).where(deliveries.c.delivery.in_(told), chosen).values(values))
