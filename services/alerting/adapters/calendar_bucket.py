"""Calendars in force: in KV `calendars` for every worker, every version of them in PostgreSQL for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, insert, select, text

from services.alerting.adapters.postgres.tables import calendars
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.database import Database
from shared.messages.calendars import CalendarVersion, CalendarVersions, KitchenCalendar

# = for how long facts may still be judged by a version that was replaced: what EVENTS keeps, and a little
_KEPT_US = 35 * 86_400 * 1_000_000
_VERSIONS_MAX = 64
_BYTES_MAX = 4_000_000

Made = Callable[[Sequence[KitchenCalendar]], KitchenCalendar]


class CalendarBucket:
    """Args: changed: told the versions of each calendar that count, newest first."""

    def __init__(self, bucket: KvBucket, database: Database, changed: Callable[[str, Sequence[KitchenCalendar]], None]):
        self._bucket = bucket
        self._database = database
        self._changed = changed

    async def open(self, now_us: int) -> None:
        """What is written down and not known to all becomes known; then follow what is in force."""
        for each in await self.newest():
            there = await self._bucket.get(each.calendar.calendar)
            known = () if there is None or there.value is None else CalendarVersions.decode(there.value).items
            if not known or known[0].version < each.calendar.version:
                await self._publish(each.calendar.calendar, now_us)
        await self._bucket.watch(self._entry)

    async def newest(self) -> list[CalendarVersion]:
        """The newest version of each, those that were removed among them."""
        async with self._database.autocommit() as session:
            return [_version(row) for row in await session.execute(_newest())]

    async def versions(self, name: str) -> list[CalendarVersion]:
        wanted = select(calendars).where(calendars.c.calendar == name).order_by(calendars.c.version.desc())
        async with self._database.autocommit() as session:
            return [_version(row) for row in await session.execute(wanted)]

    async def change(self, made_of: Made, by: str, now_us: int) -> CalendarVersion:
        """One change after another: whether it fits is asked of what is there. Raises what `made_of` raises."""
        async with self._database.transaction() as session:
            await session.execute(text("select pg_advisory_xact_lock(hashtextextended('calendars', 0))"))
            there = [_version(row).calendar for row in await session.execute(_newest())]
            made = made_of(there)
            row = {"calendar": made.calendar, "version": made.version, "body": made.model_dump(mode="json")}
            await session.execute(insert(calendars).values(row | {"changed_by": by, "changed_us": now_us}))
        await self._publish(made.calendar, now_us)
        return CalendarVersion(calendar=made, changed_by=by, changed_us=now_us)

    async def _publish(self, name: str, now_us: int) -> None:
        """What every worker needs of it. Written down first: what was unknown to the database could not be asked."""
        items: list[KitchenCalendar] = []
        size = 0
        for each in (await self.versions(name))[:_VERSIONS_MAX]:
            size += len(each.calendar.encode())
            # The one that was in force when the oldest fact was said is the last that counts.
            is_past = bool(items) and items[-1].from_us < now_us - _KEPT_US
            if items and (is_past or size > _BYTES_MAX):
                break
            items.append(each.calendar)
        await self._bucket.put(name, CalendarVersions(items=tuple(items)).encode())

    def _entry(self, entry: KvEntry) -> None:
        self._changed(entry.key, () if entry.value is None else CalendarVersions.decode(entry.value).items)


def _newest() -> Any:
    newest = (
        select(calendars.c.calendar, func.max(calendars.c.version).label("version"))
        .group_by(calendars.c.calendar)
        .subquery()
    )
    return (
        select(calendars)
        .join(newest, (calendars.c.calendar == newest.c.calendar) & (calendars.c.version == newest.c.version))
        .order_by(calendars.c.calendar)
    )


def _version(row: Any) -> CalendarVersion:
    return CalendarVersion(
        calendar=KitchenCalendar.model_validate(row.body), changed_by=row.changed_by, changed_us=row.changed_us
    )
