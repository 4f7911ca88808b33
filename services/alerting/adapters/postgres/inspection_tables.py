"""Tables of draws and inspections, as SQLAlchemy sees them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.alerting.adapters.postgres.tables import metadata

draws = Table(
    "draws",
    metadata,
    Column("draw_id", Text, primary_key=True),
    Column("title", Text),
    Column("state", Text),
    Column("opened_by", Text),
    Column("opened_us", BigInteger),
    Column("frozen", Text),
    Column("frozen_sha256", Text),
    Column("kitchens", Integer),
    Column("called", JSONB),
    Column("commit_until_us", BigInteger),
    Column("reveal_until_us", BigInteger),
    Column("published_sha256", Text),
    Column("drawn_us", BigInteger),
    Column("drawn", Text),
    Column("why", Text),
)

draw_seeds = Table(
    "draw_seeds",
    metadata,
    Column("draw_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("department", Text),
    Column("account", Text),
    Column("commitment", Text),
    Column("committed_us", BigInteger),
    Column("seed", Text),
    Column("nonce", Text),
    Column("revealed_us", BigInteger),
)

inspections = Table(
    "inspections",
    metadata,
    Column("inspection_id", Text, primary_key=True),
    Column("draw_id", Text),
    Column("site", Text),
    Column("supervisor", Text),
    Column("stratum", Text),
    Column("state", Text),
    Column("due_us", BigInteger),
    Column("looked_by", Text),
    Column("way", Text),
    Column("started_us", BigInteger),
    Column("finished_us", BigInteger),
    Column("found", Text),
    Column("text", Text),
    Column("case_id", Text),
)

inspection_steps = Table(
    "inspection_steps",
    metadata,
    Column("inspection_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at_us", BigInteger),
    Column("by", Text),
    Column("body", JSONB),
)
