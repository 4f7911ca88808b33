"""What alerting is told from outside."""

from __future__ import annotations

from shared.settings import DatabaseSettings, ServiceSettings


class Settings(ServiceSettings, DatabaseSettings):
    """Variables `BK_*` of alerting: those of every service, and its database."""
