"""The gateway's PostgreSQL schema."""
