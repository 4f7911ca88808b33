"""What the intercom is told from outside."""

from __future__ import annotations

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Variables `BK_*` of the intercom: those of every service."""
