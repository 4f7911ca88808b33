"""Builds alerting's objects and connects them."""

from __future__ import annotations

from services.alerting.handlers import Handlers
from services.alerting.settings import Settings
from shared.bus.streams import EVENTS
from shared.database import Database
from shared.presence import Presence
from shared.service import Context, Wired


async def wire(context: Context[Settings]) -> Wired:
    """On the bus with a sign of life, answering what it can do; ready while its database answers."""
    worker = context.settings.worker_id
    presence = Presence(context.bus, "alerting", worker, context.clock)
    await context.bus.ensure_stream(EVENTS)
    stop_answering = await context.bus.serve("alerting", {"status": Handlers(worker).status})
    database = Database.from_settings(context.settings, "alerting")
    return Wired(
        tasks=[("presence", presence)],
        readiness={"database": database.why_not_ready},
        close=[stop_answering, presence.leave, database.close],
    )
