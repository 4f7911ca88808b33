"""Recorded GOPs, read from their objects in S3."""

from __future__ import annotations

from services.recorder.segment import Gop, Segment
from shared.errors import RequestRefused
from shared.objects import ObjectMissing, ObjectStore


class S3Gops:
    """Implements `GopSource`."""

    def __init__(self, objects: ObjectStore):
        self._objects = objects

    async def read(self, segment: Segment, gop: Gop) -> bytes:
        try:
            return await self._objects.get(segment.object_name, offset=gop.offset, length=gop.size_bytes)
        except ObjectMissing as error:
            raise RequestRefused("recording_missing", f"{segment.object_name} is not in S3.", status=404) from error
