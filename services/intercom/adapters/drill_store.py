"""Drills in PostgreSQL: runs, results, schedules, and which quiet hours were used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    MetaData,
    Row,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from services.intercom.adapters.records import Records
from shared.database import Database
from shared.errors import RequestRefused
from shared.messages.drills import DrillResult, DrillRunState, DrillRunStatus, DrillSchedule
from shared.subjects import CameraRef

# A run says every second that it lives.
ABANDONED_AFTER_US = 60 * 1_000_000
# Somebody spoke just then: that says nothing about the speaker.
_SAYS_NOTHING = ("floor_taken", "preempted")

_metadata = MetaData()
runs = Table(
    "drill_runs",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("worker", Text),
    Column("asked_by", Text),
    Column("is_scheduled", Boolean),
    Column("level_dbfs", Double),
    Column("began_us", BigInteger),
    Column("beat_us", BigInteger),
    Column("ended_us", BigInteger),
    Column("state", Text),
)
drills = Table(
    "drills",
    _metadata,
    Column("run", Text, primary_key=True),
    Column("site", Text, primary_key=True),
    Column("camera", Text, primary_key=True),
    Column("outcome", Text),
    Column("cause", Text),
    Column("at_us", BigInteger),
    Column("result", JSONB),
)
schedules = Table(
    "drill_schedules", _metadata, Column("site", Text, primary_key=True), Column("schedule", JSONB, nullable=False)
)
days = Table(
    "drill_days",
    _metadata,
    Column("site", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("at_us", BigInteger),
)


class DrillStore:
    """Implements `DrillBook`, and what is asked about drills. Raises PeerError while PostgreSQL is away."""

    def __init__(self, records: Records):
        self._records = records

    async def begin(self, run: DrillRunStatus, cameras: Sequence[CameraRef], worker: str) -> None:
        values = {
            "id": run.run,
            "worker": worker,
            "asked_by": run.asked_by,
            "is_scheduled": run.is_scheduled,
            "level_dbfs": run.level_dbfs,
            "began_us": run.began_us,
            "beat_us": run.began_us,
            "state": "running",
        }
        waiting = [_values(run.run, DrillResult(site=camera.site, camera=camera.camera)) for camera in cameras]
        async with self._database().transaction() as session:
            await session.execute(insert(runs).values(values))
            await session.execute(insert(drills), waiting)

    async def keep(self, run: str, result: DrillResult) -> None:
        values = _values(run, result)
        where = (drills.c.run == run, drills.c.site == result.site, drills.c.camera == result.camera)
        async with self._database().autocommit() as session:
            await session.execute(update(drills).where(*where).values(values))

    async def beat(self, run: str, now_us: int) -> None:
        async with self._database().autocommit() as session:
            await session.execute(update(runs).where(runs.c.id == run).values(beat_us=now_us))

    async def end(self, run: str, state: DrillRunState, now_us: int) -> None:
        async with self._database().autocommit() as session:
            await session.execute(update(runs).where(runs.c.id == run).values(state=state, ended_us=now_us))

    async def run(self, id: str) -> DrillRunStatus | None:
        """With every result."""
        async with self._database().transaction() as session:
            row = (await session.execute(select(runs).where(runs.c.id == id))).one_or_none()
            if row is None:
                return None
            query = select(drills.c.result).where(drills.c.run == id).order_by(drills.c.site, drills.c.camera)
            results = tuple(DrillResult.model_validate(each) for each in (await session.scalars(query)).all())
        counts: dict[str, int] = {}
        for result in results:
            if result.outcome is not None:
                counts[result.outcome] = counts.get(result.outcome, 0) + 1
        return _status(row, len(results), counts, results)

    async def newest(self, limit: int) -> list[DrillRunStatus]:
        """Without results."""
        async with self._database().transaction() as session:
            rows = (await session.execute(select(runs).order_by(runs.c.began_us.desc()).limit(limit))).all()
            query = (
                select(drills.c.run, drills.c.outcome, func.count())
                .where(drills.c.run.in_([row.id for row in rows]))
                .group_by(drills.c.run, drills.c.outcome)
            )
            counted = (await session.execute(query)).all()
        totals: dict[str, int] = {}
        counts: dict[str, dict[str, int]] = {}
        for run, outcome, count in counted:
            totals[run] = totals.get(run, 0) + count
            if outcome is not None:
                counts.setdefault(run, {})[outcome] = count
        return [_status(row, totals.get(row.id, 0), counts.get(row.id, {}), ()) for row in rows]

    async def last(self, sites: tuple[str, ...] | None) -> dict[CameraRef, DrillResult]:
        """The newest of each camera that says something about its speaker."""
        says = [drills.c.outcome.is_not(None), drills.c.outcome != "skipped", drills.c.cause.not_in(_SAYS_NOTHING)]
        if sites is not None:
            says.append(drills.c.site.in_(sites))
        query = (
            select(drills.c.result)
            .distinct(drills.c.site, drills.c.camera)
            .where(*says)
            .order_by(drills.c.site, drills.c.camera, drills.c.at_us.desc())
        )
        async with self._database().autocommit() as session:
            results = [DrillResult.model_validate(each) for each in (await session.scalars(query)).all()]
        return {CameraRef(result.site, result.camera): result for result in results}

    async def abandon(self, now_us: int, forget_before_us: int) -> None:
        """Runs whose worker died are ended; what is old is forgotten."""
        is_dead = and_(runs.c.state == "running", runs.c.beat_us < now_us - ABANDONED_AFTER_US)
        async with self._database().transaction() as session:
            await session.execute(update(runs).where(is_dead).values(state="abandoned", ended_us=runs.c.beat_us))
            await session.execute(delete(runs).where(runs.c.began_us < forget_before_us))
            await session.execute(delete(days).where(days.c.at_us < forget_before_us))

    async def schedules(self) -> dict[str, DrillSchedule]:
        async with self._database().autocommit() as session:
            rows = (await session.execute(select(schedules).order_by(schedules.c.site))).all()
        return {row.site: DrillSchedule.model_validate(row.schedule) for row in rows}

    async def set_schedule(self, schedule: DrillSchedule) -> None:
        values = {"site": schedule.site, "schedule": schedule.model_dump(mode="json")}
        statement = upsert(schedules).values(values)
        statement = statement.on_conflict_do_update(index_elements=["site"], set_={"schedule": values["schedule"]})
        async with self._database().autocommit() as session:
            await session.execute(statement)

    async def remove_schedule(self, site: str) -> None:
        async with self._database().autocommit() as session:
            await session.execute(delete(schedules).where(schedules.c.site == site))

    async def claim_days(self, wanted: Iterable[tuple[str, str]], now_us: int) -> list[str]:
        """Of (site, day) those sites whose quiet hour nobody had used; they are ours now."""
        rows = [{"site": site, "day": day, "at_us": now_us} for site, day in wanted]
        if not rows:
            return []
        statement = upsert(days).values(rows).on_conflict_do_nothing().returning(days.c.site)
        async with self._database().autocommit() as session:
            return list((await session.scalars(statement)).all())

    def _database(self) -> Database:
        if not self._records.made.is_set():
            raise RequestRefused(
                "records_away", "The intercom's database is away: drills are kept there. Try again shortly.", status=503
            )
        return self._records.database


def _values(run: str, result: DrillResult) -> dict[str, Any]:
    return {
        "run": run,
        "site": result.site,
        "camera": result.camera,
        "outcome": result.outcome,
        "cause": result.cause,
        "at_us": result.at_us,
        "result": result.model_dump(mode="json", exclude_none=True),
    }


def _status(row: Row[Any], total: int, counts: dict[str, int], results: tuple[DrillResult, ...]) -> DrillRunStatus:
    return DrillRunStatus(
        run=row.id,
        asked_by=row.asked_by,
        is_scheduled=row.is_scheduled,
        began_us=row.began_us,
        ended_us=row.ended_us,
        state=row.state,
        level_dbfs=row.level_dbfs,
        total=total,
        counts=counts,
        results=results,
    )
