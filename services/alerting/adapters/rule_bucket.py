"""Rules in force: in KV `rules` for every worker, every version of them in PostgreSQL for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.alerting.adapters.postgres.tables import rules
from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.database import Database
from shared.messages.rules import Rule


class RuleBucket:
    """Args: changed: told each rule that is in force, and None for one that is not any more."""

    def __init__(self, bucket: KvBucket, database: Database, changed: Callable[[str, Rule | None], None]):
        self._bucket = bucket
        self._database = database
        self._changed = changed

    async def open(self, seed: Sequence[Rule], now_us: int) -> None:
        """Write down what an installation begins with, where nothing is; then follow what is in force."""
        for rule in await self._begun_with(seed, now_us):
            try:
                await self._bucket.create(rule.rule, rule.encode())
            except RevisionConflict:
                continue  # there, or changed since
        await self._bucket.watch(self._entry)

    async def _begun_with(self, seed: Sequence[Rule], now_us: int) -> list[Rule]:
        newest = select(rules.c.rule, func.max(rules.c.version).label("version")).group_by(rules.c.rule).subquery()
        wanted = select(rules.c.body).join(
            newest, (rules.c.rule == newest.c.rule) & (rules.c.version == newest.c.version)
        )
        async with self._database.transaction() as session:
            for rule in seed:
                row = {"rule": rule.rule, "version": 1, "body": rule.model_dump(mode="json"), "changed_by": "seed"}
                put = upsert(rules).values(row | {"changed_us": now_us})
                await session.execute(put.on_conflict_do_nothing())
            return [Rule.model_validate(row.body) for row in await session.execute(wanted)]

    def _entry(self, entry: KvEntry) -> None:
        self._changed(entry.key, None if entry.value is None else Rule.decode(entry.value))
