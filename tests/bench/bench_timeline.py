"""How long a timeline takes over ten million segments: a day and a month of one camera, on a real PostgreSQL.

100 cameras, a segment each 20 s, a hole in every fortieth, GOP tables of ten GOPs; a partition a day, as the recorder
makes them. The time is the whole call, from the pool's connection to the value.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import text

import services.recorder
from services.recorder.adapters.postgres.index import DAY_US, PostgresIndex
from services.recorder.segment import StreamRef
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.subjects import CameraRef
from tests.bench.rows import row, say

CAMERAS = 100
SEGMENT_US = 20_000_000
FIRST_DAY = 20_000
CALLS = 60

FILL = """
insert into segments
select 'school', 'camera-' || camera, 'main', starts, starts + 20000000, 'aabbccddeeff0011', place * 100,
       place * 100 + 99, 10485760, 'avc1.64002A', decode(repeat('ab', 300), 'hex'), decode(repeat('cd', 32), 'hex'),
       place, decode(repeat('ef', 32), 'hex'),
       case when place % 40 = 0 then starts - 5000000 end, case when place % 40 = 0 then 'port_closed' end
from generate_series(0, :cameras - 1) camera,
     lateral (select place, cast(:began as bigint) + place * 20000000 starts
              from generate_series(cast(:day as bigint) * 4320, cast(:day as bigint) * 4320 + 4319) place) places
"""
PLAN = """
explain (analyze, buffers, costs off)
select gap_from_us, starts_us, gap_cause from segments
where camera = 'camera-7' and stream = 'main' and gap_from_us is not null
  and starts_us > {from_us} and starts_us < {to_us} order by starts_us
"""


async def measure(days: int) -> None:
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    try:
        credentials = Credentials.load_or_create(folder / "secrets.json", ("recorder",))
        server = EmbeddedPostgres(folder, Ports(folder / "ports.json"), credentials.postgres, credentials.database)
        await server.start()
        try:
            database = Database(server.url("recorder"), "recorder")
            await database.migrate(Path(services.recorder.__file__).parent / "migrations")
            await _fill(database, days)
            await _ask(database, days)
            await database.close()
        finally:
            await server.stop()
    finally:
        rmtree(folder, ignore_errors=True)


async def _fill(database: Database, days: int) -> None:
    index = PostgresIndex(database)
    for day in range(days):
        await index._ensure_day(FIRST_DAY + day)
        async with database.transaction() as session:
            await session.execute(text("set local statement_timeout = 0"))
            await session.execute(text(FILL), {"cameras": CAMERAS, "began": FIRST_DAY * DAY_US, "day": day})
        # As autovacuum does after so many rows. A day at a time: all of them take longer than an answer may.
        async with database.engine.connect() as connection:
            connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text(f"vacuum analyze segments_{_date(FIRST_DAY + day)}"))


def _date(day: int) -> str:
    return f"{datetime.fromtimestamp(day * 86400, UTC):%Y%m%d}"


async def _ask(database: Database, days: int) -> None:
    index = PostgresIndex(database)
    began, ends = FIRST_DAY * DAY_US, (FIRST_DAY + days) * DAY_US
    spans = {"a day": (ends - 2 * DAY_US, ends - DAY_US), f"{days} days": (began, ends)}
    rows: list[dict[str, Any]] = []
    samples: dict[str, list[float]] = {}
    for name, (from_us, to_us) in spans.items():
        times = []
        for call in range(CALLS):
            of = StreamRef(CameraRef("school", f"camera-{call % CAMERAS}"), "main")
            before = time.perf_counter()
            shown = await index.timeline(of, from_us, to_us)
            times.append((time.perf_counter() - before) * 1000)
            assert len(shown.ranges) >= (to_us - from_us) // (40 * SEGMENT_US) - 1
        samples[name] = times
        conditions = {
            "segments": days * CAMERAS * DAY_US // SEGMENT_US,
            "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
            "calls": CALLS,
            "cores": os.cpu_count(),
        }
        rows.append(row(f"timeline of {name}", times, None, "ms", is_higher_better=False, conditions=conditions))
    say(rows, samples, "timeline")
    async with database.transaction() as session:
        plan = await session.execute(text(PLAN.format(from_us=spans["a day"][0], to_us=spans["a day"][1])))
        print("\n".join(line for (line,) in plan))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=24, help="432 000 segments each")
    asyncio.run(measure(parser.parse_args().days))


if __name__ == "__main__":
    main()
