"""What is to be spoken in kitchens, in PostgreSQL: one row for an alert, written with it, so that it is asked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.tables import spoken_warnings as table
from shared.database import Database
from shared.messages.alerting import Alert, SpokenWarning


@dataclass(frozen=True, slots=True)
class KeptWarning:
    """One of them, and whom it is about."""

    alert: str
    site: str
    camera: str
    rule: str
    warning: SpokenWarning


async def plan(session: AsyncSession, alert: Alert, warning: SpokenWarning) -> None:
    """In the transaction that raises or confirms the alert. What is planned already stays."""
    row: dict[str, Any] = {"alert": alert.alert, "site": alert.site, "camera": alert.camera, "rule": alert.rule}
    row |= {"state": warning.state, "due_us": warning.due_us, "body": warning.model_dump(mode="json")}
    await session.execute(upsert(table).values(row).on_conflict_do_nothing())


async def warnings_of(session: AsyncSession, ids: Sequence[str]) -> dict[str, SpokenWarning]:
    if not ids:
        return {}
    found = await session.execute(select(table).where(table.c.alert.in_(ids)))
    return {row.alert: SpokenWarning.model_validate(row.body) for row in found}


class PostgresWarnings:
    """All raise PeerError while it is away."""

    def __init__(self, database: Database):
        self._database = database

    async def take_due(self, limit: int, now_us: int) -> list[KeptWarning]:
        """They are ours: written down before anybody speaks, so that nobody speaks twice, whoever dies."""
        due = select(table).where(table.c.state == "due").order_by(table.c.due_us).limit(limit)
        if not await self._database.finds(due):
            return []
        async with self._database.transaction() as session:
            kept = [_kept(row) for row in await session.execute(due.with_for_update(skip_locked=True))]
            for one in kept:
                # As it will be where we die before the intercom answers.
                asking = {"state": "asked", "asked_us": now_us, "detail": "nobody knows whether it was spoken"}
                await _put(session, one.alert, one.warning.model_copy(update=asking))
        return kept

    async def not_known_yet(self, before_us: int, limit: int) -> list[KeptWarning]:
        """Asked before that moment, and the intercom had not ended it."""
        async with self._database.autocommit() as session:
            asked = select(table).where(table.c.state == "asked", table.c.due_us < before_us)
            return [_kept(row) for row in await session.execute(asked.order_by(table.c.due_us).limit(limit))]

    async def put(self, alert: str, warning: SpokenWarning) -> None:
        async with self._database.transaction() as session:
            await _put(session, alert, warning)


async def _put(session: AsyncSession, alert: str, warning: SpokenWarning) -> None:
    changed = {"state": warning.state, "body": warning.model_dump(mode="json")}
    await session.execute(update(table).where(table.c.alert == alert).values(changed))


def _kept(row: Any) -> KeptWarning:
    return KeptWarning(row.alert, row.site, row.camera, row.rule, SpokenWarning.model_validate(row.body))
