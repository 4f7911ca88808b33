"""Deliveries that wait: taken by one worker under a lease, sent, and marked.

Theory of operation. A worker leases a *channel*, not a delivery: what waits for it becomes one message, and two workers
never send on one channel at the same time. The message's id is written before it is sent. A worker that dies between
sending and marking has perhaps sent it: when the lease has run out the same deliveries are sent again under the same id
(at least once), and who knows ids (our webhooks, the console) does nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.notice_tables import attempts, channels, deliveries, people, things
from services.alerting.adapters.postgres.notice_things import drop_waiting, lock_deliveries, thing_from
from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.notices.channel import ChannelFailed, RetryPolicy, Taken
from services.alerting.notices.thing import message_id
from services.alerting.notices.words import Told
from shared.database import Database
from shared.messages.base import Fact
from shared.messages.notices import ChannelKind, NoticePerson

# Whoever asks for more patience than that is asked all the same.
_ASKED_S_MAX = 3600.0
# Of one message; what is beyond follows in the next.
TOGETHER_MAX = 100


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way. `address` and `secret` are sealed."""

    channel: str
    kind: ChannelKind
    address: str | None
    secret: str | None
    wish: NoticePerson
    message: str
    deliveries: tuple[str, ...]
    told: tuple[Told, ...]
    attempt: int


class NoticeQueue:
    """Args: worker: who leases; may_hear: whether a person's account may still hear of a site."""

    def __init__(
        self,
        database: Database,
        worker: str,
        lease_us: int,
        retry: RetryPolicy,
        may_hear: Callable[[str, str], bool],
    ):
        self._database = database
        self._worker = worker
        self._lease_us = lease_us
        self._retry = retry
        self._may_hear = may_hear

    async def take(self, now_us: int, slots: int) -> list[Parcel]:
        """At most so many messages that are due, each with its channel leased."""
        is_due = exists().where(
            deliveries.c.channel == channels.c.channel, deliveries.c.state == "queued", deliveries.c.due_us <= now_us
        )
        free = (
            select(channels)
            .where(channels.c.is_enabled, channels.c.next_us <= now_us, channels.c.leased_until_us <= now_us, is_due)
            .order_by(channels.c.next_us)
            .limit(slots)
        )
        if not await self._database.finds(free):
            return []
        async with self._database.transaction() as session:
            rows = (await session.execute(free.with_for_update(skip_locked=True))).all()
            found = [await self._parcel(session, row, now_us) for row in rows]
        return [parcel for parcel in found if parcel is not None]

    async def taken(self, parcel: Parcel, taken: Taken, now_us: int, facts: Sequence[Fact] = ()) -> None:
        """The channel took it. `facts` are told with it."""
        values: dict[str, Any] = {"state": _unless_settled(taken.state), "sent_us": now_us, "why": ""}
        if taken.state == "delivered":
            values["delivered_us"] = now_us
        async with self._database.transaction() as session:
            await self._mark(session, parcel, taken.state, taken.said, values)
            await self._release(session, parcel, now_us, now_us + parcel.wish.quiet_s * 1_000_000, None)
            await write_facts(session, facts)

    async def failed(self, parcel: Parcel, error: ChannelFailed, now_us: int) -> bool:
        """It was not taken; whether it is tried again."""
        retry_in_s = None if error.is_final else self._retry.retry_in_s(parcel.attempt)
        if retry_in_s is not None and error.retry_in_s is not None:
            retry_in_s = max(retry_in_s, min(error.retry_in_s, _ASKED_S_MAX))
        said = str(error)
        values: dict[str, Any] = {"why": said}
        if retry_in_s is None:
            values["state"] = _unless_settled("failed")
        next_us = now_us + round((retry_in_s or parcel.wish.quiet_s) * 1e6)
        async with self._database.transaction() as session:
            await self._mark(session, parcel, "failed", said, values)
            if error.is_gone:
                # Unless somebody has entered it anew meanwhile.
                same = and_(channels.c.channel == parcel.channel, channels.c.address == parcel.address)
                if (await session.execute(delete(channels).where(same).returning(channels.c.channel))).first():
                    await drop_waiting(session, parcel.channel, said)
            await self._release(session, parcel, now_us, next_us, said)
        return retry_in_s is not None

    async def waiting(self) -> int:
        """Deliveries that were not sent yet."""
        async with self._database.autocommit() as session:
            counted = select(func.count()).select_from(deliveries).where(deliveries.c.state == "queued")
            return int(await session.scalar(counted) or 0)

    async def _parcel(self, session: AsyncSession, row: Any, now_us: int) -> Parcel | None:
        rows = await self._allowed(session, await _chosen(session, row.channel, now_us))
        if not rows:
            return None
        ids = tuple(each.delivery for each in rows)
        message = rows[0].message or message_id(ids)
        attempt = max(each.attempts for each in rows) + 1
        begun = update(deliveries).where(deliveries.c.delivery.in_(ids)).values(message=message, attempts=attempt)
        await session.execute(begun)
        tries = [{"delivery": id, "number": attempt, "at_us": now_us, "outcome": "began"} for id in ids]
        await session.execute(upsert(attempts).values(tries).on_conflict_do_nothing())
        lease = {"leased_by": self._worker, "leased_until_us": now_us + self._lease_us, "last_us": now_us}
        await session.execute(update(channels).where(channels.c.channel == row.channel).values(lease))
        wish = (await session.execute(select(people.c.body).where(people.c.person == row.person))).scalar_one_or_none()
        return Parcel(
            channel=row.channel,
            kind=row.kind,
            address=row.address,
            secret=row.secret,
            wish=NoticePerson(person=row.person) if wish is None else NoticePerson.model_validate(wish),
            message=message,
            deliveries=ids,
            told=tuple(Told(thing_from(each), dict(each.title)) for each in rows),
            attempt=attempt,
        )

    async def _allowed(self, session: AsyncSession, rows: Sequence[Any]) -> list[Any]:
        """An account may have been closed, or lost a school, since the delivery was made."""
        shut = [each.delivery for each in rows if not self._may_hear(each.person, each.site)]
        if shut:
            values = {"state": "failed", "why": "The account may not hear of this school any more."}
            await session.execute(update(deliveries).where(deliveries.c.delivery.in_(shut)).values(values))
        return [each for each in rows if each.delivery not in shut]

    async def _mark(
        self, session: AsyncSession, parcel: Parcel, outcome: str, said: str, values: dict[str, Any]
    ) -> None:
        # The channel first, as whoever removes it does: otherwise each waits for what the other holds.
        await session.execute(select(channels.c.channel).where(channels.c.channel == parcel.channel).with_for_update())
        ids = await lock_deliveries(session, deliveries.c.delivery.in_(parcel.deliveries))
        this = and_(attempts.c.delivery.in_(ids), attempts.c.number == parcel.attempt)
        await session.execute(update(attempts).where(this).values(outcome=outcome, said=said))
        await session.execute(update(deliveries).where(deliveries.c.delivery.in_(ids)).values(values))

    async def _release(
        self, session: AsyncSession, parcel: Parcel, now_us: int, next_us: int, error: str | None
    ) -> None:
        failures = 0 if error is None else channels.c.failures + 1
        values = {"next_us": next_us, "leased_until_us": 0, "leased_by": None, "last_us": now_us}
        mine = and_(channels.c.channel == parcel.channel, channels.c.leased_by == self._worker)
        await session.execute(update(channels).where(mine).values(values | {"failures": failures, "last_error": error}))


async def _chosen(session: AsyncSession, channel: str, now_us: int) -> Sequence[Any]:
    """A message that was begun and not brought to an end goes first, as it was; else all that is due."""
    mine = and_(deliveries.c.channel == channel, deliveries.c.state == "queued")
    begun = and_(mine, deliveries.c.message.is_not(None))
    ids = await lock_deliveries(session, begun)
    if not ids:
        due = select(deliveries.c.delivery).where(mine, deliveries.c.due_us <= now_us)
        due = due.order_by(deliveries.c.made_us, deliveries.c.delivery).limit(TOGETHER_MAX)
        ids = await lock_deliveries(session, deliveries.c.delivery.in_(list((await session.execute(due)).scalars())))
    found = (
        select(deliveries, things)
        .join(things, things.c.thing == deliveries.c.thing)
        .where(deliveries.c.delivery.in_(ids), deliveries.c.state == "queued")
        .order_by(things.c.at_us, things.c.thing)
    )
    return (await session.execute(found)).all()


def _unless_settled(state: str) -> Any:
    """What somebody has taken meanwhile stays taken."""
    return case((deliveries.c.state == "queued", state), else_=deliveries.c.state)
