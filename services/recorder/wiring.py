"""Builds the recorder's objects and connects them."""

from __future__ import annotations

from services.recorder.handlers import Handlers
from services.recorder.settings import Settings
from shared.bus.streams import EVENTS
from shared.database import Database
from shared.errors import PeerError
from shared.objects import ObjectStore
from shared.presence import Presence
from shared.service import Context, Wired


async def wire(context: Context[Settings]) -> Wired:
    """Its bucket is there, then on the bus with a sign of life; ready while database and S3 answer."""
    worker = context.settings.worker_id
    presence = Presence(context.bus, "recorder", worker, context.clock)
    objects = ObjectStore.from_settings(context.settings)
    try:
        await objects.ensure_bucket()
        await context.bus.ensure_stream(EVENTS)
        stop_answering = await context.bus.serve("recorder", {"status": Handlers(worker).status})
    except PeerError:
        objects.close()  # `wire` is called again
        raise
    database = Database.from_settings(context.settings, "recorder")

    async def close_objects() -> None:
        objects.close()

    return Wired(
        tasks=[("presence", presence)],
        readiness={"database": database.why_not_ready, "objects": objects.why_not_ready},
        close=[stop_answering, presence.leave, database.close, close_objects],
    )
