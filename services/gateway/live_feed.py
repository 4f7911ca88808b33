"""Where live pictures come from, as the live view sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from services.gateway.live_hub import ChannelKey
from shared.media.fragment import Fragment

OnFragment = Callable[[Fragment], None]
Unsubscribe = Callable[[], Awaitable[None]]


class MediaFeed(Protocol):
    """The media plane of the bus."""

    async def subscribe(self, key: ChannelKey, on_fragment: OnFragment) -> Unsubscribe:
        """Call `on_fragment` for each fragment from now on, in order."""
        ...

    async def recent(self, key: ChannelKey, since_us: int) -> list[Fragment]:
        """What the bus still holds since then, oldest first. Raises PeerError where it does not answer."""
        ...


class WatchLeases(Protocol):
    """Tells ingest that somebody looks."""

    async def put(self, key: ChannelKey, wants_each_picture: bool) -> None: ...

    async def drop(self, key: ChannelKey) -> None: ...
