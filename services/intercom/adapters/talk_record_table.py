"""Talks on record, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    and_,
    delete,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert

from shared.database import Database
from shared.messages.talk_records import TalkRecord, TalkRecordsWanted

talk_records = Table(
    "talk_records",
    MetaData(),
    Column("record", Text, primary_key=True),
    Column("talk", Text),
    Column("site", Text),
    Column("camera", Text),
    Column("case_id", Text),
    Column("talker", Text),
    Column("priority", Text),
    Column("from_us", BigInteger),
    Column("to_us", BigInteger),
    Column("presses", Integer),
    Column("spoken_s", Double),
    Column("ending", Text),
    Column("codec", Text),
    Column("has_microphone", Boolean),
    Column("object_name", Text),
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Column("transcript", Text),
)
_T = talk_records.c


class TalkRecordTable:
    """Implements `KeptTalks`. All raise DatabaseUnreachable."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, record: TalkRecord, object_name: str | None) -> None:
        """Once: the same record again changes nothing."""
        values = record.model_dump(exclude={"case"}) | {"case_id": record.case, "object_name": object_name}
        async with self._database.autocommit() as session:
            await session.execute(insert(talk_records).values(values).on_conflict_do_nothing())

    async def find(self, record: str) -> tuple[TalkRecord, str | None] | None:
        """With the name of its sound's object, None where there is no sound."""
        async with self._database.autocommit() as session:
            row = (await session.execute(select(talk_records).where(_T.record == record))).first()
        return None if row is None else (_record(row), row.object_name)

    async def newest(self, wanted: TalkRecordsWanted) -> list[TalkRecord]:
        query = select(talk_records)
        if wanted.sites is not None:
            query = query.where(_T.site.in_(wanted.sites))
        if wanted.camera is not None:
            query = query.where(_T.camera == wanted.camera)
        if wanted.case is not None:
            query = query.where(_T.case_id == wanted.case)
        if wanted.from_us is not None:
            query = query.where(_T.to_us >= wanted.from_us)
        if wanted.to_us is not None:
            query = query.where(_T.from_us < wanted.to_us)
        if wanted.before is not None:
            last = select(_T.from_us, _T.record).where(_T.record == wanted.before).subquery()
            query = query.where(tuple_(_T.from_us, _T.record) < select(last.c.from_us, last.c.record).scalar_subquery())
        query = query.order_by(_T.from_us.desc(), _T.record.desc()).limit(wanted.limit)
        async with self._database.autocommit() as session:
            rows: Sequence[Row[Any]] = (await session.execute(query)).all()
        return [_record(row) for row in rows]

    async def expired(self, before_us: int, of_cases_before_us: int, limit: int) -> list[tuple[str, str | None]]:
        """Records that ended before; those of a case have a bound of their own. With the names of their objects."""
        is_over = or_(
            and_(_T.case_id.is_(None), _T.to_us < before_us),
            and_(_T.case_id.is_not(None), _T.to_us < of_cases_before_us),
        )
        query = select(_T.record, _T.object_name).where(is_over).order_by(_T.to_us).limit(limit)
        async with self._database.autocommit() as session:
            return [(row.record, row.object_name) for row in (await session.execute(query)).all()]

    async def remove(self, records: Sequence[str]) -> None:
        async with self._database.autocommit() as session:
            await session.execute(delete(talk_records).where(_T.record.in_(records)))


def _record(row: Row[Any]) -> TalkRecord:
    return TalkRecord(
        record=row.record,
        talk=row.talk,
        site=row.site,
        camera=row.camera,
        case=row.case_id,
        talker=row.talker,
        priority=row.priority,
        from_us=row.from_us,
        to_us=row.to_us,
        presses=row.presses,
        spoken_s=row.spoken_s,
        ending=row.ending,
        codec=row.codec,
        has_microphone=row.has_microphone,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
        transcript=row.transcript,
    )
