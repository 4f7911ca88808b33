"""What is seen of the six services, put into one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from shared.messages.status import ServiceStatus, WorkerHealth

ServiceName = Literal["ingest", "detector", "alerting", "recorder", "intercom", "gateway"]
SERVICES: tuple[ServiceName, ...] = ("ingest", "detector", "alerting", "recorder", "intercom", "gateway")


@dataclass(frozen=True, slots=True)
class InstanceSeen:
    """One worker. `missing`: what it needs and does not have, with the reason in words for whoever keeps it running.

    `silent`: it gives signs of life and does not answer.
    """

    worker: str
    state: Literal["ready", "not_ready", "silent"]
    version: str | None = None
    started: datetime | None = None
    missing: tuple[tuple[str, str], ...] = ()


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
    instances: tuple[InstanceSeen, ...] = ()


class Services(Protocol):
    """Who is there."""

    def is_bus_up(self) -> bool:
        """Without it nobody else is seen."""
        ...

    async def seen(self) -> Sequence[ServiceSeen]: ...


def seen(
    name: ServiceName,
    workers: int,
    answer: ServiceStatus | None,
    since: datetime | None,
    instances: tuple[InstanceSeen, ...] = (),
) -> ServiceSeen:
    """A service is up when it answers; one that lives and does not answer is overloaded, hangs, or still starts."""
    if answer is not None:
        says = None if answer.capabilities else "It starts, and can do nothing yet."
        count = max(workers, 1)
        return ServiceSeen(name, "up", count, since, answer.version, says, answer.capabilities, instances)
    if any(each.state != "silent" for each in instances):
        says = "It is starting, or waits for what it needs."
        return ServiceSeen(name, "degraded", max(workers, 1), since, detail=says, instances=instances)
    if workers:
        says = "It gives signs of life and does not answer."
        return ServiceSeen(name, "degraded", workers, since, detail=says, instances=instances)
    return ServiceSeen(name, "down", 0, since, detail="Nobody answers. Look at its log, or start it.")


def instance_seen(health: WorkerHealth) -> InstanceSeen:
    return InstanceSeen(
        health.worker,
        "not_ready" if health.missing else "ready",
        health.version,
        datetime.fromtimestamp(health.started_us / 1e6, UTC),
        tuple((each.what, each.reason) for each in health.missing),
    )
