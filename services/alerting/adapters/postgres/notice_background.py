"""What decides who is told: wishes, rotas, chains, channels in use, and the rule as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.notice_tables import chains, channels, people, rotas
from services.alerting.adapters.postgres.tables import rules
from services.alerting.notices.audience import Wishes
from services.alerting.notices.preview import Ways
from shared.database import Database
from shared.messages.notices import ChannelKind, NoticeChain, NoticePerson, NoticeRota, PersonKnown
from shared.messages.rules import Rule


class PostgresNoticeBackground:
    """Implements `NoticeBackground`."""

    def __init__(self, database: Database):
        self._database = database

    async def rotas(self) -> Sequence[NoticeRota]:
        async with self._database.transaction() as session:
            return list((await _rotas(session)).values())

    async def rule(self, id: str) -> Rule | None:
        newest = select(rules.c.body).where(rules.c.rule == id).order_by(rules.c.version.desc()).limit(1)
        async with self._database.autocommit() as session:
            body = (await session.execute(newest)).scalar_one_or_none()
        return None if body is None else Rule.model_validate(body)

    async def wishes(self, known: Mapping[str, PersonKnown]) -> tuple[Wishes, Sequence[NoticeChain]]:
        async with self._database.transaction() as session:
            wishes, by_chain = await wishes_now(session, known)
        return wishes, list(by_chain.values())

    async def ways(self, people: Sequence[str]) -> Ways:
        chosen = select(channels.c.person, channels.c.kind, channels.c.is_enabled)
        chosen = chosen.where(channels.c.person.in_(list(people))).order_by(channels.c.channel)
        async with self._database.autocommit() as session:
            rows = (await session.execute(chosen)).all()
        found: dict[str, list[ChannelKind]] = {row.person: [] for row in rows}
        for row in rows:
            if row.is_enabled and row.kind not in found[row.person]:
                found[row.person].append(row.kind)
        has_console = {row.person for row in rows if row.kind == "console"}
        # The console is made with the first thing that is told: until then it is there all the same.
        return {name: tuple(kinds) if name in has_console else ("console", *kinds) for name, kinds in found.items()}


async def wishes_now(session: AsyncSession, known: Mapping[str, PersonKnown]) -> tuple[Wishes, dict[str, NoticeChain]]:
    """What these people asked for and who is on duty, as it is now: a change works with the next thing."""
    wished = {
        row.person: NoticePerson.model_validate(row.body)
        for row in await session.execute(select(people).where(people.c.person.in_(list(known))))
    }
    return Wishes(known, wished, await _rotas(session)), await chains_now(session)


async def chains_now(session: AsyncSession) -> dict[str, NoticeChain]:
    return {row.chain: NoticeChain.model_validate(row.body) for row in await session.execute(select(chains))}


async def _rotas(session: AsyncSession) -> dict[str, NoticeRota]:
    rows = await session.execute(select(rotas).order_by(rotas.c.rota))
    return {row.rota: NoticeRota.model_validate(row.body) for row in rows}
