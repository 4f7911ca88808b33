"""Silences: in KV `silences` for every worker while facts may still be judged by them, in PostgreSQL for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.alerting.adapters.postgres.tables import alerts, silences
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.database import Database
from shared.messages.silences import Silence, SilencesWanted

# = what EVENTS keeps, and a little
_KEPT_US = 35 * 86_400 * 1_000_000


class SilenceBucket:
    """Implements `Silences`. Args: changed: told each silence that counts, None for one that does not any more."""

    def __init__(self, bucket: KvBucket, database: Database, changed: Callable[[str, Silence | None], None]):
        self._bucket = bucket
        self._database = database
        self._changed = changed

    async def open(self, now_us: int) -> None:
        """What is written down and not known to all becomes known, what is long over goes; then follow."""
        counting = select(silences).where(silences.c.until_us > now_us - _KEPT_US)
        async with self._database.autocommit() as session:
            wanted = {row.silence: _silence(row) for row in await session.execute(counting)}
        for name in await self._bucket.keys():
            there = await self._bucket.get(name)
            # What another worker is adding in this moment is not over.
            if (
                there is not None
                and there.value is not None
                and Silence.decode(there.value).until_us < now_us - _KEPT_US
            ):
                await self._bucket.delete(name)
        for name, silence in wanted.items():
            there = await self._bucket.get(name)
            if there is None or there.value is None or Silence.decode(there.value) != silence:
                await self._bucket.put(name, silence.encode())
        await self._bucket.watch(self._entry)

    async def add(self, silence: Silence) -> None:
        row = {"silence": silence.silence, "body": silence.model_dump(mode="json"), "from_us": silence.from_us}
        row |= {"until_us": silence.until_us, "made_us": silence.made_us}
        async with self._database.autocommit() as session:
            await session.execute(insert(silences).values(row))
        await self._bucket.put(silence.silence, silence.encode())

    async def end(self, name: str, by: str, ended_us: int) -> Silence | None:
        async with self._database.transaction() as session:
            one = silences.c.silence == name
            row = (await session.execute(select(silences).where(one).with_for_update())).first()
            if row is None:
                return None
            silence = _silence(row)
            if silence.ended_us is None and silence.until_us > ended_us:
                silence = silence.model_copy(update={"ended_by": by, "ended_us": ended_us})
                changed = {"body": silence.model_dump(mode="json"), "until_us": ended_us}
                await session.execute(update(silences).where(one).values(changed))
        await self._bucket.put(name, silence.encode())
        return silence

    async def list(self, wanted: SilencesWanted, now_us: int) -> list[tuple[Silence, dict[str, int]]]:
        """Each with how many alerts of which rule it has kept quiet."""
        chosen = select(silences)
        if wanted.silence is not None:
            chosen = chosen.where(silences.c.silence == wanted.silence)
        if wanted.is_current is not None:
            chosen = chosen.where(silences.c.until_us > now_us if wanted.is_current else silences.c.until_us <= now_us)
        chosen = chosen.order_by(silences.c.made_us.desc(), silences.c.silence).limit(wanted.limit)
        async with self._database.transaction() as session:
            found = [_silence(row) for row in await session.execute(chosen)]
            kept = await _suppressed(session, [one.silence for one in found], wanted.sites)
        return [(one, kept.get(one.silence, {})) for one in found]

    def _entry(self, entry: KvEntry) -> None:
        self._changed(entry.key, None if entry.value is None else Silence.decode(entry.value))


async def _suppressed(
    session: AsyncSession, names: list[str], sites: tuple[str, ...] | None
) -> dict[str, dict[str, int]]:
    by = alerts.c.body["silence"].as_string()
    counted = (
        select(by.label("silence"), alerts.c.rule, func.count().label("count"))
        .where(alerts.c.is_silent, by.in_(names), *(() if sites is None else (alerts.c.site.in_(sites),)))
        .group_by(by, alerts.c.rule)
    )
    found: dict[str, dict[str, int]] = {}
    for row in (await session.execute(counted)).mappings() if names else ():
        found.setdefault(row["silence"], {})[row["rule"]] = row["count"]
    return found


def _silence(row: Any) -> Silence:
    return Silence.model_validate(row.body)
