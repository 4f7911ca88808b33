"""Alerting's tables, as SQLAlchemy sees them; `services/alerting/migrations` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Identity, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

rules = Table(
    "rules",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JSONB),
    Column("changed_by", Text),
    Column("changed_us", BigInteger),
)

alerts = Table(
    "alerts",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("site", Text),
    Column("camera", Text),
    Column("shard", Integer),
    Column("rule", Text),
    Column("risk", Integer),
    Column("progress", Text),
    Column("is_silent", Boolean),
    Column("first_us", BigInteger),
    Column("last_us", BigInteger),
    Column("body", JSONB),
    Column("folded_into", Text),
    Column("acknowledged_by", Text),
    Column("acknowledged_us", BigInteger),
    Column("verdict", Text),
    Column("reviewed_by", Text),
    Column("reviewed_us", BigInteger),
    Column("review_note", Text),
    Column("case_id", Text),
    Column("reopen_us", BigInteger),
    Column("outage", Text),
    Column("district_into", Text),
    Column("said", Text),
)

reviews = Table(
    "reviews",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("alert", Text),
    Column("verdict", Text),
    Column("by", Text),
    Column("at_us", BigInteger),
    Column("note", Text),
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", BigInteger, Identity(), primary_key=True),
    Column("fact", Text),
    Column("body", JSONB),
)

positions = Table(
    "positions",
    metadata,
    Column("shard", Integer, primary_key=True),
    Column("from_seq", BigInteger),
    Column("judged", JSONB),
    Column("written_us", BigInteger),
)

calendars = Table(
    "calendars",
    metadata,
    Column("calendar", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JSONB),
    Column("changed_by", Text),
    Column("changed_us", BigInteger),
)

silences = Table(
    "silences",
    metadata,
    Column("silence", Text, primary_key=True),
    Column("body", JSONB),
    Column("from_us", BigInteger),
    Column("until_us", BigInteger),
    Column("made_us", BigInteger),
)

spoken_warnings = Table(
    "spoken_warnings",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("site", Text),
    Column("camera", Text),
    Column("rule", Text),
    Column("state", Text),
    Column("due_us", BigInteger),
    Column("body", JSONB),
)
