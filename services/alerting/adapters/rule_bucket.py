"""Rules in force: in KV `rules` for every worker, every version of them in PostgreSQL for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.alerting.adapters.postgres.tables import rules
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.database import Database
from shared.messages.rules import Rule, RuleVersion


class RuleBucket:
    """Args: changed: told each rule that is in force, and None for one that is not any more."""

    def __init__(self, bucket: KvBucket, database: Database, changed: Callable[[str, Rule | None], None]):
        self._bucket = bucket
        self._database = database
        self._changed = changed

    async def open(self, seed: Sequence[Rule], now_us: int) -> None:
        """Write down what an installation begins with, where nothing is; then follow what is in force."""
        for rule in await self._begun_with(seed, now_us):
            there = await self._bucket.get(rule.rule)
            if there is not None and there.value is not None and Rule.decode(there.value).version >= rule.version:
                continue
            # New, or written down by somebody who did not live to put it in force.
            await self._bucket.put(rule.rule, rule.encode())
        await self._bucket.watch(self._entry)

    async def _begun_with(self, seed: Sequence[Rule], now_us: int) -> list[Rule]:
        async with self._database.transaction() as session:
            for rule in seed:
                row = {"rule": rule.rule, "version": 1, "body": rule.model_dump(mode="json"), "changed_by": "seed"}
                put = upsert(rules).values(row | {"changed_us": now_us})
                await session.execute(put.on_conflict_do_nothing())
        return [version.rule for version in await self.in_force()]

    async def in_force(self) -> list[RuleVersion]:
        newest = select(rules.c.rule, func.max(rules.c.version).label("version")).group_by(rules.c.rule).subquery()
        wanted = (
            select(rules)
            .join(newest, (rules.c.rule == newest.c.rule) & (rules.c.version == newest.c.version))
            .order_by(rules.c.rule)
        )
        async with self._database.autocommit() as session:
            return [_version(row) for row in await session.execute(wanted)]

    async def versions(self, rule: str) -> list[RuleVersion]:
        wanted = select(rules).where(rules.c.rule == rule).order_by(rules.c.version.desc())
        async with self._database.autocommit() as session:
            return [_version(row) for row in await session.execute(wanted)]

    async def put(self, rule: Rule, by: str, now_us: int) -> bool:
        row = {"rule": rule.rule, "version": rule.version, "body": rule.model_dump(mode="json")}
        put = upsert(rules).values(row | {"changed_by": by, "changed_us": now_us}).on_conflict_do_nothing()
        async with self._database.autocommit() as session:
            if (await session.execute(put.returning(rules.c.rule))).first() is None:
                return False
        # Written down first: what is in force and unknown to the database could not be judged again.
        await self._bucket.put(rule.rule, rule.encode())
        return True

    def _entry(self, entry: KvEntry) -> None:
        self._changed(entry.key, None if entry.value is None else Rule.decode(entry.value))


def _version(row: Any) -> RuleVersion:
    return RuleVersion(rule=Rule.model_validate(row.body), changed_by=row.changed_by, changed_us=row.changed_us)
