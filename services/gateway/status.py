"""What the six services say of themselves, put into one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

ServiceName = Literal["ingest", "detector", "alerting", "recorder", "intercom", "gateway"]
SERVICES: tuple[ServiceName, ...] = ("ingest", "detector", "alerting", "recorder", "intercom", "gateway")


@dataclass(frozen=True, slots=True)
class ServiceSeen:
    """`workers` processes answered; `since` is when this gateway first saw the state it is in."""

    name: str
    state: Literal["up", "degraded", "down"]
    workers: int
    since: datetime | None = None
    version: str | None = None
    detail: str | None = None


class Services(Protocol):
    """Who is there."""

    async def seen(self) -> Sequence[ServiceSeen]: ...
