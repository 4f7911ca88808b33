"""How long figures take over a million alerts of a year, on a real PostgreSQL, each with its plan.

200 kitchens of three cameras, seven rules; four of five alerts judged, one of fifty with an order; bodies as long as real
ones. The time is the whole call, from the pool's connection to the rows. A plan says how many rows of the index were
read: those of the range, and none of the table where the visibility map is up to date.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import time
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import text

import services.alerting
from services.alerting.adapters.postgres.figures import _ALERT_KEYS, _ALERTS, _COUNTED, PostgresFigures
from services.alerting.handlers.figures import FigureDesk
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.messages.figures import FigureGroup, FiguresWanted, KitchenRisksWanted
from tests.bench.rows import row, say

KITCHENS = 200
DAYS = 365
DAY_US = 86_400_000_000
BEGAN_US = 20_000 * DAY_US
AT_ONCE = 50_000
CALLS = 5

FILL = """
insert into alerts (alert, site, camera, shard, rule, risk, progress, is_silent, first_us, last_us, body, verdict,
                    acknowledged_by, acknowledged_us, reviewed_by, reviewed_us, case_id)
select 'a' || n, 'school-' || n % :kitchens, 'cook-' || n % 3, n % 128,
       (array['no_mask', 'no_hat', 'no_uniform', 'rodent', 'intrusion', 'picture', 'offline'])[1 + n % 7],
       1 + n % 3, 'over', false, at_us, at_us + 60000000,
       jsonb_build_object('about', (array['no_mask', 'no_hat', 'no_uniform'])[1 + n % 3], 'raised_us', at_us + 3000000,
           'stored_us', at_us + 3500000, 'models', jsonb_build_object('heads', 'sha256:' || n % 4),
           'frames', (select jsonb_agg(md5((n * 20 + f)::text) || md5((n * 31 + f)::text)) from generate_series(1, 20) f)),
       case when n % 5 > 0 then (array['confirmed', 'false', 'unclear', 'confirmed'])[1 + n % 4] end,
       case when n % 5 > 0 then 'li' end, case when n % 5 > 0 then at_us + 5000000 + (n % 977) * 1000000 end,
       case when n % 5 > 0 then 'li' end, case when n % 5 > 0 then at_us + 9000000 end,
       case when n % 50 = 1 then 'c' || n end
from (select n, cast(:began as bigint) + n * cast(:step as bigint) at_us
      from generate_series(cast(:first as bigint), cast(:last as bigint)) n) each
"""
CASES = """
insert into cases (case_id, site, cameras, source, title, text, risk, state, opened_by, opened_us)
select case_id, site, '{}', 'alert', 'x', '', risk, 'open', 'li', first_us + 600000000 from alerts
where case_id is not null
"""
ORDERS = """
insert into orders (order_id, case_id, site, kind, state, title, text, risk, made_by, served_us, due_us, answered_us)
select 'o' || case_id, case_id, site, 'opinion', (array['closed', 'closed', 'served', 'answered'])[1 + opened_us % 4],
       'x', '', risk, 'li', opened_us + 600000000, opened_us + 86400000000, opened_us + 80000000000
from cases
"""


async def measure(alerts: int) -> None:
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    try:
        credentials = Credentials.load_or_create(folder / "secrets.json", ("alerting",))
        server = EmbeddedPostgres(folder, Ports(folder / "ports.json"), credentials.postgres, credentials.database)
        await server.start()
        try:
            database = Database(server.url("alerting"), "alerting")
            await database.migrate(Path(services.alerting.__file__).parent / "migrations")
            await _fill(database, alerts)
            await _ask(database, alerts)
            await database.close()
        finally:
            await server.stop()
    finally:
        rmtree(folder, ignore_errors=True)


async def _fill(database: Database, alerts: int) -> None:
    values = {"kitchens": KITCHENS, "began": BEGAN_US, "step": DAYS * DAY_US // alerts}
    for first in range(0, alerts, AT_ONCE):
        async with database.transaction() as session:
            await session.execute(text("set local statement_timeout = 0"))
            last = min(first + AT_ONCE, alerts) - 1
            await session.execute(text(FILL), values | {"first": first, "last": last})
    async with database.transaction() as session:
        await session.execute(text(CASES))
        await session.execute(text(ORDERS))
    await _vacuum(database)


async def _vacuum(database: Database) -> None:
    """As autovacuum does; longer than an answer may take, so not through the pool's limits."""
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(url, server_settings={"search_path": "alerting", "statement_timeout": "0"})
    try:
        for table in ("alerts", "orders"):
            await connection.execute(f"vacuum analyze {table}", timeout=600)
    finally:
        await connection.close()


async def _ask(database: Database, alerts: int) -> None:
    now_us = BEGAN_US + DAYS * DAY_US
    desk = FigureDesk(PostgresFigures(database, lambda: now_us), ZoneInfo("Asia/Shanghai"))
    rows: list[dict[str, Any]] = []
    samples: dict[str, list[float]] = {}
    spans = {"a week": 7, "30 days": 30, "a year": DAYS}
    groups: tuple[FigureGroup, ...] = ("total", "site", "rule", "model", "day")
    for name, days in spans.items():
        from_us = now_us - days * DAY_US
        plans = await _plans(database, from_us, now_us)
        for by in groups:
            wanted = FiguresWanted(from_us=from_us, to_us=now_us, by=by).encode()
            rows.append(await _timed(f"figures of {name} by {by}", desk.figures, wanted, samples, alerts, plans))
        kitchens = tuple(f"school-{number}" for number in range(KITCHENS))
        risks = KitchenRisksWanted(kitchens=kitchens, from_us=from_us, to_us=now_us).encode()
        rows.append(await _timed(f"risk of {KITCHENS} kitchens over {name}", desk.risks, risks, samples, alerts, plans))
    say(rows, samples, "figures")


async def _timed(
    name: str, ask: Any, wanted: bytes, samples: dict[str, list[float]], alerts: int, plan: dict[str, int]
) -> dict[str, Any]:
    times = []
    for _ in range(CALLS):
        before = time.perf_counter()
        found = await ask(wanted)
        times.append((time.perf_counter() - before) * 1000)
        assert found.items
    samples[name] = times
    conditions = {"alerts": alerts, "worst_ms": round(max(times), 1), "calls": CALLS, "cores": os.cpu_count(), **plan}
    return row(name, times, None, "ms", is_higher_better=False, conditions=conditions)


async def _plans(database: Database, from_us: int, to_us: int) -> dict[str, int]:
    """What PostgreSQL says it read for the counts of this range."""
    statement = _ALERTS.format(key=_ALERT_KEYS["site"], counted=_COUNTED, filters="")
    async with database.transaction() as session:
        plan = await session.execute(
            text(f"explain (analyze, buffers, costs off) {statement}"), {"from_us": from_us, "to_us": to_us}
        )
        lines = [line for (line,) in plan]
    print("\n".join(lines), flush=True)
    shown = "\n".join(lines)
    scan = re.search(r"Index Only Scan using alerts_figures.*rows=([\d.]+) loops=(\d+)", shown)
    assert scan is not None, "the counts do not come from the index alone"
    fetched = re.search(r"Heap Fetches: (\d+)", shown)
    return {
        "index_rows_read": round(float(scan.group(1)) * int(scan.group(2))),
        "table_rows_read": int(fetched.group(1)) if fetched else -1,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=1_000_000)
    asyncio.run(measure(parser.parse_args().alerts))


if __name__ == "__main__":
    main()
