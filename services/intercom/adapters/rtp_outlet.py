"""RTP payloads that are there already, sent by aiortc as they are.

aiortc sends what a track gives it: raw frames through an encoder, or encoded ones through its own packetizer, for each
viewer anew. Ours are cut once for all of them. Where its sender takes the next frame, and where it is asked for an IDR,
are private seams: they are replaced here and nowhere else, the version is pinned, and a test holds that what goes in
comes out at the other end. Numbers, encryption, retransmission, sender reports stay aiortc's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import aiortc.rtcrtpsender
import aiortc.rtp
from aiortc import MediaStreamTrack, RTCRtpSender
from aiortc.codecs import CODECS
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from services.intercom.h264_choice import Profile

NextUnit = Callable[[], Awaitable[tuple[Sequence[bytes], int]]]

_NEXT, _ASKED_FOR_IDR = "_next_encoded_frame", "_send_keyframe"
# What a viewer may ask for again: aiortc keeps 128 packets, which is less than one large picture. A power of two.
_HISTORY = 1024
# Browsers that have used 96 to 127 up go on with those that RFC 3551 leaves free; aiortc would answer with its own.
_DYNAMIC = frozenset((*range(35, 64), *range(96, 128)))
# aiortc speaks of Baseline alone, because its encoder makes nothing else; ours is the camera's.
H264_IDS: dict[Profile, str] = {
    "baseline": "42001f",
    "constrained_baseline": "42e01f",
    "main": "4d001f",
    "constrained_high": "640c1f",
    "high": "64001f",
    "high_444": "f4001f",
}


class _Named(MediaStreamTrack):
    """Stands for the source; nobody asks it for anything."""

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    async def recv(self) -> Any:
        raise MediaStreamError


def feed(sender: RTCRtpSender, next_unit: NextUnit, asked_for_idr: Callable[[], None]) -> None:
    """From now on `sender` sends what `next_unit` returns.

    Args:
        next_unit: waits for the next picture or stretch of sound: its payloads, and its time in ticks of the codec.
        asked_for_idr: the viewer lost what cannot be repaired (PLI, FIR).
    """
    for seam in (_NEXT, _ASKED_FOR_IDR):
        if not hasattr(sender, seam):
            raise TypeError(f"this aiortc has no {seam}: it is another version than pyproject.toml pins")

    async def next_frame(codec: RTCRtpCodecParameters) -> aiortc.rtcrtpsender.RTCEncodedFrame:
        payloads, at = await next_unit()
        return aiortc.rtcrtpsender.RTCEncodedFrame(payloads, at, None)  # type: ignore[arg-type]  # it only reads them

    setattr(sender, _NEXT, next_frame)
    setattr(sender, _ASKED_FOR_IDR, asked_for_idr)
    sender.replaceTrack(_Named(sender.kind))


def know_h264_profiles() -> None:
    """Let aiortc negotiate every profile that browsers name; once a process."""
    known = CODECS["video"]
    for module, constant in ((aiortc.rtcrtpsender, "RTP_HISTORY_SIZE"), (aiortc.rtp, "DYNAMIC_PAYLOAD_TYPES")):
        if not hasattr(module, constant):
            raise TypeError(f"this aiortc has no {constant}: it is another version than pyproject.toml pins")
    aiortc.rtcrtpsender.RTP_HISTORY_SIZE = _HISTORY  # type: ignore[attr-defined]  # imported there by name
    aiortc.rtp.DYNAMIC_PAYLOAD_TYPES = _DYNAMIC  # type: ignore[assignment]  # it is only asked what is in it
    pattern = next(one for one in known if one.mimeType == "video/H264")
    for profile in H264_IDS.values():
        if any(one.parameters.get("profile-level-id") == profile for one in known):
            continue
        kind = max(one.payloadType or 0 for one in known) + 1
        parameters = {**pattern.parameters, "profile-level-id": profile}
        feedback = list(pattern.rtcpFeedback)
        known.append(RTCRtpCodecParameters("video/H264", 90_000, None, kind, feedback, parameters))
        known.append(RTCRtpCodecParameters("video/rtx", 90_000, None, kind + 1, [], {"apt": kind}))
