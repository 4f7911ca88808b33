"""Uniforms of kitchens, kept in KV `uniforms`: what the detector watches is the one copy."""

from __future__ import annotations

from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.messages.uniforms import UniformEnrolled


class BusUniforms:
    """Implements `Uniforms`."""

    def __init__(self, bucket: KvBucket):
        self._bucket = bucket

    async def get(self, site: str) -> tuple[UniformEnrolled | None, int]:
        entry = await self._bucket.get(site)
        if entry is None or entry.value is None:
            return None, 0
        return UniformEnrolled.decode(entry.value), entry.revision

    async def put(self, enrolled: UniformEnrolled, revision: int) -> bool:
        try:
            if revision:
                await self._bucket.update(enrolled.site, enrolled.encode(), revision)
            else:
                await self._bucket.create(enrolled.site, enrolled.encode())
        except RevisionConflict:
            return False
        return True

    async def remove(self, site: str) -> None:
        await self._bucket.delete(site)
