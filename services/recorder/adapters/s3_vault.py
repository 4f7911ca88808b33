"""What is locked in S3: statements and case files in a bucket of their own that was made to lock."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from tempfile import TemporaryFile

from shared.objects import ObjectMissing, ObjectStore


class S3Vault:
    """Implements `Vault`; `objects` is a bucket made with `can_lock`."""

    def __init__(self, objects: ObjectStore):
        self._objects = objects

    async def keep(self, name: str, data: bytes, until_us: int) -> None:
        try:
            await self._objects.stat(name)
        except ObjectMissing:
            await self._objects.put_locked(name, data, _time(until_us), "application/json")

    async def keep_stream(self, name: str, pieces: AsyncIterator[bytes], until_us: int) -> tuple[int, str]:
        # By way of a file that has no name and is gone with the process: memory stays bounded, the disk holds a case.
        digest, size_bytes = hashlib.sha256(), 0
        with TemporaryFile(prefix="bright-kitchen-case-") as file:
            async for piece in pieces:
                digest.update(piece)
                size_bytes += await asyncio.to_thread(file.write, piece)
            file.seek(0)
            await self._objects.put_locked(name, file, _time(until_us), "application/zip")
        return size_bytes, digest.hexdigest()


def _time(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC)
