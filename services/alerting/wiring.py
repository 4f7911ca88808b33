"""Builds alerting's objects and connects them, one part after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.alerting.handlers.status import StatusDesk
from services.alerting.settings import Settings
from shared.bus.requests import RequestHandler
from shared.bus.streams import EVENTS
from shared.database import Database
from shared.errors import PeerError
from shared.objects import ObjectStore
from shared.presence import Presence
from shared.sealing import Sealer
from shared.service import Close, Context, Wired
from shared.supervise import RunOnce, Supervised

_MIGRATIONS = Path(__file__).parent / "migrations"

Task = tuple[str, Supervised | RunOnce]
Answers = Mapping[str, RequestHandler]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one part of alerting brings."""

    capabilities: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    answers: Answers = field(default_factory=dict)
    close: tuple[Close, ...] = ()


class _Stores:
    """The schema and the bucket, and the key that secrets are sealed with."""

    def __init__(self, settings: Settings):
        self.database = Database.from_settings(settings, "alerting")
        self.objects = ObjectStore.from_settings(settings, bucket=settings.own_bucket)
        self.sealer = Sealer.from_settings(settings)

    async def make(self) -> None:
        await self.database.migrate(_MIGRATIONS)
        await self.objects.ensure_bucket()

    async def close(self) -> None:
        await self.database.close()
        self.objects.close()


async def wire(context: Context[Settings]) -> Wired:
    """Its tables are there, then its parts; ready while the database answers."""
    settings, bus, clock = context.settings, context.bus, context.clock
    stores = _Stores(settings)
    try:
        await stores.make()
        await bus.ensure_stream(EVENTS)
    except PeerError:
        await stores.close()  # `wire` is called again
        raise
    presence = Presence(bus, "alerting", settings.worker_id, clock)
    parts: tuple[_Part, ...] = ()
    desk = StatusDesk(settings.worker_id, tuple(name for part in parts for name in part.capabilities))
    answers: dict[str, RequestHandler] = {"status": desk.status}
    for part in parts:
        answers |= part.answers
    stop_answering = await bus.serve("alerting", answers)
    return Wired(
        tasks=[("presence", presence), *(task for part in parts for task in part.tasks)],
        readiness={"database": stores.database.why_not_ready},
        close=[stop_answering, *(each for part in parts for each in part.close), presence.leave, stores.close],
    )
