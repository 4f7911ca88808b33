"""Channels, wishes, rotas, chains and deliveries, as people set and see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table, case, delete, func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.notice_tables import (
    attempts,
    chains,
    channels,
    deliveries,
    people,
    rotas,
    things,
)
from services.alerting.adapters.postgres.notice_things import drop_waiting, lock_deliveries
from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.handlers.notices import KeptChannel
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.base import Message
from shared.messages.notices import (
    NoticeAttempt,
    NoticeChain,
    NoticeChannel,
    NoticeChannelsOf,
    NoticeDeliveriesWanted,
    NoticeDelivery,
    NoticePerson,
    NoticeReceipt,
    NoticeRota,
    NoticeTold,
)

# What says by itself that it has shown a message.
_THAT_SHOW = ("console", "web_push")


class PostgresNoticeBook:
    """Implements `NoticeBook`. Args: told: called when facts wait to be told."""

    def __init__(self, database: Database, told: Callable[[], None]):
        self._database = database
        self._told = told

    async def channels(self, wanted: NoticeChannelsOf) -> Sequence[KeptChannel]:
        chosen = select(channels).order_by(channels.c.person, channels.c.kind != "console", channels.c.channel)
        if wanted.person is not None:
            chosen = chosen.where(channels.c.person == wanted.person)
        if wanted.channel is not None:
            chosen = chosen.where(channels.c.channel == wanted.channel)
        async with self._database.autocommit() as session:
            return [_channel(row) for row in await session.execute(chosen)]

    async def put_channel(self, channel: KeptChannel, channels_max: int) -> None:
        shown = channel.shown
        row = shown.model_dump(include={"channel", "person", "kind", "title", "service", "is_enabled"})
        row |= {"address": channel.address, "secret": channel.secret}
        async with self._database.transaction() as session:
            lock = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
            await session.execute(lock, {"name": f"notice channels of {shown.person}"})
            others = select(func.count()).where(
                channels.c.person == shown.person,
                channels.c.channel != shown.channel,
                channels.c.kind != "web_push",
            )
            if shown.kind != "web_push" and int(await session.scalar(others) or 0) >= channels_max:
                said = f"One person has at most {channels_max} channels: remove one first."
                raise RequestRefused("too_many_channels", said, status=409)
            # What is new deserves a try at once, whatever failed before.
            fresh = {"next_us": 0, "failures": 0, "last_error": None}
            changed = {name: row[name] for name in ("title", "service", "is_enabled", "address", "secret")}
            put = upsert(channels).values(row)
            await session.execute(put.on_conflict_do_update(index_elements=["channel"], set_=changed | fresh))
            if not shown.is_enabled:
                await drop_waiting(session, shown.channel, "The channel was switched off.")

    async def put_device(self, device: KeptChannel, devices_max: int) -> None:
        shown = device.shown
        async with self._database.transaction() as session:
            lock = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
            await session.execute(lock, {"name": f"notice devices of {shown.person}"})
            mine = (channels.c.person == shown.person) & (channels.c.kind == "web_push")
            others = select(func.count()).where(mine, channels.c.channel != shown.channel)
            if int(await session.scalar(others) or 0) >= devices_max:
                said = f"One person has at most {devices_max} devices: remove one first."
                raise RequestRefused("too_many_devices", said, status=409)
            of_another = (channels.c.channel == shown.channel) & (channels.c.person != shown.person)
            if (await session.execute(delete(channels).where(of_another).returning(channels.c.channel))).first():
                await drop_waiting(session, shown.channel, "Another account uses this device now.")
            row = shown.model_dump(include={"channel", "person", "kind", "title", "service", "is_enabled"})
            row |= {"address": device.address, "secret": device.secret}
            fresh = {"next_us": 0, "failures": 0, "last_error": None}
            put = upsert(channels).values(row)
            await session.execute(put.on_conflict_do_update(index_elements=["channel"], set_=row | fresh))

    async def remove_channel(self, id: str) -> None:
        async with self._database.transaction() as session:
            await session.execute(delete(channels).where(channels.c.channel == id))
            await drop_waiting(session, id, "The channel was removed.")

    async def tested(self, id: str, now_us: int, every_us: int) -> bool:
        free = channels.c.tested_us <= now_us - every_us
        marked = update(channels).where(channels.c.channel == id, free).values(tested_us=now_us)
        async with self._database.autocommit() as session:
            return (await session.execute(marked.returning(channels.c.channel))).first() is not None

    async def tell(self, told: NoticeTold) -> None:
        async with self._database.transaction() as session:
            await write_facts(session, [told])
        self._told()

    async def person(self, name: str) -> NoticePerson | None:
        body = await self._body(people, name)
        return None if body is None else NoticePerson.model_validate(body)

    async def put_person(self, wish: NoticePerson) -> None:
        await self._put(people, wish.person, wish)

    async def rotas(self) -> Sequence[NoticeRota]:
        return [NoticeRota.model_validate(body) for body in await self._bodies(rotas)]

    async def put_rota(self, rota: NoticeRota) -> None:
        await self._put(rotas, rota.rota, rota)

    async def remove_rota(self, id: str) -> bool:
        return await self._remove(rotas, id)

    async def chains(self) -> Sequence[NoticeChain]:
        return [NoticeChain.model_validate(body) for body in await self._bodies(chains)]

    async def put_chain(self, chain: NoticeChain) -> None:
        await self._put(chains, chain.chain, chain)

    async def remove_chain(self, id: str) -> bool:
        return await self._remove(chains, id)

    async def deliveries(self, wanted: NoticeDeliveriesWanted) -> Sequence[NoticeDelivery]:
        chosen = select(deliveries, things).join(things, things.c.thing == deliveries.c.thing)
        for column, values in (
            (deliveries.c.person, wanted.people),
            (deliveries.c.state, wanted.states),
            (things.c.site, wanted.sites),
            (deliveries.c.channel, wanted.channel and (wanted.channel,)),
            (things.c.subject, wanted.subject and (wanted.subject,)),
        ):
            if values:
                chosen = chosen.where(column.in_(values))
        if wanted.before is not None:
            made_us, _, id = wanted.before.partition(".")
            if not made_us.isdigit():
                raise RequestRefused("bad_cursor", "Send `before` as the page before gave it.", status=422)
            chosen = chosen.where(tuple_(deliveries.c.made_us, deliveries.c.delivery) < (int(made_us), id))
        chosen = chosen.order_by(deliveries.c.made_us.desc(), deliveries.c.delivery.desc()).limit(wanted.limit)
        async with self._database.transaction() as session:
            return await _with_attempts(session, (await session.execute(chosen)).all())

    async def receipt(self, wanted: NoticeReceipt, now_us: int) -> Sequence[NoticeDelivery]:
        mine = (
            (deliveries.c.message == wanted.message)
            & (deliveries.c.person == wanted.person)
            & deliveries.c.channel_kind.in_(_THAT_SHOW)
        )
        shown = mine & deliveries.c.sent_us.is_not(None) & deliveries.c.delivered_us.is_(None)
        state = case((deliveries.c.state == "sent", "delivered"), else_=deliveries.c.state)
        async with self._database.transaction() as session:
            ids = await lock_deliveries(session, shown)
            if ids:
                values = {"delivered_us": now_us, "state": state}
                await session.execute(update(deliveries).where(deliveries.c.delivery.in_(ids)).values(values))
                tries = attempts.c.delivery.in_(ids) & (attempts.c.outcome == "sent")
                await session.execute(update(attempts).where(tries).values(outcome="delivered"))
            chosen = select(deliveries, things).join(things, things.c.thing == deliveries.c.thing).where(mine)
            return await _with_attempts(session, (await session.execute(chosen)).all())

    async def _body(self, table: Table, id: str) -> Any:
        key = table.primary_key.columns[0]
        async with self._database.autocommit() as session:
            return (await session.execute(select(table.c.body).where(key == id))).scalar_one_or_none()

    async def _bodies(self, table: Table) -> Sequence[Any]:
        key = table.primary_key.columns[0]
        async with self._database.autocommit() as session:
            return (await session.execute(select(table.c.body).order_by(key))).scalars().all()

    async def _put(self, table: Table, id: str, message: Message) -> None:
        key = table.primary_key.columns[0].name
        body = message.model_dump(mode="json", exclude_none=True)
        put = upsert(table).values({key: id, "body": body})
        async with self._database.autocommit() as session:
            await session.execute(put.on_conflict_do_update(index_elements=[key], set_={"body": put.excluded.body}))

    async def _remove(self, table: Table, id: str) -> bool:
        key = table.primary_key.columns[0]
        async with self._database.autocommit() as session:
            return (await session.execute(delete(table).where(key == id).returning(key))).first() is not None


def _channel(row: Any) -> KeptChannel:
    shown = NoticeChannel(
        channel=row.channel,
        person=row.person,
        kind=row.kind,
        title=row.title,
        service=row.service,
        is_enabled=row.is_enabled,
        failures=row.failures,
        last_error=row.last_error,
        last_us=row.last_us,
    )
    return KeptChannel(shown, row.address, row.secret)


async def _with_attempts(session: AsyncSession, rows: Sequence[Any]) -> list[NoticeDelivery]:
    tried: dict[str, list[NoticeAttempt]] = {}
    wanted = select(attempts).where(attempts.c.delivery.in_([row.delivery for row in rows]))
    for row in await session.execute(wanted.order_by(attempts.c.number)) if rows else ():
        attempt = NoticeAttempt(number=row.number, at_us=row.at_us, outcome=row.outcome, said=row.said)
        tried.setdefault(row.delivery, []).append(attempt)
    return [_delivery(row, tried.get(row.delivery, [])) for row in rows]


def _delivery(row: Any, tried: Sequence[NoticeAttempt]) -> NoticeDelivery:
    return NoticeDelivery(
        delivery=row.delivery,
        thing=row.thing,
        kind=row.kind,
        subject=row.subject,
        site=row.site,
        risk=row.risk,
        person=row.person,
        channel=row.channel,
        channel_kind=row.channel_kind,
        state=row.state,
        why=row.why,
        step=row.step,
        made_us=row.made_us,
        due_us=row.due_us,
        sent_us=row.sent_us,
        delivered_us=row.delivered_us,
        acknowledged_by=row.acknowledged_by,
        acknowledged_us=row.acknowledged_us,
        message=row.message,
        attempts=tuple(tried),
    )
