"""The video of a case file, read from S3 in pieces."""

from __future__ import annotations

from collections.abc import AsyncIterator

from shared.objects import ObjectMissing, ObjectStore


class S3CaseSource:
    """Implements `SegmentBytes`."""

    def __init__(self, objects: ObjectStore):
        self._objects = objects

    async def pieces(self, object_name: str, size_bytes: int, piece_bytes: int) -> AsyncIterator[bytes]:
        for offset in range(0, size_bytes, piece_bytes):
            length = min(piece_bytes, size_bytes - offset)
            try:
                yield await self._objects.get(object_name, offset=offset, length=length)
            except ObjectMissing:
                return
