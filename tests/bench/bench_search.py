"""How long it takes to find what somebody typed: 20,000 cameras, 2,000 schools, 50,000 cases, on a real PostgreSQL.

Every list is read to its end where nothing holds the words: that is the longest a search can take. The time is the whole
call, from the pool's connection to the rows.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from sqlalchemy import text

import services.alerting
import services.gateway
from services.alerting.adapters.postgres.alerts import PostgresAlerts
from services.alerting.adapters.postgres.loop import PostgresLoop
from services.gateway.adapters.postgres.register import PostgresRegister
from services.gateway.pages import PageRequest
from shared.clock import SystemClock
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.messages.orders import CasesWanted
from shared.typed_words import words_of
from tests.alerting.folding import never_folded
from tests.bench.rows import row, say

SITES, CAMERAS, CASES = 2000, 20_000, 50_000
CALLS = 9
LIMIT = 6

FILL_SITES = """
insert into sites (id, name, kind, revision)
select 'school-' || n, '第' || n || (array['实验小学', '中学', '幼儿园', '职业技术学院'])[1 + n % 4] || '（东校区）', 'school', 1
from generate_series(1, :count) n
"""
FILL_CAMERAS = """
insert into cameras (id, site, name, purpose, main_url, main_transport, is_enabled, wants_audio, talk, talk_channel,
                     recording, analysis, revision)
select 'cam-' || n, 'school-' || 1 + n % :sites, (array['烹饪间', '粗加工', '备餐', '洗消', '仓储'])[1 + n % 5] || ' ' || n % 10,
       'processing', 'rtsp://10.0.0.1/' || n, 'tcp', true, false, 'none', 0, '{}', '{}', 1
from generate_series(1, :count) n
"""
FILL_CASES = """
insert into cases (case_id, site, cameras, source, title, text, risk, state, opened_by, opened_us)
select md5(n::text), 'school-' || 1 + n % :sites, '{}', 'alert',
       (array['未戴口罩', '疑似鼠患', '未戴厨师帽', '垃圾桶未盖'])[1 + n % 4] || '：第' || n % :sites || '小学烹饪间', '', 2, 'open', 'li',
       1700000000000000 + n::bigint * 1000000
from generate_series(1, :count) n
"""


async def measure() -> None:
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    credentials = Credentials.load_or_create(folder / "secrets.json", ("alerting", "gateway"))
    server = EmbeddedPostgres(folder, Ports(folder / "ports.json"), credentials.postgres, credentials.database)
    await server.start()
    gateway, alerting = Database(server.url("gateway"), "gateway"), Database(server.url("alerting"), "alerting")
    try:
        await gateway.migrate(Path(services.gateway.__file__).parent / "migrations")
        await alerting.migrate(Path(services.alerting.__file__).parent / "migrations")
        await fill(gateway, FILL_SITES, count=SITES)
        await fill(gateway, FILL_CAMERAS, count=CAMERAS, sites=SITES)
        await fill(alerting, FILL_CASES, count=CASES, sites=SITES)
        await ask(
            PostgresRegister(gateway),
            PostgresLoop(
                alerting, PostgresAlerts(alerting, lambda: None, never_folded()), SystemClock().now_us, lambda: None
            ),
        )
    finally:
        await gateway.close()
        await alerting.close()
        await server.stop()
        rmtree(folder, ignore_errors=True)


async def fill(database: Database, statement: str, **values: int) -> None:
    async with database.transaction() as session:
        await session.execute(text(statement), values)
        await session.execute(text("analyze"))


async def ask(register: PostgresRegister, loop: PostgresLoop) -> None:
    page = PageRequest(LIMIT, None)

    async def sites(words: tuple[str, ...]) -> int:
        return len(await register.sites(page, None, words))

    async def cameras(words: tuple[str, ...]) -> int:
        return len(await register.cameras(page, None, words))

    async def cases(words: tuple[str, ...]) -> int:
        return len(await loop.cases(CasesWanted(words=words, limit=LIMIT)))

    rows, samples = [], {}
    asked: list[tuple[str, str, Callable[[tuple[str, ...]], Awaitable[int]]]] = [
        ("schools", "第1999", sites),
        ("schools", "没有", sites),
        ("cameras", "1999实验 烹饪", cameras),
        ("cameras", "没有", cameras),
        ("cases", "鼠患 1999", cases),
        ("cases", "没有", cases),
        ("cases", "没有 没有", cases),
    ]
    for what, typed, find in asked:
        took_ms, found = [], 0
        for _ in range(CALLS + 1):
            began = time.monotonic()
            found = await find(words_of(typed))
            took_ms.append((time.monotonic() - began) * 1000)
        says = {
            "typed": typed,
            "found": found,
            "sites": SITES,
            "cameras": CAMERAS,
            "cases": CASES,
            "cores": os.cpu_count(),
        }
        name = f"{what} found by words"
        rows.append(row(name, took_ms[1:], None, "ms", is_higher_better=False, conditions=says, digits=1))
        samples[f"{what} {typed}"] = took_ms
    say(rows, samples, "search")


if __name__ == "__main__":
    asyncio.run(measure())
