"""The browser of a talk: WebRTC through aiortc, sound taken as it arrives, a data channel to say how it is."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidStateError

from services.intercom.adapters.ice_addresses import announced
from services.intercom.adapters.rtp_tap import OnPacket, tap
from shared.errors import CameraUnreachable, RequestRefused
from shared.messages.intercom import TalkStatus

_CONNECT_LIMIT_S = 10.0
_ANSWER_LIMIT_S = 5.0
# In order of preference: Opus is decoded with less delay than G.711 is passed on, and conceals what is lost.
_CODECS = ("audio/opus", "audio/PCMU", "audio/PCMA")


class WebRtcCaller:
    """Implements `CallerLeg`.

    Args:
        on_packet: each RTP packet of the microphone: sequence, payload type, payload.
        announce: the address browsers reach us by, where it is not ours (NAT 1:1).
    """

    def __init__(self, on_packet: OnPacket, ice_servers: Sequence[RTCIceServer] = (), announce: str = ""):
        self._on_packet = on_packet
        self._announce = announce
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=list(ice_servers)))
        self._connected = asyncio.Event()
        self._ended = asyncio.Event()
        self._channel: RTCDataChannel | None = None
        self._newest: TalkStatus | None = None
        self._peer.on("connectionstatechange", self._state_changed)
        self._peer.on("datachannel", self._channel_came)

    async def answer(self, offer: str) -> str:
        try:
            async with asyncio.timeout(_ANSWER_LIMIT_S):
                await self._peer.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
                self._take_sound()
                await self._peer.setLocalDescription(await self._peer.createAnswer())
        except RequestRefused:
            raise
        except (ValueError, InvalidStateError, IndexError, KeyError, AttributeError, AssertionError) as error:
            # aiortc's parser meets a stranger's text.
            raise RequestRefused(
                "bad_offer", f"The SDP cannot be answered ({error}). Offer one sound, sendonly.", status=422
            ) from error
        except TimeoutError:
            raise RequestRefused("bad_offer", "The SDP could not be answered in time.", status=422) from None
        return announced(self._peer.localDescription.sdp, self._announce)

    async def wait_connected(self) -> None:
        ended = asyncio.create_task(self._ended.wait())
        connected = asyncio.create_task(self._connected.wait())
        try:
            await asyncio.wait((ended, connected), timeout=_CONNECT_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            connected.cancel()
        if not self._connected.is_set():
            raise CameraUnreachable(
                "The browser and the intercom found no way to each other (ICE): UDP may be blocked in between."
            )

    @property
    def has_ended(self) -> bool:
        return self._ended.is_set()

    def tell(self, status: TalkStatus) -> None:
        self._newest = status
        if self._channel is not None and self._channel.readyState == "open":
            self._channel.send(status.encode().decode())

    async def close(self) -> None:
        await self._peer.close()

    def _take_sound(self) -> None:
        sounds = [one for one in self._peer.getTransceivers() if one.kind == "audio"]
        if len(sounds) != 1 or any(one.kind != "audio" for one in self._peer.getTransceivers()):
            raise RequestRefused("bad_offer", "Offer exactly one sound, sendonly, and no picture.", status=422)
        sound = sounds[0]
        sound.direction = "recvonly"
        known = RTCRtpReceiver.getCapabilities("audio")
        there = [] if known is None else known.codecs
        sound.setCodecPreferences([codec for name in _CODECS for codec in there if codec.mimeType == name])
        tap(sound.receiver, self._on_packet)

    def _state_changed(self) -> None:
        state = self._peer.connectionState
        if state == "connected":
            self._connected.set()
        elif state in ("failed", "closed"):
            self._ended.set()

    def _channel_came(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        if self._newest is not None:
            self.tell(self._newest)
