"""A camera's picture and sound on their way to one browser."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from aiortc import RTCRtpTransceiver

from services.intercom.adapters.camera_feeds import CameraFeed, CameraFeeds
from services.intercom.adapters.rtp_outlet import H264_IDS
from services.intercom.adapters.rtp_outlet import feed as feed_sender
from services.intercom.adapters.webrtc_peer import WebRtcPeer
from services.intercom.h264_choice import chosen
from services.intercom.offered import Section, h264_profiles, has_opus
from services.intercom.picture_channel import require_watchable
from services.intercom.picture_queue import LossWatch, PictureQueue
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.telemetry import counter

# = how fast a GOP so far is sent: 2 MB in 0.3 s. Faster, and a switch between us and the browser drops it.
_BYTES_A_SECOND = 6_250_000
_SOUNDS_MAX = 25  # half a second

_shed = counter("intercom_pictures_shed_total", "Pictures that viewers lost here, because they did not keep up")


class SentMedia:
    """Sent from the moment that the browser is connected: what it sees first is the newest then.

    Args:
        feed: held by this, until `close`.
    """

    def __init__(self, feed: CameraFeed, feeds: CameraFeeds, clock: Clock):
        self._feed = feed
        self._feeds = feeds
        self._clock = clock
        self._woken = asyncio.Event()
        self._queue = PictureQueue(self._woken.set)
        self._losses = LossWatch()
        self._sounds: deque[tuple[bytes, int]] = deque(maxlen=_SOUNDS_MAX)
        self._sounding = asyncio.Event()
        self._free_s = 0.0
        self._video: RTCRtpTransceiver | None = None

    @property
    def codecs(self) -> str:
        return self._feed.channel.codecs or ""

    @property
    def has_sound(self) -> bool:
        return self._feed.channel.has_sound

    @property
    def pictures(self) -> int:
        return self._queue.pictures

    @property
    def shed(self) -> int:
        return self._queue.shed

    @property
    def is_thin(self) -> bool:
        return self._queue.is_thin

    @property
    def size(self) -> tuple[int, int]:
        return self._feed.channel.width, self._feed.channel.height

    def send_picture(self, transceiver: RTCRtpTransceiver) -> None:
        self._video = transceiver
        feed_sender(transceiver.sender, self._next_picture, self._lost)

    def send_sound(self, transceiver: RTCRtpTransceiver) -> None:
        feed_sender(transceiver.sender, self._next_sound, lambda: None)

    def require_watchable(self) -> None:
        """Raises RequestRefused where the camera sends by now what WebRTC cannot carry."""
        require_watchable(self._feed.channel, str(self._feed.camera))

    async def look_at_losses(self) -> None:
        """What the browser reports of its network decides whether it is given all pictures; once a second."""
        if self._video is None:
            return
        report = await self._video.sender.getStats()
        for one in report.values():
            if one.type == "remote-inbound-rtp" and (lost := getattr(one, "fractionLost", None)) is not None:
                self._queue.is_thin = self._losses.report(lost / 256)

    async def close(self) -> None:
        self._feed.channel.lookers.discard(self._queue)
        self._feed.listeners.discard(self)
        _shed.inc(self._queue.shed)
        await self._feeds.close(self._feed)

    def hear(self, payload: bytes, at: int) -> None:
        """Implements `Listener`."""
        self._sounds.append((payload, at))
        self._sounding.set()

    async def _next_picture(self) -> tuple[Sequence[bytes], int]:
        channel, clock, queue = self._feed.channel, self._clock, self._queue
        if queue not in channel.lookers:
            channel.join(queue, clock.monotonic(), clock.now_us())
        wait_s = self._free_s - clock.monotonic()
        if wait_s > 0.002:
            await asyncio.sleep(wait_s)
        while (taken := queue.take()) is None:
            self._woken.clear()
            await self._woken.wait()
        picture, at_90k = taken
        self._free_s = max(self._free_s, clock.monotonic()) + picture.size_bytes / _BYTES_A_SECOND
        return picture.payloads, at_90k

    async def _next_sound(self) -> tuple[Sequence[bytes], int]:
        self._feed.listeners.add(self)
        while not self._sounds:
            self._sounding.clear()
            await self._sounding.wait()
        payload, at = self._sounds.popleft()
        return (payload,), at

    def _lost(self) -> None:
        now_s = self._clock.monotonic()
        if self._queue in self._feed.channel.lookers and self._queue.may_begin(now_s):
            self._feed.channel.again(self._queue, now_s, self._clock.now_us())


OPUS = (("audio/opus", ""),)


def picture_codecs(media: SentMedia, offer: str) -> tuple[tuple[str, str], ...]:
    """What to answer for the picture. Raises RequestRefused where the browser takes none of it."""
    profile = chosen(media.codecs.partition(",")[0], h264_profiles(offer))
    if profile is None:
        raise RequestRefused(
            "no_common_codec",
            f"This browser takes no H.264 like the camera's ({media.codecs}) by WebRTC: use the live view.",
            status=406,
        )
    return (("video/H264", H264_IDS[profile]),)


def send_back(peer: WebRtcPeer, section: Section, media: SentMedia | None, offer: str) -> None:
    """Takes a section where the browser only receives, and sends what there is. Raises RequestRefused."""
    if media is None or not section.receives:
        peer.take(section.kind, "inactive", ())
    elif section.kind == "video":
        media.send_picture(peer.take("video", "sendonly", picture_codecs(media, offer)))
    elif media.has_sound and has_opus(offer):
        media.send_sound(peer.take("audio", "sendonly", OPUS))
    else:
        peer.take("audio", "inactive", ())
