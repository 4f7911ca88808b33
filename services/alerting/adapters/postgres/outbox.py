"""Facts that became true with a transaction: written in it, told after it, each until the bus has it.

A fact told twice is one fact: the bus recognises it by its content, and whoever hears it by its id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.notice_things import write_things
from services.alerting.adapters.postgres.tables import outbox
from shared.bus.documents import all_messages
from shared.database import Database
from shared.messages.base import Fact

_AT_ONCE = 200
# = how long a fact waits at most that another worker wrote and did not live to tell
_LOOK_S = 2.0


async def write_facts(session: AsyncSession, facts: Sequence[Fact]) -> None:
    """In the transaction that makes them true; with them whom they concern is to be told."""
    if facts:
        await write_things(session, facts)
        rows = [
            {"fact": type(fact).__name__, "body": fact.model_dump(mode="json", exclude_none=True)} for fact in facts
        ]
        await session.execute(insert(outbox), rows)


class Teller:
    """Supervised. `wake` after each transaction that wrote facts."""

    def __init__(self, database: Database, publish_fact: Callable[[Fact], Awaitable[None]]):
        self._database = database
        self._publish_fact = publish_fact
        self._news = asyncio.Event()
        self._also: list[Callable[[], None]] = []

    def also_wake(self, told: Callable[[], None]) -> None:
        """Whoever else has work after each transaction that wrote facts."""
        self._also.append(told)

    def wake(self) -> None:
        self._news.set()
        for told in self._also:
            told()

    async def run_once(self) -> None:
        """What waits, oldest first; then until there is news. Raises PeerError."""
        self._news.clear()
        while await self.tell_some():
            pass
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await self._news.wait()

    async def tell_some(self) -> bool:
        """Whether there may be more. Two workers may tell the same one: it is one fact all the same."""
        async with self._database.autocommit() as session:
            found = select(outbox).order_by(outbox.c.number).limit(_AT_ONCE)
            rows = (await session.execute(found)).all()
        if not rows:
            return False
        kinds = all_messages()
        facts = [kinds[row.fact].model_validate(row.body) for row in rows]
        await asyncio.gather(*(self._publish_fact(fact) for fact in facts if isinstance(fact, Fact)))
        async with self._database.autocommit() as session:
            await session.execute(delete(outbox).where(outbox.c.number.in_([row.number for row in rows])))
        return len(rows) == _AT_ONCE
