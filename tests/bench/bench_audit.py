"""What the hash chain of the audit trail costs: the same deeds into the chained table and into one without a chain.

Each writer waits for its row before it writes the next, as a request does: the time is the whole call, from the pool's
connection to the commit. The chain makes writers follow each other; without it PostgreSQL commits several at once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import text

import services.gateway
from services.gateway.adapters.postgres.audit import PostgresAuditTrail
from services.gateway.audit import Deed
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres
from tests.bench.rows import row, say

GATEWAYS = 2
PLAIN = """
create table plain (number bigint generated always as identity primary key, at timestamptz not null,
  action text not null, outcome text not null, who text, camera text, address text, seconds double precision,
  detail jsonb not null)
"""
INTO_PLAIN = text(
    "insert into plain (at, action, outcome, who, camera, address, seconds, detail)"
    " values (:at, 'live_view', 'ok', 'li', 'cook-1', '10.0.0.7', null, '{\"stream\": \"main\"}')"
)

Write = Callable[[Database], Awaitable[None]]


async def chained(database: Database) -> None:
    deed = Deed("live_view", "li", "10.0.0.7", datetime.now(UTC), camera="cook-1", detail={"stream": "main"})
    await PostgresAuditTrail(database).add(deed)


async def plain(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(INTO_PLAIN, {"at": datetime.now(UTC)})


async def round_of(write: Write, databases: list[Database], writers: int, rows_each: int) -> dict[str, float]:
    took_ms: list[float] = []

    async def one(database: Database) -> None:
        for _ in range(rows_each):
            began = time.perf_counter()
            await write(database)
            took_ms.append((time.perf_counter() - began) * 1e3)

    began = time.perf_counter()
    await asyncio.gather(*(one(databases[n % GATEWAYS]) for n in range(writers)))
    elapsed_s = time.perf_counter() - began
    centiles = statistics.quantiles(took_ms, n=100)
    return {"p50_ms": centiles[49], "p99_ms": centiles[98], "rows_a_second": len(took_ms) / elapsed_s}


async def measure(rows: int, rounds: int) -> None:
    folder = Path(mkdtemp(prefix="bk-bench-audit-"))
    folder.chmod(0o755)
    credentials = Credentials.load_or_create(folder / "secrets.json", ("gateway",))
    postgres = EmbeddedPostgres(folder, Ports(folder / "ports.json"), credentials.postgres, credentials.database)
    await postgres.start()
    databases = [Database(postgres.url("gateway"), "gateway") for _ in range(GATEWAYS)]
    try:
        await databases[0].migrate(Path(services.gateway.__file__).parent / "migrations")
        async with databases[0].transaction() as session:
            await session.execute(text(PLAIN))
        for writers in (1, 4, 10):
            found: dict[str, list[dict[str, float]]] = {"chained": [], "plain": []}
            for _ in range(rounds):
                for name, write in (("plain", plain), ("chained", chained)):
                    found[name].append(await round_of(write, databases, writers, rows // writers))
            conditions = {"writers": writers, "gateways": GATEWAYS, "rows": rows, "cores": os.cpu_count()}
            said: list[dict[str, Any]] = []
            for figure in ("p50_ms", "p99_ms", "rows_a_second"):
                ours, peer = ([each[figure] for each in found[name]] for name in ("chained", "plain"))
                unit = "rows/s" if figure == "rows_a_second" else "ms"
                said.append(
                    row(f"audit_{figure}", ours, peer, unit, is_higher_better=unit != "ms", conditions=conditions)
                )
            say(said, found, "audit")
    finally:
        for database in databases:
            await database.close()
        await postgres.stop()
        rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    asyncio.run(measure(asked.rows, asked.rounds))
