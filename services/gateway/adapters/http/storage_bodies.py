"""Requests and answers about what is stored and for how long."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from services.gateway.adapters.http.bodies import Answer, Body
from services.gateway.adapters.http.schemas import Id


class StoredStreamAnswer(Answer):
    """What is kept of one stream."""

    site: str
    camera: str
    stream: str
    oldest: datetime | None
    newest: datetime
    days_held: float
    retention_days: int
    segments: int
    size_bytes: int
    gaps: int | None = Field(
        None, description="holes between oldest and newest that nobody planned; null: not counted by this recorder"
    )
    gap_s: float | None = Field(None, description="how long those are together")
    holds: int = Field(0, description="evidence and open cases that keep parts of it longer than its days")
    cut_at: datetime | None = Field(
        None,
        description="when some of it was last deleted before its days were over, because the recordings of its site"
        " were too many (`recordings_gb`); null: not within the last week",
    )


class RetentionTrialOrder(Body):
    """How many days to try, on which cameras."""

    cameras: list[Id] = Field(min_length=1, max_length=50)
    retention_days: int = Field(ge=7, le=3650)


class RetentionTrialItem(Answer):
    """What one stream would lose."""

    camera: str
    stream: str
    segments: int
    size_bytes: int
    start: datetime | None = Field(None, description="of the oldest that would go; null: all of it is held")
    end: datetime | None = None
    held_segments: int = Field(0, description="as old, and kept: evidence and open cases")
    held_bytes: int = 0


class RetentionTrialAnswer(Answer):
    """What would be deleted, as it is now; streams that lose nothing are left out."""

    before: datetime = Field(description="what ended before this moment would go, within about ten minutes")
    items: list[RetentionTrialItem]
