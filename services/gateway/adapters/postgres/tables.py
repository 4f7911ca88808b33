"""The tables, as the queries see them; `migrations/` makes them."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("name", String, primary_key=True),
    Column("password_hash", String, nullable=False),
    Column("roles", ARRAY(String), nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("sites", ARRAY(String)),
    Column("ends_at", DateTime(timezone=True)),
    Column("units", ARRAY(String)),
)

logins = Table(
    "logins",
    metadata,
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("address", String, nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("agent", String, nullable=False),
)

passwords_due = Table("passwords_due", metadata, Column("account", String, primary_key=True))

second_factors = Table(
    "second_factors",
    metadata,
    Column("account", String, primary_key=True),
    Column("sealed", String, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("last_step", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes", metadata, Column("account", String, primary_key=True), Column("hash", String, primary_key=True)
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("account", String, nullable=False),
    Column("name", String, nullable=False),
    Column("verbs", ARRAY(String), nullable=False),
    Column("sites", ARRAY(String)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
)

oidc_accounts = Table(
    "oidc_accounts",
    metadata,
    Column("issuer", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("account", String, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("account", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("status", Integer),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

failed_logins = Table(
    "failed_logins",
    metadata,
    Column("account", String, primary_key=True),
    Column("address", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_s", Double, nullable=False),
)

public_screens = Table(
    "public_screens",
    metadata,
    Column("id", String, primary_key=True),
    Column("token_hash", String, nullable=False),
    Column("name", String, nullable=False),
    Column("cameras", ARRAY(String), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("hours", JSONB, nullable=False),
    Column("time_zone", String, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("link_made_at", DateTime(timezone=True), nullable=False),
    Column("revision", Integer, nullable=False),
)

units = Table(
    "units",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("name_en", String),
    Column("kind", String, nullable=False),
    Column("parent", String),
    Column("revision", Integer, nullable=False),
)

sites = Table(
    "sites",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("recordings_gb", Integer),
    Column("unit", String),
    Column("revision", Integer, nullable=False),
)

cameras = Table(
    "cameras",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("name", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("main_url", String, nullable=False),
    Column("main_transport", String, nullable=False),
    Column("sub_url", String),
    Column("sub_transport", String),
    Column("username", String),
    Column("sealed_password", String),
    Column("is_enabled", Boolean, nullable=False),
    Column("wants_audio", Boolean, nullable=False),
    Column("talk", String, nullable=False),
    Column("talk_port", Integer),
    Column("talk_channel", Integer, nullable=False),
    Column("recording", JSONB, nullable=False),
    Column("analysis", JSONB, nullable=False),
    Column("revision", Integer, nullable=False),
)

# What the bus has not been told yet, in the order in which it happened.
outbox = Table(
    "outbox",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("fact", String, nullable=False),
    Column("site", String, nullable=False),
    Column("camera", String, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by", String, nullable=False),
)

# `number`, `site` and `hash` are filled in by a trigger, so that any number of gateways make one chain.
audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("action", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("who", String),
    Column("camera", String),
    Column("address", String),
    Column("seconds", Double),
    Column("detail", JSONB, nullable=False),
    Column("site", String),
    Column("hash", LargeBinary, nullable=False),
)
