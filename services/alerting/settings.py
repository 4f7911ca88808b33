"""What alerting is told from outside."""

from __future__ import annotations

from shared.settings import DatabaseSettings, ObjectSettings, SealingSettings, ServiceSettings, setting


class Settings(ServiceSettings, DatabaseSettings, ObjectSettings, SealingSettings):
    """Variables `BK_*` of alerting."""

    rule_hold_s: float = setting(
        1.0,
        says="seconds after a picture was taken in which facts about it are put in order before rules judge them",
        when_wrong="short: facts that overtake each other are left alone; long: every alert comes so much later",
        ge=0.1,
        le=10,
    )

    @property
    def own_bucket(self) -> str:
        """Photos and documents of the closed loop lie beside the recordings, never among them."""
        return f"{self.s3_bucket}-alerting"
