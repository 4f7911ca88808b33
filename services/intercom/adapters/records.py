"""What the intercom remembers: its schema in PostgreSQL and its bucket in S3, neither needed to speak.

A talk in an emergency must not wait for a database: the service starts and is ready without either, and makes both as
soon as they answer. What is asked of them meanwhile is refused in words, or waits in a bounded queue of its owner.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from services.intercom.settings import Settings
from shared.database import Database
from shared.objects import ObjectStore

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


class Records:
    """Both stores. `run_once` makes them; `made` is set from then on."""

    def __init__(self, settings: Settings):
        self.database = Database.from_settings(settings, "intercom")
        self.objects = ObjectStore.from_settings(settings, bucket=settings.own_bucket)
        self.made = asyncio.Event()

    async def run_once(self) -> None:
        """Raises PeerError while one of them is away; returns never once both are there."""
        await self.database.migrate(_MIGRATIONS)
        await self.objects.ensure_bucket()
        self.made.set()
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self.database.close()
        self.objects.close()
