"""Segments as objects in S3."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.recorder.segment import Segment
from shared.objects import ObjectStore, ObjectsUnreachable

# = how long 48 MB may take; an S3 that hangs must be noticed well before "recording stale" is due (30 s)
PUT_LIMIT_S = 15.0


class S3Segments:
    """Implements `SegmentObjects`."""

    def __init__(self, objects: ObjectStore):
        self._objects = objects

    async def put(self, segment: Segment, parts: Sequence[bytes]) -> None:
        try:
            async with asyncio.timeout(PUT_LIMIT_S):
                await self._objects.put(segment.object_name, b"".join(parts), "video/mp4")
        except TimeoutError as error:
            raise ObjectsUnreachable(f"a segment was not taken within {PUT_LIMIT_S:g} s") from error
