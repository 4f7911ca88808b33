"""What every service answers to `status` (who it is, what it can do) and to `health` (how one worker of it is)."""

from __future__ import annotations

from pydantic import Field

from shared.messages.base import Message


class StatusWanted(Message):
    """Request `bk.v1.cmd.<service>.status`; says nothing, an empty payload is as good."""


class ServiceStatus(Message):
    """Its answer, from one worker of the service, whichever was free."""

    service: str
    worker: str
    version: str
    capabilities: tuple[str, ...] = Field((), description="what it can do today; empty: it starts, and no more")


class HealthWanted(Message):
    """Request `bk.v1.cmd.<service>.health[.<worker>]`; says nothing, an empty payload is as good."""


class Missing(Message):
    """Something that a worker needs and does not have now."""

    what: str = Field(description="start, stop, bus, database, objects, …")
    reason: str


class WorkerHealth(Message):
    """Its answer, from that worker, from its first moment on: also while it cannot start."""

    service: str
    worker: str
    version: str
    started_us: int = Field(description="UTC microseconds")
    missing: tuple[Missing, ...] = Field((), description="empty: it is ready")
