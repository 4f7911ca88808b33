"""What every service answers when it is asked how it is (command `status`)."""

from __future__ import annotations

from pydantic import Field

from shared.messages.base import Message


class StatusRequest(Message):
    """Command `status` of any service."""


class ServiceStatus(Message):
    """One worker's answer."""

    service: str
    worker: str
    version: str = "0.1.0"
    capabilities: tuple[str, ...] = Field((), description="what it can do today; empty: nothing yet")
    figures: dict[str, float] = Field(default_factory=dict, description="a few numbers of this worker, by name")
