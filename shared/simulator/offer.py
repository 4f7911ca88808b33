"""One footage made ready for RTSP: its presentation, and the reels that all cameras showing it share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from shared.rtsp.server_presentation import (
    Presentation,
    ServedTrack,
    aac_parameters,
    h264_parameters,
    h265_parameters,
)
from shared.simulator.footage import Footage, PictureLoop, SoundLoop
from shared.simulator.reel import PictureReel, Reel, SoundReel

_VIDEO_PAYLOAD_TYPE, _AAC_PAYLOAD_TYPE = 96, 97
_PCMU_PAYLOAD_TYPE, _PCMA_PAYLOAD_TYPE = 0, 8


@dataclass(frozen=True, slots=True)
class Offer:
    """`reels` in the order of the presentation's tracks. Interleaved channels are 0-1, 2-3 as nearly all ask for."""

    presentation: Presentation
    reels: tuple[Reel, ...]
    duration_s: float
    gop_s: float


def make_offer(footage: Footage, name: str, has_backchannel: bool) -> Offer:
    """Cut into packets. Counters begin at random values, as RFC 3550 5.1 asks."""
    video = _video_track(footage.picture)
    tracks = [video]
    reels: list[Reel] = [
        PictureReel(footage.picture, video, 0, secrets.randbits(16), secrets.randbits(32)),
    ]
    if footage.sound is not None:
        audio = _sound_track(footage.sound)
        tracks.append(audio)
        duration_90k = footage.picture.duration_90k
        reels.append(SoundReel(footage.sound, audio, 2, secrets.randbits(16), secrets.randbits(32), duration_90k))
    backchannel = ServedTrack("audio", _PCMU_PAYLOAD_TYPE, "PCMU/8000", 0, direction="sendonly")
    presentation = Presentation(name, tuple(tracks), backchannel if has_backchannel else None)
    return Offer(presentation, tuple(reels), footage.picture.duration_90k / 90_000, footage.picture.gop_90k / 90_000)


def _video_track(loop: PictureLoop) -> ServedTrack:
    sets = loop.parameter_sets
    if loop.codec == "h264":
        encoding, parameters = "H264/90000", h264_parameters(sets[0], sets[1:])
    else:
        encoding, parameters = "H265/90000", h265_parameters(sets[0], sets[1], sets[2])
    return ServedTrack(
        "video",
        _VIDEO_PAYLOAD_TYPE,
        encoding,
        secrets.randbits(32),
        parameters,
        loop.bitrate_kbps,
        round(loop.frame_rate, 3),
    )


def _sound_track(loop: SoundLoop) -> ServedTrack:
    if loop.codec == "aac":
        encoding = f"MPEG4-GENERIC/{loop.clock_rate}/{loop.channels}"
        return ServedTrack("audio", _AAC_PAYLOAD_TYPE, encoding, secrets.randbits(32), aac_parameters(loop.config))
    payload_type, name = (_PCMU_PAYLOAD_TYPE, "PCMU") if loop.codec == "pcmu" else (_PCMA_PAYLOAD_TYPE, "PCMA")
    return ServedTrack("audio", payload_type, f"{name}/{loop.clock_rate}", secrets.randbits(32))
