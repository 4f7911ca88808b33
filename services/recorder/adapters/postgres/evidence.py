"""Statements, chains and sealed cases in PostgreSQL, where triggers refuse every change of a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, Select, Table, Text, and_, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.recorder.adapters.postgres.deleted_segments import deleted_chain
from services.recorder.adapters.postgres.index import recorded_of
from services.recorder.adapters.postgres.tables import heads, metadata, segments
from services.recorder.evidence.case_file import CaseStream
from services.recorder.evidence.evidence_store import SealedCase, StatementTaken
from services.recorder.evidence.hourly_statement import ChainHead, HourlyStatement, SignedStatement
from services.recorder.segment import FIRST_LINK, Recorded, StreamRef
from shared.database import Database
from shared.subjects import CameraRef

statements = Table(
    "statements",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("hour_us", BigInteger),
    Column("until_us", BigInteger),
    Column("key_id", Text),
    Column("body", JSONB),
    Column("signature", Text),
    Column("sha256", LargeBinary),
)

statement_heads = Table(
    "statement_heads",
    metadata,
    Column("statement", BigInteger, primary_key=True),
    Column("site", Text),
    Column("camera", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("number", BigInteger),
    Column("link", LargeBinary),
)

time_stamps = Table(
    "time_stamps", metadata, Column("statement", BigInteger, primary_key=True), Column("token", LargeBinary)
)

case_files = Table(
    "case_files",
    metadata,
    Column("id", Text, primary_key=True),
    Column("asked_by", Text),
    Column("asked_us", BigInteger),
    Column("reason", Text),
    Column("object_name", Text),
    Column("size_bytes", BigInteger),
    Column("sha256", LargeBinary),
    Column("locked_until_us", BigInteger),
)


class PostgresEvidence:
    """Implements `EvidenceStore`."""

    def __init__(self, database: Database):
        self._database = database

    async def heads(self) -> Sequence[ChainHead]:
        async with self._database.autocommit() as session:
            return [_head(row) for row in (await session.execute(select(heads))).all()]

    async def newest_statement(self) -> SignedStatement | None:
        async with self._database.transaction() as session:
            found = await _signed(session, _with_stamps().order_by(statements.c.number.desc()).limit(1))
        return found[0] if found else None

    async def add_statement(self, signed: SignedStatement) -> None:
        made = signed.statement
        try:
            async with self._database.transaction() as session:
                await session.execute(
                    insert(statements).values(
                        number=made.number,
                        hour_us=made.hour_us,
                        until_us=made.until_us,
                        key_id=signed.body["key_id"],
                        body=dict(signed.body),
                        signature=signed.signature,
                        sha256=bytes.fromhex(signed.sha256),
                    )
                )
                if made.heads:
                    await session.execute(
                        insert(statement_heads), [_leaf_row(made.number, head) for head in made.heads]
                    )
        except IntegrityError as error:
            raise StatementTaken(f"statement {made.number} is there already") from error

    async def add_time_stamp(self, number: int, token: bytes) -> None:
        async with self._database.autocommit() as session:
            await session.execute(upsert(time_stamps).values(statement=number, token=token).on_conflict_do_nothing())

    async def statements(self, from_number: int, to_number: int) -> Sequence[SignedStatement]:
        query = _with_stamps().where(statements.c.number.between(from_number, to_number))
        async with self._database.transaction() as session:
            return await _signed(session, query.order_by(statements.c.number))

    async def first_statement_over(self, of: StreamRef, until_us: int) -> SignedStatement | None:
        knows_it = select(statement_heads.c.statement).where(
            statement_heads.c.camera == of.camera.camera, statement_heads.c.stream == of.stream
        )
        query = _with_stamps().where(statements.c.until_us >= until_us, statements.c.number.in_(knows_it))
        async with self._database.transaction() as session:
            found = await _signed(session, query.order_by(statements.c.number).limit(1))
        return found[0] if found else None

    async def case_stream(self, of: StreamRef, from_us: int, to_us: int, to_number: int) -> CaseStream:
        async with self._database.transaction() as session:
            first = await _anchor(session, of, from_us)
            if first is None:
                return CaseStream(of, from_us, to_us, (), FIRST_LINK)
            chain = await _chain(session, of, first, to_number)
            before_link = await _link_before(session, of, first)
        if before_link is None:
            # What it hangs on was deleted when it was old enough: the chain can be checked from the next one on.
            chain, before_link = chain[1:], first.link
        return CaseStream(of, from_us, to_us, chain, before_link)

    async def add_case(self, sealed: SealedCase) -> None:
        async with self._database.autocommit() as session:
            await session.execute(
                insert(case_files).values(
                    id=sealed.id,
                    asked_by=sealed.asked_by,
                    asked_us=sealed.asked_us,
                    reason=sealed.reason,
                    object_name=sealed.object_name,
                    size_bytes=sealed.size_bytes,
                    sha256=bytes.fromhex(sealed.sha256),
                    locked_until_us=sealed.locked_until_us,
                )
            )

    async def case(self, id: str) -> SealedCase | None:
        async with self._database.autocommit() as session:
            row = (await session.execute(select(case_files).where(case_files.c.id == id))).one_or_none()
        if row is None:
            return None
        return SealedCase(
            row.id,
            row.asked_by,
            row.asked_us,
            row.reason,
            row.object_name,
            row.size_bytes,
            row.sha256.hex(),
            row.locked_until_us,
        )


async def _anchor(session: AsyncSession, of: StreamRef, from_us: int) -> Recorded | None:
    """The last segment that ended before the time; where there is none (any more), the oldest there is."""
    before = _of(of).where(segments.c.starts_us < from_us, segments.c.ends_us <= from_us)
    row = (await session.execute(before.order_by(segments.c.starts_us.desc()).limit(1))).one_or_none()
    if row is None:
        row = (await session.execute(_of(of).order_by(segments.c.starts_us).limit(1))).one_or_none()
    return None if row is None else recorded_of(row)


async def _chain(session: AsyncSession, of: StreamRef, first: Recorded, to_number: int) -> Sequence[Recorded]:
    query = _of(of).where(segments.c.number.between(first.number, to_number)).order_by(segments.c.number)
    rows = (await session.execute(query.where(segments.c.starts_us >= first.segment.starts_us))).all()
    if len(rows) <= to_number - first.number:
        # A clock was set back: a later one began "earlier". All partitions are read, which takes longer.
        rows = (await session.execute(query)).all()
    chain = [recorded_of(row) for row in rows]
    if len(chain) <= to_number - first.number:
        # Retention took some between what is held: their records are kept, and the chain goes on over them.
        chain += await deleted_chain(session, of, first.number, to_number)
        chain.sort(key=lambda recorded: recorded.number)
    return chain


async def _link_before(session: AsyncSession, of: StreamRef, first: Recorded) -> str | None:
    """The link that the first of a chain hangs on, which is its predecessor's; None where that is gone."""
    if first.number == 1:
        return FIRST_LINK
    query = select(segments.c.link).where(
        segments.c.camera == of.camera.camera,
        segments.c.stream == of.stream,
        segments.c.number == first.number - 1,
    )
    link: bytes | None = await session.scalar(query.limit(1))
    if link is None:
        gone = await deleted_chain(session, of, first.number - 1, first.number - 1)
        return gone[0].link if gone else None
    return link.hex()


def _of(of: StreamRef) -> Select[Any]:
    return select(segments).where(segments.c.camera == of.camera.camera, segments.c.stream == of.stream)


def _with_stamps() -> Select[Any]:
    return select(statements, time_stamps.c.token).select_from(
        statements.outerjoin(time_stamps, and_(time_stamps.c.statement == statements.c.number))
    )


async def _signed(session: AsyncSession, query: Select[Any]) -> list[SignedStatement]:
    found = []
    for row in (await session.execute(query)).all():
        leaves = await session.execute(select(statement_heads).where(statement_heads.c.statement == row.number))
        ordered = sorted((_head(leaf) for leaf in leaves.all()), key=lambda head: str(head.of))
        made = HourlyStatement(row.number, row.hour_us, row.until_us, tuple(ordered), row.body["previous"])
        found.append(SignedStatement(made, row.body, row.signature, row.token))
    return found


def _head(row: Any) -> ChainHead:
    return ChainHead(StreamRef(CameraRef(row.site, row.camera), row.stream), row.number, row.link.hex())


def _leaf_row(statement: int, head: ChainHead) -> dict[str, object]:
    camera = head.of.camera
    return {
        "statement": statement,
        "site": camera.site,
        "camera": camera.camera,
        "stream": head.of.stream,
        "number": head.number,
        "link": bytes.fromhex(head.link),
    }
