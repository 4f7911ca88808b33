"""From what is to be told to who is told it: deliveries are made of things, and of the steps of chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.loop import orders
from services.alerting.adapters.postgres.notice_background import chains_now, wishes_now
from services.alerting.adapters.postgres.notice_tables import channels, deliveries, escalations, things
from services.alerting.adapters.postgres.notice_things import thing_from
from services.alerting.adapters.postgres.tables import alerts, rules
from services.alerting.notices.audience import (
    SUPERVISORS,
    WARNS,
    Recipient,
    Wishes,
    audience,
    called,
    is_for,
    may_hear,
    people_of,
)
from services.alerting.notices.thing import Thing, console_id, delivery_id
from shared.database import Database
from shared.messages.notices import NoticeChain, PersonKnown
from shared.messages.rules import Rule
from shared.telemetry import counter, log

AT_ONCE = 50
# Nobody reads a message that went to more: whoever sets rules up so is told in the log.
RECIPIENTS_MAX = 1000
_MINUTE_US = 60_000_000
_planned = counter("alerting_notices_planned_total", "Deliveries made, a person and a channel each", ["kind"])
_stale = counter("alerting_notices_stale_total", "Things that nobody was told of: they were too old by then")
_unanswered = counter("alerting_escalations_unanswered_total", "Chains that came to their end, and nobody took it")


class NoticePlans:
    """Any number of workers at once: each thing and step is planned by one of them, once.

    Args: units: of every school, those that it lies under.
    """

    def __init__(
        self, database: Database, known: Mapping[str, PersonKnown], units: Mapping[str, frozenset[str]], stale_us: int
    ):
        self._database = database
        self._known = known
        self._units = units
        self._stale_us = stale_us

    async def plan(self, now_us: int) -> bool:
        """Some of what waits, oldest first; whether there may be more.

        While no account is known everything waits, and while no school is where a chain is for units.
        """
        if not self._known or (not self._units and await self._names_units()):
            return False
        waiting = select(things).where(~things.c.is_planned).order_by(things.c.at_us).limit(AT_ONCE)
        if not await self._database.finds(waiting):
            return False
        async with self._database.transaction() as session:
            rows = (await session.execute(waiting.with_for_update(skip_locked=True))).all()
            for row in rows:
                await self._plan(session, row, now_us)
        return len(rows) == AT_ONCE

    async def escalate(self, now_us: int) -> bool:
        """Some of the steps that are due; whether there may be more."""
        due = (
            select(escalations, things)
            .join(things, things.c.thing == escalations.c.thing)
            .where(escalations.c.next_us <= now_us, things.c.acknowledged_by.is_(None))
            .order_by(escalations.c.next_us)
            .limit(AT_ONCE)
        )
        if not await self._database.finds(due):
            return False
        async with self._database.transaction() as session:
            rows = (await session.execute(due.with_for_update(skip_locked=True))).all()
            for row in rows:
                await self._step(session, row, now_us)
        return len(rows) == AT_ONCE

    async def sweep(self, before_us: int) -> int:
        """Forget what was told before that, with its attempts."""
        old = select(things.c.thing).where(things.c.at_us < before_us).order_by(things.c.at_us).limit(1000)
        async with self._database.autocommit() as session:
            gone = await session.execute(delete(things).where(things.c.thing.in_(old)).returning(things.c.thing))
            return len(gone.all())

    async def _names_units(self) -> bool:
        async with self._database.transaction() as session:
            return any(chain.units for chain in (await chains_now(session)).values())

    async def _plan(self, session: AsyncSession, row: Any, now_us: int) -> None:
        tell, title, more = await _background(session, row)
        thing = thing_from(row)
        units = self._units.get(thing.site, frozenset())
        thing = replace(thing, detail={**thing.detail, **more}, units=units)
        values = {"is_planned": True, "title": title, "detail": dict(thing.detail)}
        await session.execute(update(things).where(things.c.thing == thing.thing).values(values))
        if thing.at_us < now_us - self._stale_us:
            _stale.inc()
            return
        if row.acknowledged_by is not None and thing.kind == "alert":
            return
        wishes, by_chain = await self._wishes(session, thing)
        await _make(session, thing, audience(thing, wishes, now_us, tell), now_us)
        begun = [
            {
                "thing": thing.thing,
                "chain": chain.chain,
                "step": 0,
                "began_us": now_us,
                "next_us": now_us + chain.steps[0].after_min * _MINUTE_US,
            }
            for chain in by_chain.values()
            if row.acknowledged_by is None and is_for(chain, thing)
        ]
        if begun:
            await session.execute(upsert(escalations).values(begun).on_conflict_do_nothing())

    async def _step(self, session: AsyncSession, row: Any, now_us: int) -> None:
        thing = thing_from(row)
        wishes, by_chain = await self._wishes(session, thing)
        chain = by_chain.get(row.chain)
        this = (escalations.c.thing == thing.thing) & (escalations.c.chain == row.chain)
        steps = chain.steps if chain is not None and chain.is_enabled else ()
        if row.step < len(steps):
            people_now = people_of(steps[row.step], wishes, now_us)
            await _make(session, thing, called(thing, wishes, now_us, people_now, row.step), now_us)
        if row.step + 1 < len(steps):
            next_us = max(now_us, row.began_us + steps[row.step + 1].after_min * _MINUTE_US)
            await session.execute(update(escalations).where(this).values(step=row.step + 1, next_us=next_us))
            return
        if steps:
            _unanswered.inc()
        await session.execute(delete(escalations).where(this))

    async def _wishes(self, session: AsyncSession, thing: Thing) -> tuple[Wishes, dict[str, NoticeChain]]:
        """What may matter for this thing, as it is now: a change works with the next thing."""
        known = {name: one for name, one in self._known.items() if may_hear(one, thing.site)}
        return await wishes_now(session, known)


async def _background(session: AsyncSession, row: Any) -> tuple[Sequence[str], dict[str, str], dict[str, str]]:
    """Whom the rule tells, the title by language, and what else the words need."""
    if row.kind == "alert":
        version = alerts.c.body["rule_version"].as_integer()
        wanted = (
            select(rules.c.body)
            .join(
                alerts,
                (alerts.c.rule == rules.c.rule) & (version == rules.c.version),
            )
            .where(alerts.c.alert == row.subject.partition(":")[2])
        )
        found = (await session.execute(wanted)).scalar_one_or_none()
        if found is None:
            return (SUPERVISORS,), {}, {}
        rule = Rule.model_validate(found)
        return rule.tell, dict(rule.title), {WARNS: "yes" if rule.warns_kitchen else "no"}
    wanted_title = select(orders.c.title).where(orders.c.order_id == row.subject.partition(":")[2])
    title = (await session.execute(wanted_title)).scalar_one_or_none()
    return (), {} if title is None else {"": title}, {}


async def _make(session: AsyncSession, thing: Thing, recipients: Sequence[Recipient], now_us: int) -> None:
    """A delivery for each person and channel that has none of this thing yet."""
    if len(recipients) > RECIPIENTS_MAX:
        log().warning("too many people to tell", thing=thing.thing, people=len(recipients), told=RECIPIENTS_MAX)
    by_person = {each.person: each for each in recipients[:RECIPIENTS_MAX]}
    if not by_person:
        return
    await require_consoles(session, sorted(by_person))
    ways = select(channels.c.channel, channels.c.person, channels.c.kind)
    ways = ways.where(channels.c.person.in_(list(by_person)), channels.c.is_enabled).order_by(channels.c.channel)
    rows = [
        {
            "delivery": delivery_id(thing.thing, way.person, way.channel),
            "thing": thing.thing,
            "person": way.person,
            "channel": way.channel,
            "channel_kind": way.kind,
            "step": by_person[way.person].step,
            "state": "queued",
            "made_us": now_us,
            "due_us": by_person[way.person].due_us,
        }
        for way in await session.execute(ways)
    ]
    if rows:
        made = upsert(deliveries).values(rows).on_conflict_do_nothing().returning(deliveries.c.channel_kind)
        for kind in (await session.execute(made)).scalars():
            _planned.labels(kind).inc()


async def require_consoles(session: AsyncSession, names: Sequence[str]) -> None:
    """Everybody has a console: the one channel that needs nothing set up and no other network."""
    rows = [
        {"channel": console_id(name), "person": name, "kind": "console", "title": "", "is_enabled": True}
        for name in names
    ]
    await session.execute(upsert(channels).values(rows).on_conflict_do_nothing())
