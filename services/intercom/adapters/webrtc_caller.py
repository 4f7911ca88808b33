"""The browser of a talk: its microphone taken as it arrives, a data channel to say how the talk is, and where it asks
for them the camera's picture and sound back over the same connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiortc import RTCDataChannel

from services.intercom.adapters.rtp_tap import OnPacket, tap
from services.intercom.adapters.sent_media import SentMedia, send_back
from services.intercom.adapters.webrtc_peer import Ice, WebRtcPeer
from services.intercom.offered import Section, TalkOffer, has_opus, talk_offer
from shared.messages.base import Message

# In order of preference: Opus is decoded with less delay than G.711 is passed on, and conceals what is lost.
_CODECS = (("audio/opus", ""), ("audio/PCMU", ""), ("audio/PCMA", ""))


class WebRtcCaller:
    """Implements `CallerLeg`.

    Args:
        on_packet: each RTP packet of the microphone: sequence, payload type, payload.
        open_media: the camera's picture and sound, where the offer asks for them; held until `close`.
        on_channel: told when the browser can be told things.
    """

    def __init__(
        self,
        on_packet: OnPacket,
        ice: Ice,
        open_media: Callable[[], Awaitable[SentMedia]],
        on_channel: Callable[[], None] | None = None,
    ):
        self._on_channel = on_channel
        self._on_packet = on_packet
        self._open_media = open_media
        self._media: SentMedia | None = None
        self._peer = WebRtcPeer(ice)
        self._channel: RTCDataChannel | None = None
        self._newest: Message | None = None
        self._peer.connection.on("datachannel", self._channel_came)

    async def answer(self, offer: str) -> str:
        wanted = talk_offer(offer)
        if wanted.picture is not None or wanted.sound is not None:
            self._media = await self._open_media()
        for section in wanted.sections:
            if section is wanted.microphone:
                self._take_microphone(section, wanted, offer)
            elif section.kind in ("audio", "video"):
                send_back(self._peer, section, self._media, offer)
        return await self._peer.answer(offer)

    async def trickle(self, fragment: str) -> None:
        await self._peer.trickle(fragment)

    async def wait_connected(self) -> None:
        await self._peer.wait_connected()

    @property
    def has_ended(self) -> bool:
        return self._peer.ended.is_set()

    def tell(self, status: Message) -> None:
        self._newest = status
        if self._channel is not None and self._channel.readyState == "open":
            self._channel.send(status.encode().decode())

    async def close(self) -> None:
        await self._peer.close()
        if self._media is not None:
            media, self._media = self._media, None
            await media.close()

    def _take_microphone(self, section: Section, wanted: TalkOffer, offer: str) -> None:
        """One section may carry both directions."""
        media = self._media if section is wanted.sound else None
        is_heard = media is not None and media.has_sound and has_opus(offer)
        taken = self._peer.take("audio", "sendrecv" if is_heard else "recvonly", _CODECS)
        tap(taken.receiver, self._on_packet)
        if media is not None and is_heard:
            media.send_sound(taken)

    def _channel_came(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        if self._newest is not None:
            self.tell(self._newest)
        if self._on_channel is not None:
            self._on_channel()
