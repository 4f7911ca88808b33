"""What the bus says of cameras that somebody looks at: one subscription a stream, one lease, however many look."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from services.intercom.adapters.opus_maker import OpusMaker
from services.intercom.picture_channel import Heard, PictureChannel, require_watchable
from shared import subjects
from shared.bus import Bus
from shared.bus.kv import KvBucket
from shared.clock import Clock
from shared.errors import PeerError, ProtocolViolation
from shared.media.fragment import Fragment
from shared.messages.cameras import StreamName, WatchLease
from shared.subjects import CameraRef
from shared.telemetry import counter, gauge, log

RENEWAL_S = 2.0
# A camera that is online sends a picture within this time, and a sub stream is being pulled.
FIRST_PICTURE_S = 5.0
# The past is asked for from a usual GOP ago, and where that holds no IDR from the longest.
_USUAL_GOP_S, _LONGEST_GOP_S = 5.0, 21.0
_RECENT_LIMIT = 600

_open_feeds = gauge("intercom_feeds", "Streams of cameras that this worker hears from the bus")
_unreadable = counter("intercom_unreadable_total", "Fragments or sounds that could not be read", ["what"])


class Listener(Protocol):
    """One who hears the camera."""

    def hear(self, payload: bytes, at: int) -> None: ...


@dataclass(slots=True, eq=False)
class CameraFeed:
    """One stream of one camera, kept while somebody holds it."""

    camera: CameraRef
    stream: StreamName
    channel: PictureChannel = field(default_factory=PictureChannel)
    listeners: set[Listener] = field(default_factory=set)
    holders: int = 0
    has_picture: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Task[Callable[[], Awaitable[None]]] | None = None
    _opus: OpusMaker | None = None

    def live(self, fragment: Fragment, now_s: float) -> None:
        try:
            heard = self.channel.live(fragment, now_s)
        except ProtocolViolation as error:
            _unreadable.labels(what="fragment").inc()
            log().warning("a fragment that cannot be sent", camera=str(self.camera), detail=str(error))
            return
        if self.channel.codecs is not None:
            self.has_picture.set()
        if not self.listeners:
            self._opus = None
        elif heard is not None:
            self._make(heard, now_s)

    def _make(self, heard: Heard, now_s: float) -> None:
        self._opus = self._opus or OpusMaker()
        try:
            made = self._opus.make(heard, now_s)
        except ProtocolViolation as error:
            _unreadable.labels(what="sound").inc()
            log().warning("sound that cannot be sent", camera=str(self.camera), detail=str(error))
            return
        for payload, at in made:
            for listener in self.listeners:
                listener.hear(payload, at)


class CameraFeeds:
    """`run_once` is supervised: it renews the leases."""

    def __init__(self, bus: Bus, leases: KvBucket, worker: str, clock: Clock):
        self._bus = bus
        self._leases = leases
        self._holder = f"intercom-{worker}"
        self._clock = clock
        self._feeds: dict[tuple[CameraRef, StreamName], CameraFeed] = {}

    async def open(self, camera: CameraRef, stream: StreamName) -> CameraFeed:
        """Held from here on, until `close`. Raises RequestRefused where WebRTC cannot carry it, PeerError."""
        key = camera, stream
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = CameraFeed(camera, stream)
            feed.opened = asyncio.create_task(self._open(feed), name=f"feed of {camera} {stream}")
            _open_feeds.set(len(self._feeds))
        feed.holders += 1
        try:
            assert feed.opened is not None
            await asyncio.shield(feed.opened)
            if feed.channel.codecs is None:
                await _within(FIRST_PICTURE_S, feed.has_picture.wait())
            require_watchable(feed.channel, str(camera))
        except BaseException:
            await self.close(feed)
            raise
        return feed

    async def close(self, feed: CameraFeed) -> None:
        """The counterpart of `open`; the last one ends the subscription and the lease."""
        feed.holders -= 1
        if feed.holders > 0 or self._feeds.get((feed.camera, feed.stream)) is not feed:
            return
        del self._feeds[feed.camera, feed.stream]
        _open_feeds.set(len(self._feeds))
        try:
            assert feed.opened is not None
            await (await feed.opened)()
            await self._leases.delete(self._key(feed))
        except PeerError as error:
            log().warning("a feed not ended in order", camera=str(feed.camera), detail=str(error))

    async def run_once(self) -> None:
        for feed in list(self._feeds.values()):
            await self._tell(feed)
        await self._clock.sleep(RENEWAL_S)

    async def _open(self, feed: CameraFeed) -> Callable[[], Awaitable[None]]:
        """Subscribe first, then fetch the past: the other way round leaves a hole between them."""
        await self._tell(feed)
        clock, subject = self._clock, subjects.media(feed.camera, feed.stream)
        subscription = await self._bus.subscribe_media(subject, lambda each: feed.live(each, clock.monotonic()))
        past: list[Fragment] = []
        try:
            past = await self._past(subject)
            feed.channel.seed(past, clock.monotonic())
        except (PeerError, ProtocolViolation) as error:
            # Without the past a view begins at the next IDR.
            log().warning("no past of a stream", camera=str(feed.camera), stream=feed.stream, detail=str(error))
            feed.channel.seed([], clock.monotonic())
        return subscription.close

    async def _past(self, subject: str) -> list[Fragment]:
        for back_s in (_USUAL_GOP_S, _LONGEST_GOP_S):
            since_us = self._clock.now_us() - round(back_s * 1e6)
            past = await self._bus.recent_media(subject, since_us, limit=_RECENT_LIMIT)
            if not past or any(fragment.header.is_idr for fragment in past):
                return past
        return past

    async def _tell(self, feed: CameraFeed) -> None:
        lease = WatchLease(holder=self._holder, stream=feed.stream, pictures="each")
        await self._leases.put(self._key(feed), lease.encode())

    def _key(self, feed: CameraFeed) -> str:
        return subjects.watch_key(feed.camera, feed.stream, self._holder)


async def _within(limit_s: float, wait: Awaitable[object]) -> None:
    try:
        async with asyncio.timeout(limit_s):
            await wait
    except TimeoutError:
        return
