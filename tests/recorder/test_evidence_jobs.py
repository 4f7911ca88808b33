"""Cases that are sealed, found among very many: on a real PostgreSQL, by the recorder's own index."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from services.recorder.adapters.postgres.evidence_jobs import listed
from shared.database import Database
from shared.messages.evidence import EvidenceOf

MANY = """
    insert into evidence_jobs (id, asked_by, asked_us, reason, streams, stills, records, from_us, to_us,
                               locked_until_us, state, done_bytes, all_bytes, beat_us)
    select 'case-' || n, 'alerting', n, 'order o' || n % 10000 || ': ' || repeat('长', 1900), '[]', '[]', '[]',
           0, 1, 2, 'sealed', 0, 0, 0
    from generate_series(1, 20000) n
"""


async def test_what_is_sealed_of_an_order_is_looked_up(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text(MANY))
    async with database.transaction() as session:
        await session.execute(text("analyze evidence_jobs"))
        for reasons in (("order o77:",), ("c1 ", "order o77:", "order o78:")):
            query = listed(EvidenceOf(reasons=reasons, limit=21))
            compiled = str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
            plan = "\n".join((await session.scalars(text("explain " + compiled.replace(":", "\\:")))).all())
            assert "evidence_jobs_by_reason" in plan, plan
            found = (await session.execute(query)).all()
            assert {row.id for row in found} >= {"case-77", "case-10077"}
            assert {row.reason.partition(":")[0] + ":" for row in found} <= set(reasons)
