"""What the index says of one day of one stream, for the sweep of orphans."""

from __future__ import annotations

from sqlalchemy import select

from services.recorder.adapters.postgres.index import DAY_US
from services.recorder.adapters.postgres.tables import heads, segments
from services.recorder.orphans import DayOfStream
from services.recorder.segment import Segment
from shared.database import Database


class PostgresDays:
    """Implements `DayIndex`. Raises PeerError where the database is away."""

    def __init__(self, database: Database):
        self._database = database

    async def named(self, day: DayOfStream) -> set[str]:
        """The objects of that day that have a row: some 4,300 of one partition, by its primary key."""
        columns = segments.c
        query = select(columns.run, columns.first_seq, columns.last_seq, columns.starts_us).where(
            columns.camera == day.camera,
            columns.stream == day.stream,
            columns.starts_us >= day.day * DAY_US,
            columns.starts_us < (day.day + 1) * DAY_US,
        )
        async with self._database.autocommit() as session:
            rows = (await session.execute(query)).all()
        return {
            Segment(day.of, row.run, row.first_seq, row.last_seq, row.starts_us, 0, 0, "", (), "").object_name
            for row in rows
        }

    async def head_us(self, day: DayOfStream) -> int | None:
        """Up to where the stream is in the index, UTC microseconds; None where it has no row."""
        query = select(heads.c.ends_us).where(heads.c.camera == day.camera, heads.c.stream == day.stream)
        async with self._database.autocommit() as session:
            found: int | None = await session.scalar(query)
        return found
