"""The media plane of the bus, and the leases that tell ingest that somebody looks."""

from __future__ import annotations

from typing import Literal

from services.gateway.live_feed import OnFragment, Unsubscribe
from services.gateway.live_hub import ChannelKey
from shared import subjects
from shared.bus import Bus
from shared.bus.kv import KvBucket
from shared.media.fragment import Fragment
from shared.messages.cameras import WatchLease

# The longest GOP that is looked for, one access unit a fragment: 20 s at 30 pictures a second.
_RECENT_LIMIT = 600


class BusMediaFeed:
    """Implements `MediaFeed`."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def subscribe(self, key: ChannelKey, on_fragment: OnFragment) -> Unsubscribe:
        subscription = await self._bus.subscribe_media(subjects.media(key.camera, key.stream), on_fragment)
        return subscription.close

    async def recent(self, key: ChannelKey, since_us: int) -> list[Fragment]:
        return await self._bus.recent_media(subjects.media(key.camera, key.stream), since_us, limit=_RECENT_LIMIT)


class BusWatchLeases:
    """Implements `WatchLeases` in the bucket `watches`."""

    def __init__(self, bucket: KvBucket, holder: str):
        self._bucket = bucket
        self._holder = holder

    async def put(self, key: ChannelKey, wants_each_picture: bool) -> None:
        pictures: Literal["each", "grouped"] = "each" if wants_each_picture else "grouped"
        lease = WatchLease(holder=self._holder, stream=key.stream, pictures=pictures)
        await self._bucket.put(self._key(key), lease.encode())

    async def drop(self, key: ChannelKey) -> None:
        await self._bucket.delete(self._key(key))

    def _key(self, key: ChannelKey) -> str:
        return f"{key.camera.key}.{key.stream}.{self._holder}"
