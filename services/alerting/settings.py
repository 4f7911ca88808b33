"""What alerting is told from outside."""

from __future__ import annotations

from shared.settings import DatabaseSettings, ObjectSettings, SealingSettings, ServiceSettings


class Settings(ServiceSettings, DatabaseSettings, ObjectSettings, SealingSettings):
    """Variables `BK_*` of alerting."""

    @property
    def own_bucket(self) -> str:
        """Photos and documents of the closed loop lie beside the recordings, never among them."""
        return f"{self.s3_bucket}-alerting"
