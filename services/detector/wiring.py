"""Builds the detector's objects and connects them."""

from __future__ import annotations

from services.detector.handlers import Handlers
from services.detector.settings import Settings
from shared.bus.streams import EVENTS
from shared.presence import Presence
from shared.service import Context, Wired


async def wire(context: Context[Settings]) -> Wired:
    """On the bus with a sign of life, answering what it can do."""
    worker = context.settings.worker_id
    presence = Presence(context.bus, "detector", worker, context.clock)
    await context.bus.ensure_stream(EVENTS)
    stop_answering = await context.bus.serve("detector", {"status": Handlers(worker).status})
    return Wired(tasks=[("presence", presence)], close=[stop_answering, presence.leave])
