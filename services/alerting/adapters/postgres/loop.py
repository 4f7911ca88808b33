"""Cases and orders in PostgreSQL: one row each as they are now, and every step for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Integer,
    Table,
    Text,
    and_,
    exists,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.adapters.postgres.tables import alerts, metadata
from services.alerting.handlers.orders import ClosedOf, KeptOrder, NextOf, ServedOf
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.alerting import Alert
from shared.messages.orders import (
    Case,
    CaseClosed,
    CaseNote,
    CaseOpened,
    CaseShare,
    CaseShared,
    CasesWanted,
    Order,
    OrderChanged,
    OrderStep,
    OrdersWanted,
)
from shared.typed_words import searched_for_each

cases = Table(
    "cases",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("site", Text),
    Column("cameras", ARRAY(Text)),
    Column("source", Text),
    Column("title", Text),
    Column("text", Text),
    Column("risk", Integer),
    Column("state", Text),
    Column("opened_by", Text),
    Column("opened_us", BigInteger),
    Column("closed_by", Text),
    Column("closed_us", BigInteger),
    Column("evidence", Text),
    Column("shared_with", ARRAY(Text)),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("case_id", Text),
    Column("site", Text),
    Column("kind", Text),
    Column("state", Text),
    Column("before", Text),
    Column("title", Text),
    Column("text", Text),
    Column("risk", Integer),
    Column("made_by", Text),
    Column("served_us", BigInteger),
    Column("due_us", BigInteger),
    Column("answered_us", BigInteger),
    Column("card", Text),
    Column("clock", Text),
    Column("checked_us", BigInteger),
)

order_steps = Table(
    "order_steps",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at_us", BigInteger),
    Column("by", Text),
    Column("body", JSONB),
)

case_shares = Table(
    "case_shares",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("until_us", BigInteger),
    Column("by", Text),
    Column("at_us", BigInteger),
)

case_notes = Table(
    "case_notes",
    metadata,
    Column("case_id", Text),
    Column("number", BigInteger, primary_key=True),
    Column("at_us", BigInteger),
    Column("by", Text),
    Column("text", Text),
    Column("is_closing", Boolean),
    Column("key", Text),
)

_DONE = ("closed", "withdrawn")
# The school's turn: only then can it be late.
_TICKING = ("served", "read")
_Row = Any


class PostgresLoop:
    """Implements `Loop`. Args: told: called when facts wait to be told."""

    def __init__(
        self, database: Database, alerts_store: PostgresAlerts, now_us: Callable[[], int], told: Callable[[], None]
    ):
        self._database = database
        self._alerts = alerts_store
        self._now_us = now_us
        self._told = told

    async def alert(self, id: str, site: str) -> Alert | None:
        return await self._alerts.at(site, id)

    async def open(self, case: Case) -> Case:
        async with self._database.transaction() as session:
            if not await add_case(session, case):
                return (await _cases(session, select(cases).where(cases.c.case_id == case.case), self._now_us()))[0]
        self._told()
        return case

    async def case(self, id: str) -> Case | None:
        async with self._database.transaction() as session:
            found = await _cases(session, select(cases).where(cases.c.case_id == id), self._now_us())
        return found[0] if found else None

    async def cases(self, wanted: CasesWanted) -> Sequence[Case]:
        chosen = select(cases)
        if wanted.shared_with is not None:
            shown = exists().where(
                case_shares.c.case_id == cases.c.case_id,
                case_shares.c.account == wanted.shared_with,
                case_shares.c.until_us > self._now_us(),
            )
            chosen = chosen.where(or_(cases.c.site.in_(wanted.sites), shown))
        elif wanted.sites:
            chosen = chosen.where(cases.c.site.in_(wanted.sites))
        if wanted.states:
            chosen = chosen.where(cases.c.state.in_(wanted.states))
        if wanted.is_overdue is not None:
            late = exists().where(
                orders.c.case_id == cases.c.case_id, orders.c.state.not_in(_DONE), orders.c.due_us < self._now_us()
            )
            chosen = chosen.where(late if wanted.is_overdue else ~late)
        if wanted.served_from_us is not None and wanted.served_to_us is not None:
            served = orders.c.served_us.between(wanted.served_from_us, wanted.served_to_us - 1)
            chosen = chosen.where(cases.c.case_id.in_(select(orders.c.case_id).where(served)))
        chosen = chosen.where(*searched_for_each(wanted.words, "cases"))
        if wanted.before is not None:
            chosen = chosen.where(tuple_(cases.c.opened_us, cases.c.case_id) < _place(wanted.before))
        chosen = chosen.order_by(cases.c.opened_us.desc(), cases.c.case_id.desc()).limit(wanted.limit)
        async with self._database.transaction() as session:
            return await _cases(session, chosen, self._now_us())

    async def share(self, wanted: CaseShare, now_us: int) -> None:
        row = {"until_us": wanted.until_us, "by": wanted.by, "at_us": now_us}
        put = upsert(case_shares).values(row | {"case_id": wanted.case, "account": wanted.account})
        async with self._database.transaction() as session:
            await session.execute(put.on_conflict_do_update(index_elements=["case_id", "account"], set_=row))
            site = (await session.execute(select(cases.c.site).where(cases.c.case_id == wanted.case))).scalar_one()
            said = CaseShared(
                case=wanted.case,
                site=site,
                at_us=now_us,
                by=wanted.by,
                account=wanted.account,
                until_us=wanted.until_us,
            )
            await write_facts(session, [said])
        self._told()

    async def close(self, id: str, closed_of: ClosedOf) -> Case | None:
        async with self._database.transaction() as session:
            found = await _locked(session, id, self._now_us())
            closed = None if found is None else closed_of(found)
            if closed is None:
                return found
            case, why = closed
            values = {"state": case.state, "closed_by": case.closed_by, "closed_us": case.closed_us}
            await session.execute(update(cases).where(cases.c.case_id == id).values(values))
            if why is not None:
                await session.execute(insert(case_notes).values(why.model_dump() | {"case_id": case.case}))
            await write_facts(session, [CaseClosed(**_about(case, case.closed_us or 0, case.closed_by or ""))])
        self._told()
        return case if why is None else case.model_copy(update={"notes": (*case.notes, why)})

    async def note(self, case: Case, note: CaseNote, key: str | None) -> Case:
        row = note.model_dump() | {"case_id": case.case, "key": key}
        async with self._database.autocommit() as session:
            added = await session.execute(
                upsert(case_notes).values(row).on_conflict_do_nothing().returning(case_notes.c.number)
            )
            is_new = added.first() is not None
        return case.model_copy(update={"notes": (*case.notes, note)}) if is_new else case

    async def serve(self, case: str, served_of: ServedOf) -> Order | None:
        async with self._database.transaction() as session:
            found = await _locked(session, case, self._now_us())
            if found is None:
                return None
            served = served_of(found)
            if isinstance(served, Order):
                return served
            order, first = served
            row = order.model_dump(exclude={"order", "case", "is_overdue", "steps", "may"})
            await session.execute(insert(orders).values(row | {"order_id": order.order, "case_id": order.case}))
            await _add(session, order, first)
        self._told()
        return order.model_copy(update={"steps": (first,)})

    async def order(self, id: str) -> Order | None:
        async with self._database.transaction() as session:
            found = await _orders(session, select(orders).where(orders.c.order_id == id), self._now_us())
        return found[0].order if found else None

    async def orders(self, wanted: OrdersWanted) -> Sequence[Order]:
        chosen = select(orders)
        if wanted.sites:
            chosen = chosen.where(orders.c.site.in_(wanted.sites))
        if wanted.states:
            chosen = chosen.where(orders.c.state.in_(wanted.states))
        if wanted.made_by is not None:
            chosen = chosen.where(orders.c.made_by == wanted.made_by)
        if wanted.is_overdue is not None:
            late = and_(orders.c.state.in_(_TICKING), orders.c.due_us < self._now_us())
            chosen = chosen.where(late if wanted.is_overdue else ~late)
        chosen = chosen.where(*searched_for_each(wanted.words, "orders"))
        if wanted.before is not None:
            chosen = chosen.where(tuple_(orders.c.served_us, orders.c.order_id) < _place(wanted.before))
        chosen = chosen.order_by(orders.c.served_us.desc(), orders.c.order_id.desc()).limit(wanted.limit)
        async with self._database.transaction() as session:
            return [kept.order for kept in await _orders(session, chosen, self._now_us())]

    async def change(self, id: str, next_of: NextOf) -> Order | None:
        async with self._database.transaction() as session:
            # The case first, as whoever closes it does: nobody waits for each other.
            of_case = select(cases.c.state).join(orders, orders.c.case_id == cases.c.case_id)
            locked_case = of_case.where(orders.c.order_id == id).with_for_update(of=cases)
            is_case_closed = await session.scalar(locked_case) == "closed"
            locked = select(orders).where(orders.c.order_id == id).with_for_update()
            found = await _orders(session, locked, self._now_us())
            if not found:
                return None
            following = next_of(replace(found[0], is_case_closed=is_case_closed))
            if following is None:
                return found[0].order
            told, before = following
            values: dict[str, Any] = {"state": told.state, "before": before}
            if told.action == "answer":
                values |= {"answered_us": told.at_us, "checked_us": None}
            if told.due_us is not None:
                # A new deadline: the clock begins anew.
                values |= {"due_us": told.due_us, "clock": "", "card": None}
            if told.card is not None:
                values["card"] = told.card
            if told.action == "check":
                values["checked_us"] = told.at_us
            if told.action in ("remind", "overdue", "card"):
                values["clock"] = told.card or told.action
            await session.execute(update(orders).where(orders.c.order_id == id).values(values))
            order = found[0].order.model_copy(
                update={
                    "state": told.state,
                    "due_us": told.due_us or found[0].order.due_us,
                    "card": told.card or found[0].order.card,
                    "steps": (*found[0].order.steps, told),
                }
            )
            await _add(session, order, told)
        self._told()
        return order

    async def ticking(self) -> list[KeptOrder]:
        """Orders that are the school's turn."""
        waiting = select(orders).where(orders.c.state.in_(_TICKING))
        async with self._database.transaction() as session:
            return await _orders(session, waiting, self._now_us())

    async def to_check(self) -> list[tuple[Order, int]]:
        """Orders that were answered and not looked at since, and when they were answered."""
        waiting = select(orders).where(orders.c.state == "answered", orders.c.checked_us.is_(None))
        async with self._database.transaction() as session:
            when = {row.order_id: row.answered_us for row in await session.execute(waiting)}
            return [(kept.order, when[kept.order.order]) for kept in await _orders(session, waiting, self._now_us())]


async def add_case(session: AsyncSession, case: Case) -> bool:
    """In a transaction of whoever opens it. False: the same request opened it before."""
    row = case.model_dump(exclude={"case", "alerts", "orders", "notes"}) | {"case_id": case.case}
    added = await session.execute(upsert(cases).values(row).on_conflict_do_nothing().returning(cases.c.case_id))
    if added.first() is None:
        return False
    taken = (
        update(alerts)
        .where(alerts.c.alert.in_(case.alerts), alerts.c.case_id.is_(None))
        .values(case_id=case.case)
        .returning(alerts.c.alert)
    )
    if len((await session.execute(taken)).all()) != len(case.alerts):
        raise RequestRefused("in_a_case", "Somebody opened a case of this alert just now.", status=409)
    said = CaseOpened(**_about(case, case.opened_us, case.opened_by), source=case.source, risk=case.risk)
    await write_facts(session, [said])
    return True


async def _add(session: AsyncSession, order: Order, told: OrderStep) -> None:
    row = {"order_id": order.order, "number": told.number, "at_us": told.at_us, "by": told.by}
    await session.execute(insert(order_steps).values(row | {"body": told.model_dump(mode="json", exclude_none=True)}))
    said = OrderChanged(
        case=order.case,
        site=order.site,
        at_us=told.at_us,
        by=told.by,
        order=order.order,
        action=told.action,
        state=told.state,
        risk=order.risk,
        due_us=order.due_us,
        card=told.card,
    )
    await write_facts(session, [said])


def _place(before: str) -> tuple[int, str]:
    at_us, _, id = before.partition(".")
    if not at_us.isdigit():
        raise RequestRefused("bad_cursor", "Send `before` as the page before gave it.", status=422)
    return int(at_us), id


def _about(case: Case, at_us: int, by: str) -> dict[str, Any]:
    return {"case": case.case, "site": case.site, "at_us": at_us, "by": by}


async def _locked(session: AsyncSession, id: str, now_us: int) -> Case | None:
    """The case, which nobody else closes or orders anything in until the end of the transaction."""
    await session.execute(select(cases.c.case_id).where(cases.c.case_id == id).with_for_update())
    # Read only now: what was committed while we waited is seen.
    found = await _cases(session, select(cases).where(cases.c.case_id == id), now_us)
    return found[0] if found else None


async def _cases(session: AsyncSession, chosen: Any, now_us: int) -> list[Case]:
    rows = (await session.execute(chosen)).all()
    ids = [row.case_id for row in rows]
    if not ids:
        return []
    of_case: dict[str, list[Order]] = {}
    wanted = select(orders).where(orders.c.case_id.in_(ids)).order_by(orders.c.served_us)
    for kept in await _orders(session, wanted, now_us):
        of_case.setdefault(kept.order.case, []).append(kept.order)
    seen: dict[str, list[str]] = {}
    found = select(alerts.c.case_id, alerts.c.alert).where(alerts.c.case_id.in_(ids)).order_by(alerts.c.first_us)
    for row in await session.execute(found):
        seen.setdefault(row.case_id, []).append(row.alert)
    shown: dict[str, list[str]] = {}
    to = select(case_shares).where(case_shares.c.case_id.in_(ids), case_shares.c.until_us > now_us)
    for row in await session.execute(to.order_by(case_shares.c.account)):
        shown.setdefault(row.case_id, []).append(row.account)
    said: dict[str, list[CaseNote]] = {}
    written = select(case_notes).where(case_notes.c.case_id.in_(ids)).order_by(case_notes.c.number)
    for row in await session.execute(written):
        note = CaseNote(by=row.by, at_us=row.at_us, text=row.text, is_closing=row.is_closing)
        said.setdefault(row.case_id, []).append(note)
    return [
        _case(
            row,
            of_case.get(row.case_id, []),
            seen.get(row.case_id, []),
            shown.get(row.case_id, []),
            said.get(row.case_id, []),
        )
        for row in rows
    ]


def _case(
    row: _Row, of_case: Sequence[Order], seen: Sequence[str], shown: Sequence[str], said: Sequence[CaseNote]
) -> Case:
    return Case(
        case=row.case_id,
        site=row.site,
        cameras=tuple(row.cameras),
        source=row.source,
        title=row.title,
        text=row.text,
        risk=row.risk,
        state=row.state,
        opened_by=row.opened_by,
        opened_us=row.opened_us,
        closed_by=row.closed_by,
        closed_us=row.closed_us,
        evidence=row.evidence,
        shared_with=tuple(shown),
        alerts=tuple(seen),
        orders=tuple(of_case),
        notes=tuple(said),
    )


async def _orders(session: AsyncSession, chosen: Any, now_us: int) -> list[KeptOrder]:
    rows = (await session.execute(chosen)).all()
    wanted = (
        select(order_steps)
        .where(order_steps.c.order_id.in_([row.order_id for row in rows]))
        .order_by(order_steps.c.number)
    )
    steps: dict[str, list[OrderStep]] = {}
    if rows:
        for row in await session.execute(wanted):
            steps.setdefault(row.order_id, []).append(OrderStep.model_validate(row.body))
    return [
        KeptOrder(_order(row, steps.get(row.order_id, []), now_us), row.before, row.clock, row.checked_us is not None)
        for row in rows
    ]


def _order(row: _Row, steps: Sequence[OrderStep], now_us: int) -> Order:
    return Order(
        order=row.order_id,
        case=row.case_id,
        site=row.site,
        kind=row.kind,
        state=row.state,
        title=row.title,
        text=row.text,
        risk=row.risk,
        made_by=row.made_by,
        served_us=row.served_us,
        due_us=row.due_us,
        card=row.card,
        is_overdue=row.state in _TICKING and row.due_us < now_us,
        steps=tuple(steps),
    )
