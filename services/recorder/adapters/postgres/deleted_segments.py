"""Records of deleted segments: without them nobody could prove the chain before or between what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Integer, LargeBinary, Table, Text, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.recorder.adapters.postgres.tables import metadata, segments
from services.recorder.segment import Gap, Recorded, Segment, StreamRef

deleted_segments = Table(
    "deleted_segments",
    metadata,
    Column("camera", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("deletion", BigInteger),
    Column("run", Text),
    Column("first_seq", BigInteger),
    Column("last_seq", BigInteger),
    Column("starts_us", BigInteger),
    Column("ends_us", BigInteger),
    Column("size_bytes", Integer),
    Column("codecs", Text),
    Column("sha256", LargeBinary),
    Column("link", LargeBinary),
    Column("gap_from_us", BigInteger),
    Column("gap_cause", Text),
)


async def keep_records(session: AsyncSession, deletion: int, rows: Sequence[ColumnElement[bool]]) -> None:
    """Copy what the chain needs of rows of `segments`; in the transaction that deletes them."""
    names = [column.name for column in deleted_segments.columns if column.name != "deletion"]
    copied = select(literal(deletion), *(segments.c[name] for name in names)).where(*rows)
    await session.execute(insert(deleted_segments).from_select(["deletion", *names], copied))


async def deleted_chain(session: AsyncSession, of: StreamRef, from_number: int, to_number: int) -> Sequence[Recorded]:
    """Records of deleted segments from one number to another, both included, in order; their `gops` are empty.

    What is missing between was not deleted and is in `segments`.
    """
    columns = deleted_segments.c
    query = select(deleted_segments).where(
        columns.camera == of.camera.camera,
        columns.stream == of.stream,
        columns.number.between(from_number, to_number),
    )
    return [_recorded(of, row) for row in (await session.execute(query.order_by(columns.number))).all()]


def _recorded(of: StreamRef, row: Any) -> Recorded:
    segment = Segment(
        of, row.run, row.first_seq, row.last_seq, row.starts_us, row.ends_us, row.size_bytes, row.codecs, (),
        row.sha256.hex(),
    )  # fmt: skip
    gap = None if row.gap_from_us is None else Gap(row.gap_from_us, row.starts_us, row.gap_cause)
    return Recorded(segment, row.number, row.link.hex(), gap)
