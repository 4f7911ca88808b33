"""The library of announcements, their times, and each time that came due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Double,
    Integer,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.dialects.postgresql import insert as upsert

from services.intercom.adapters.postgres.broadcasts import metadata
from shared.database import Database
from shared.messages.announcements import AnnouncementStatus, ScheduleOutcome, ScheduleStatus
from shared.messages.broadcasts import Addressed

announcements = Table(
    "announcements",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("kind", Text),
    Column("language", Text),
    Column("text", Text),
    Column("voice", Text),
    Column("duration_s", Double),
    Column("loudness_lufs", Double),
    Column("peak_dbfs", Double),
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Column("made_by", Text),
    Column("made_us", BigInteger),
    Column("removed_us", BigInteger),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", Text, primary_key=True),
    Column("announcement", Text),
    Column("addressed", JSONB),
    Column("days", ARRAY(Integer)),
    Column("minutes", ARRAY(Integer)),
    Column("time_zone", Text),
    Column("priority", Text),
    Column("made_by", Text),
    Column("made_us", BigInteger),
)

plays = Table(
    "scheduled_plays",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("due_us", BigInteger, primary_key=True),
    Column("worker", Text),
    Column("outcome", Text),
    Column("broadcast", Text),
    Column("detail", Text),
)


class PostgresAnnouncements:
    """Implements `AnnouncementRows`."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, announcement: AnnouncementStatus) -> None:
        values = announcement.model_dump(exclude={"announcement"}) | {"id": announcement.announcement}
        async with self._database.autocommit() as session:
            await session.execute(insert(announcements).values(values))

    async def one(self, id: str) -> AnnouncementStatus | None:
        query = select(announcements).where(announcements.c.id == id, announcements.c.removed_us.is_(None))
        async with self._database.autocommit() as session:
            row = (await session.execute(query)).one_or_none()
        return None if row is None else _announcement(row)

    async def newest(self, limit: int) -> Sequence[AnnouncementStatus]:
        query = select(announcements).where(announcements.c.removed_us.is_(None))
        async with self._database.autocommit() as session:
            rows = await session.execute(query.order_by(announcements.c.made_us.desc()).limit(limit))
            return [_announcement(row) for row in rows.all()]

    async def count(self) -> int:
        query = select(func.count()).where(announcements.c.removed_us.is_(None))
        async with self._database.autocommit() as session:
            return await session.scalar(query) or 0

    async def remove(self, id: str, now_us: int) -> bool:
        """False where a schedule still plays it."""
        async with self._database.transaction() as session:
            if await session.scalar(select(func.count()).where(schedules.c.announcement == id)):
                return False
            await session.execute(update(announcements).where(announcements.c.id == id).values(removed_us=now_us))
        return True


class PostgresSchedules:
    """Implements `ScheduleRows`."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, schedule: ScheduleStatus) -> None:
        kept = {"announcement", "days", "minutes", "time_zone", "priority", "made_by", "made_us"}
        values = schedule.model_dump(include=kept)
        values |= {"id": schedule.schedule, "addressed": schedule.to.model_dump(mode="json")}
        async with self._database.autocommit() as session:
            await session.execute(insert(schedules).values(values))

    async def all(self, limit: int) -> Sequence[ScheduleStatus]:
        """Each with how its last time went."""
        newest = (
            select(plays)
            .ext(distinct_on(plays.c.schedule))
            .order_by(plays.c.schedule, plays.c.due_us.desc())
            .subquery("newest")
        )
        query = (
            select(schedules, newest.c.due_us, newest.c.outcome, newest.c.broadcast, newest.c.detail)
            .outerjoin(newest, newest.c.schedule == schedules.c.id)
            .order_by(schedules.c.made_us.desc())
            .limit(limit)
        )
        async with self._database.autocommit() as session:
            return [_schedule(row) for row in (await session.execute(query)).all()]

    async def remove(self, id: str) -> bool:
        async with self._database.autocommit() as session:
            done = await session.execute(delete(schedules).where(schedules.c.id == id).returning(schedules.c.id))
            return done.one_or_none() is not None

    async def claim(self, id: str, due_us: int, worker: str) -> bool:
        """Whether that time is this worker's to play: true once, for one worker."""
        return await self._put(schedule=id, due_us=due_us, worker=worker, detail="")

    async def miss(self, id: str, due_us: int, worker: str, detail: str) -> bool:
        """True where nobody had claimed it."""
        return await self._put(schedule=id, due_us=due_us, worker=worker, outcome="missed", detail=detail)

    async def settle(self, id: str, due_us: int, outcome: ScheduleOutcome, broadcast: str | None, detail: str) -> None:
        values = {"outcome": outcome, "broadcast": broadcast, "detail": detail}
        async with self._database.autocommit() as session:
            await session.execute(update(plays).where(plays.c.schedule == id, plays.c.due_us == due_us).values(values))

    async def _put(self, **values: Any) -> bool:
        statement = upsert(plays).values(values).on_conflict_do_nothing().returning(plays.c.due_us)
        async with self._database.autocommit() as session:
            return (await session.execute(statement)).one_or_none() is not None


def _announcement(row: Row[Any]) -> AnnouncementStatus:
    values = row._asdict()
    del values["removed_us"]
    return AnnouncementStatus(announcement=values.pop("id"), **values)


def _schedule(row: Row[Any]) -> ScheduleStatus:
    return ScheduleStatus(
        schedule=row.id,
        announcement=row.announcement,
        to=Addressed.model_validate(row.addressed),
        days=tuple(row.days),
        minutes=tuple(row.minutes),
        time_zone=row.time_zone,
        priority=row.priority,
        made_by=row.made_by,
        made_us=row.made_us,
        last_us=row.due_us,
        outcome=row.outcome,
        broadcast=row.broadcast,
        detail=row.detail or "",
    )
