"""The tables of notifications, as SQLAlchemy sees them; migration 0003 makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.alerting.adapters.postgres.tables import metadata

channels = Table(
    "notice_channels",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("person", Text),
    Column("kind", Text),
    Column("title", Text),
    Column("service", Text),
    Column("is_enabled", Boolean),
    Column("address", Text),
    Column("secret", Text),
    Column("failures", Integer),
    Column("last_error", Text),
    Column("last_us", BigInteger),
    Column("tested_us", BigInteger),
    Column("next_us", BigInteger),
    Column("leased_by", Text),
    Column("leased_until_us", BigInteger),
)

people = Table("notice_people", metadata, Column("person", Text, primary_key=True), Column("body", JSONB))
rotas = Table("notice_rotas", metadata, Column("rota", Text, primary_key=True), Column("body", JSONB))
chains = Table("notice_chains", metadata, Column("chain", Text, primary_key=True), Column("body", JSONB))

things = Table(
    "notice_things",
    metadata,
    Column("thing", Text, primary_key=True),
    Column("kind", Text),
    Column("subject", Text),
    Column("site", Text),
    Column("risk", Integer),
    Column("at_us", BigInteger),
    Column("by", Text),
    Column("detail", JSONB),
    Column("title", JSONB),
    Column("is_planned", Boolean),
    Column("acknowledged_by", Text),
    Column("acknowledged_us", BigInteger),
)

escalations = Table(
    "notice_escalations",
    metadata,
    Column("thing", Text, primary_key=True),
    Column("chain", Text, primary_key=True),
    Column("step", Integer),
    Column("began_us", BigInteger),
    Column("next_us", BigInteger),
)

deliveries = Table(
    "notice_deliveries",
    metadata,
    Column("delivery", Text, primary_key=True),
    Column("thing", Text),
    Column("person", Text),
    Column("channel", Text),
    Column("channel_kind", Text),
    Column("step", Integer),
    Column("state", Text),
    Column("why", Text),
    Column("made_us", BigInteger),
    Column("due_us", BigInteger),
    Column("sent_us", BigInteger),
    Column("delivered_us", BigInteger),
    Column("acknowledged_by", Text),
    Column("acknowledged_us", BigInteger),
    Column("message", Text),
    Column("attempts", Integer),
)

attempts = Table(
    "notice_attempts",
    metadata,
    Column("delivery", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at_us", BigInteger),
    Column("outcome", Text),
    Column("said", Text),
)
