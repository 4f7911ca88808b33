"""What is seen of the six services, put into one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from shared.messages.status import ServiceStatus

ServiceName = Literal["ingest", "detector", "alerting", "recorder", "intercom", "gateway"]
SERVICES: tuple[ServiceName, ...] = ("ingest", "detector", "alerting", "recorder", "intercom", "gateway")


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """`workers` processes give signs of life; `since` is when this gateway first saw the state it is in."""

    name: str
    state: Literal["up", "degraded", "down"]
    workers: int
    since: datetime | None
    version: str | None = None
    detail: str | None = None
    capabilities: tuple[str, ...] = ()


class Services(Protocol):
    """Who is there."""

    async def seen(self) -> Sequence[ServiceSeen]: ...


def seen(name: ServiceName, workers: int, answer: ServiceStatus | None, since: datetime | None) -> ServiceSeen:
    """A service is up when it answers; one that lives and does not answer is overloaded or hangs."""
    if answer is not None:
        says = None if answer.capabilities else "It starts, and can do nothing yet."
        return ServiceSeen(name, "up", max(workers, 1), since, answer.version, says, answer.capabilities)
    if workers:
        return ServiceSeen(name, "degraded", workers, since, detail="It gives signs of life and does not answer.")
    return ServiceSeen(name, "down", 0, since, detail="Nobody answers. Look at its log, or start it.")
