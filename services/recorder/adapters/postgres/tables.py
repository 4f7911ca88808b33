"""The recorder's tables, as SQLAlchemy sees them; `services/recorder/migrations` makes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

segments = Table(
    "segments",
    metadata,
    Column("site", Text),
    Column("camera", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("starts_us", BigInteger, primary_key=True),
    Column("ends_us", BigInteger),
    Column("run", Text, primary_key=True),
    Column("first_seq", BigInteger, primary_key=True),
    Column("last_seq", BigInteger),
    Column("size_bytes", Integer),
    Column("codecs", Text),
    Column("gops", LargeBinary),
    Column("sha256", LargeBinary),
    Column("number", BigInteger),
    Column("link", LargeBinary),
    Column("gap_from_us", BigInteger),
    Column("gap_cause", Text),
)

heads = Table(
    "heads",
    metadata,
    Column("site", Text),
    Column("camera", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("run", Text),
    Column("last_seq", BigInteger),
    Column("ends_us", BigInteger),
    Column("media_seq", BigInteger),
    Column("number", BigInteger),
    Column("link", LargeBinary),
    # of everything that is kept
    Column("segments", BigInteger),
    Column("size_bytes", BigInteger),
)
