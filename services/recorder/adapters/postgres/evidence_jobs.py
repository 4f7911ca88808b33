"""Cases that are being sealed, in PostgreSQL: a queue that any worker takes from; and the daily statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    column,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from services.recorder.adapters.postgres.tables import metadata
from services.recorder.evidence.evidence_jobs import EvidenceJob
from services.recorder.segment import StreamRef
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.evidence import REASON_BEGINS_CHARS, EvidenceOf
from shared.subjects import CameraRef

# A sealer says once a second that it lives.
DEAD_AFTER_US = 30 * 1_000_000
# As the index `evidence_jobs_by_reason` has it: a whole reason may be longer than an entry of an index.
_REASON_BEGINS: ColumnElement[str] = literal_column(f'left(reason, {REASON_BEGINS_CHARS}) collate "C"', Text)
_LAST_CHARACTER = "\U0010ffff"

evidence_jobs = Table(
    "evidence_jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("asked_by", Text),
    Column("asked_us", BigInteger),
    Column("reason", Text),
    Column("streams", JSONB),
    Column("stills", JSONB),
    Column("records", JSONB),
    Column("from_us", BigInteger),
    Column("to_us", BigInteger),
    Column("locked_until_us", BigInteger),
    Column("state", Text),
    Column("done_bytes", BigInteger),
    Column("all_bytes", BigInteger),
    Column("error_code", Text),
    Column("error", Text),
    Column("worker", Text),
    Column("beat_us", BigInteger),
)

coverage_statements = Table(
    "coverage_statements",
    metadata,
    Column("site", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("made_us", BigInteger),
    Column("document", JSONB),
    Column("kept", Boolean),
)


class PostgresEvidenceJobs:
    """Implements `EvidenceJobs` and what the sealer takes from."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, job: EvidenceJob) -> EvidenceJob:
        values = {
            "id": job.id,
            "asked_by": job.asked_by,
            "asked_us": job.asked_us,
            "reason": job.reason,
            "streams": [_text(of) for of in job.streams],
            "stills": [[*_text(of), at_us] for of, at_us in job.stills],
            "records": [[name, body] for name, body in job.records],
            "from_us": job.from_us,
            "to_us": job.to_us,
            "locked_until_us": job.locked_until_us,
            "state": "queued",
            "done_bytes": 0,
            "all_bytes": 0,
            "beat_us": 0,
        }
        async with self._database.transaction() as session:
            await session.execute(upsert(evidence_jobs).values(values).on_conflict_do_nothing())
            query = select(evidence_jobs).where(evidence_jobs.c.id == job.id)
            return _job((await session.execute(query)).one())

    async def job(self, id: str) -> EvidenceJob | None:
        async with self._database.autocommit() as session:
            row = (await session.execute(select(evidence_jobs).where(evidence_jobs.c.id == id))).one_or_none()
        return None if row is None else _job(row)

    async def jobs(self, wanted: EvidenceOf) -> Sequence[EvidenceJob]:
        async with self._database.autocommit() as session:
            return [_job(row) for row in (await session.execute(listed(wanted))).all()]

    async def claim(self, worker: str, now_us: int) -> EvidenceJob | None:
        """The oldest that waits, or whose sealer is dead; ours from now on."""
        is_dead = and_(evidence_jobs.c.state == "running", evidence_jobs.c.beat_us < now_us - DEAD_AFTER_US)
        query = (
            select(evidence_jobs)
            .where(or_(evidence_jobs.c.state == "queued", is_dead))
            .order_by(evidence_jobs.c.asked_us)
            .limit(1)
        )
        if not await self._database.finds(query):
            return None
        async with self._database.transaction() as session:
            row = (await session.execute(query.with_for_update(skip_locked=True))).one_or_none()
            if row is None:
                return None
            values = {"state": "running", "worker": worker, "beat_us": now_us}
            await session.execute(update(evidence_jobs).where(evidence_jobs.c.id == row.id).values(values))
        return _job(row)

    async def beat(self, id: str, worker: str, done_bytes: int, all_bytes: int, now_us: int) -> bool:
        """False where another worker took it over."""
        query = (
            update(evidence_jobs)
            .where(evidence_jobs.c.id == id, evidence_jobs.c.worker == worker, evidence_jobs.c.state == "running")
            .values(done_bytes=done_bytes, all_bytes=all_bytes, beat_us=now_us)
            .returning(evidence_jobs.c.id)
        )
        async with self._database.autocommit() as session:
            return (await session.execute(query)).one_or_none() is not None

    async def sealed(self, id: str) -> None:
        await self._set(id, state="sealed")

    async def waits(self, id: str) -> None:
        """Something it needs is away: tried again."""
        await self._set(id, state="queued")

    async def failed(self, id: str, code: str, error: str) -> None:
        await self._set(id, state="failed", error_code=code, error=error)

    async def _set(self, id: str, **values: Any) -> None:
        async with self._database.autocommit() as session:
            await session.execute(update(evidence_jobs).where(evidence_jobs.c.id == id).values(**values))


class PostgresCoverage:
    """The daily statements of sites."""

    def __init__(self, database: Database):
        self._database = database

    async def add(self, site: str, day: str, made_us: int, document: Mapping[str, Any]) -> None:
        """The first that is made of a day stays; it is to be locked."""
        values = {"site": site, "day": day, "made_us": made_us, "document": dict(document), "kept": False}
        async with self._database.autocommit() as session:
            await session.execute(upsert(coverage_statements).values(values).on_conflict_do_nothing())

    async def sites_not_kept(self) -> Sequence[str]:
        """Those of which a statement is not under lock yet."""
        query = select(coverage_statements.c.site).where(~coverage_statements.c.kept).distinct()
        async with self._database.autocommit() as session:
            return list((await session.scalars(query.order_by(coverage_statements.c.site))).all())

    async def not_kept(self, site: str, limit: int) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Its oldest that are not under lock yet: day and document."""
        query = select(coverage_statements.c.day, coverage_statements.c.document).where(
            coverage_statements.c.site == site, ~coverage_statements.c.kept
        )
        async with self._database.autocommit() as session:
            rows = (await session.execute(query.order_by(coverage_statements.c.day).limit(limit))).all()
        return [(row.day, row.document) for row in rows]

    async def kept(self, site: str, day: str) -> None:
        """It is under lock."""
        where = (coverage_statements.c.site == site, coverage_statements.c.day == day)
        async with self._database.autocommit() as session:
            await session.execute(update(coverage_statements).where(*where).values(kept=True))

    async def has(self, site: str, day: str) -> bool:
        return bool(await self.between(site, day, day))

    async def between(self, site: str, from_day: str, to_day: str) -> Sequence[Mapping[str, Any]]:
        """By day, both included."""
        query = select(coverage_statements.c.document).where(
            coverage_statements.c.site == site, coverage_statements.c.day.between(from_day, to_day)
        )
        async with self._database.autocommit() as session:
            return list((await session.scalars(query.order_by(coverage_statements.c.day))).all())


def listed(wanted: EvidenceOf) -> Select[Any]:
    """Newest first."""
    asked_us, id = evidence_jobs.c.asked_us, evidence_jobs.c.id
    query = select(evidence_jobs).order_by(asked_us.desc(), id).limit(wanted.limit)
    if wanted.sites is not None:
        each = func.jsonb_array_elements(evidence_jobs.c.streams).table_valued(column("value", JSONB))
        query = query.where(~select(each).where(each.c.value[0].astext.not_in(wanted.sites)).exists())
    if wanted.reasons:
        # A range, because a pattern that is bound to a statement is not looked up in an index.
        query = query.where(or_(*(_REASON_BEGINS.between(one, one + _LAST_CHARACTER) for one in wanted.reasons)))
    if wanted.before is not None:
        before_us, before = _place(wanted.before)
        query = query.where(or_(asked_us < before_us, and_(asked_us == before_us, id > before)))
    return query


def _place(before: str) -> tuple[int, str]:
    asked_us, _, id = before.partition(".")
    if not asked_us.isdecimal() or int(asked_us) >= 2**63:
        raise RequestRefused("bad_cursor", "Send `before` as the page before gave it.", status=422)
    return int(asked_us), id


def _text(of: StreamRef) -> list[str]:
    return [of.camera.site, of.camera.camera, of.stream]


def _job(row: Any) -> EvidenceJob:
    return EvidenceJob(
        id=row.id,
        asked_by=row.asked_by,
        asked_us=row.asked_us,
        reason=row.reason,
        streams=tuple(_stream(*each) for each in row.streams),
        stills=tuple((_stream(*each[:3]), each[3]) for each in row.stills),
        records=tuple((name, body) for name, body in row.records),
        from_us=row.from_us,
        to_us=row.to_us,
        locked_until_us=row.locked_until_us,
        state=row.state,
        done_bytes=row.done_bytes,
        all_bytes=row.all_bytes,
        error_code=row.error_code,
        error=row.error,
    )


def _stream(site: str, camera: str, stream: str) -> StreamRef:
    return StreamRef(CameraRef(site, camera), stream)
