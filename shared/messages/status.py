"""What every service answers to the request `status`: who it is and what it can do."""

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
