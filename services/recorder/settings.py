"""What the recorder is told from outside."""

from __future__ import annotations

from shared.settings import DatabaseSettings, ObjectSettings, ServiceSettings


class Settings(ServiceSettings, DatabaseSettings, ObjectSettings):
    """Variables `BK_*` of the recorder: those of every service, its database and its bucket."""
