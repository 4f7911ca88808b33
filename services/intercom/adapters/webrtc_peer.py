"""One browser's WebRTC connection, through aiortc: answered, connected, ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError
from aiortc.rtcconfiguration import RTCBundlePolicy
from aiortc.sdp import candidate_from_sdp

from services.intercom.adapters.ice_addresses import announced
from services.intercom.offered import ice_ufrag, trickled, without_mdns
from shared.errors import CameraUnreachable, RequestRefused
from shared.ice_servers import IceServer

_CONNECT_LIMIT_S = 10.0
_ANSWER_LIMIT_S = 5.0
# aiortc's parser meets a stranger's text.
_BAD_TEXT = (ValueError, InvalidStateError, InvalidAccessError, LookupError, AttributeError, AssertionError)


@dataclass(frozen=True, slots=True)
class Ice:
    """How browsers reach us.

    `announce`: the address they know us by, where it is not ours (NAT 1:1). `servers`: STUN and TURN, asked anew for
    each connection, because what TURN is told does not last.
    """

    announce: str = ""
    servers: Callable[[], Sequence[IceServer]] = tuple


class WebRtcPeer:
    """`take` each section of the offer in its order, then `answer`."""

    def __init__(self, ice: Ice):
        self._ice = ice
        # Each section with a transport of its own, of which one is left: the browser's sections are one bundle, and
        # with the other policies aiortc 1.16 stops the shared one where a data channel or a picture comes first.
        servers = [RTCIceServer(list(one.urls), one.username, one.credential) for one in ice.servers()]
        configuration = RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_COMPAT)
        self._peer = RTCPeerConnection(configuration)
        self._ufrag = ""
        self.connected = asyncio.Event()
        self.ended = asyncio.Event()
        self._peer.on("connectionstatechange", self._state_changed)

    @property
    def connection(self) -> RTCPeerConnection:
        return self._peer

    def take(self, kind: str, direction: str, codecs: Sequence[tuple[str, str]]) -> RTCRtpTransceiver:
        """The next section of that kind.

        Args:
            direction: ours.
            codecs: MIME type and profile-level-id ("" where it has none), the best first; empty: whatever is offered.
        """
        taken = self._peer.addTransceiver(kind, direction=direction)
        known = RTCRtpReceiver.getCapabilities(kind)
        there = [] if known is None else known.codecs
        wanted = [
            codec
            for mime_type, profile in codecs
            for codec in there
            if codec.mimeType == mime_type and (codec.parameters or {}).get("profile-level-id", "") == profile
        ]
        if wanted:
            taken.setCodecPreferences([*wanted, *(codec for codec in there if codec.name.lower() == "rtx")])
        return taken

    async def answer(self, offer: str) -> str:
        """SDP. Raises RequestRefused for an offer that cannot be answered."""
        self._ufrag = ice_ufrag(offer)
        try:
            async with asyncio.timeout(_ANSWER_LIMIT_S):
                await self._peer.setRemoteDescription(RTCSessionDescription(sdp=without_mdns(offer), type="offer"))
                await self._peer.setLocalDescription(await self._peer.createAnswer())
        except OperationError as error:
            raise RequestRefused(
                "no_common_codec", "Nothing that is offered can be sent or heard: offer Opus, and H.264.", status=406
            ) from error
        except _BAD_TEXT as error:
            raise RequestRefused("bad_offer", f"The SDP cannot be answered ({error}).", status=422) from error
        except TimeoutError:
            raise RequestRefused("bad_offer", "The SDP could not be answered in time.", status=422) from None
        return announced(self._peer.localDescription.sdp, self._ice.announce)

    async def trickle(self, fragment: str) -> None:
        """More of the browser's candidates (RFC 9725 4.3.2). Raises RequestRefused."""
        found = trickled(fragment)
        if found.ufrag != self._ufrag:
            # RFC 9725 4.3.1: who trickles and does not restart says 422 to a restart.
            raise RequestRefused(
                "ice_restart", "ICE is not restarted here: end this session and open another.", status=422
            )
        for line in found.candidates:
            try:
                candidate = candidate_from_sdp(line)
                candidate.sdpMid = found.mid
                await self._peer.addIceCandidate(candidate)
            except (ValueError, LookupError, AssertionError, InvalidStateError):
                continue  # RFC 9725 4.3.2: one that is not understood is left out, the rest is taken

    async def wait_connected(self) -> None:
        """Raises PeerError where it does not come about."""
        ended, connected = asyncio.create_task(self.ended.wait()), asyncio.create_task(self.connected.wait())
        try:
            await asyncio.wait((ended, connected), timeout=_CONNECT_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            connected.cancel()
        if not self.connected.is_set():
            raise CameraUnreachable(
                "The browser and the intercom found no way to each other (ICE): UDP may be blocked in between."
            )

    async def close(self) -> None:
        await self._peer.close()

    def _state_changed(self) -> None:
        state = self._peer.connectionState
        if state == "connected":
            self.connected.set()
        elif state in ("failed", "closed"):
            self.ended.set()
