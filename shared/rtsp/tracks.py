"""One media track that a camera offers, in our terms: codec, clock rate, parameters, where to SETUP it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.errors import ProtocolViolation
from shared.rtsp.audio_config import AudioConfig, parse_audio_config, parse_stream_mux_config
from shared.rtsp.sdp import MediaDescription, SessionDescription, resolve_control

TrackCodec = Literal["h264", "h265", "aac", "pcmu", "pcma", "g726", "onvif_metadata"]

# RFC 3551 table 4 and 5: payload types whose rtpmap may be left out.
_STATIC = {0: "PCMU/8000", 2: "G726-32/8000", 8: "PCMA/8000"}
_CODECS: dict[str, TrackCodec] = {
    "H264": "h264",
    "H265": "h265",
    "HEVC": "h265",
    "MPEG4-GENERIC": "aac",
    "MP4A-LATM": "aac",
    "PCMU": "pcmu",
    "PCMA": "pcma",
    "VND.ONVIF.METADATA": "onvif_metadata",
}
_HIGHEST_CLOCK_RATE = 1_000_000


@dataclass(frozen=True, slots=True)
class Track:
    """`codec` is None where we have no use for the track: it is never set up.

    Attributes:
        encoding: the rtpmap name in capitals, e.g. "G726-32" (its digits are kbit/s; "AAL2-" reverses the bit order).
        control: absolute URL for SETUP.
        parameter_sets: NAL units of sprop-*, without start codes; empty where the SDP has none.
        audio: of AAC, what its config= states.
        direction: as the camera wrote it; a backchannel is the "sendonly" audio of a DESCRIBE that required it.
    """

    media: str
    codec: TrackCodec | None
    encoding: str
    payload_type: int
    clock_rate: int
    channels: int
    control: str
    format_parameters: Mapping[str, str]
    parameter_sets: tuple[bytes, ...] = ()
    audio: AudioConfig | None = None
    direction: str = "sendrecv"


def tracks_of(description: SessionDescription, base_url: str) -> tuple[Track, ...]:
    """Every media section with a payload type; what is broken in one spoils that track only (its codec is None)."""
    return tuple(
        _track(media, resolve_control(base_url, media.attribute("control")))
        for media in description.media
        if media.payload_types
    )


def _track(media: MediaDescription, control: str) -> Track:
    payload_type = _payload_type(media)
    encoding, clock_rate, channels = _rtpmap(media, payload_type)
    parameters = media.format_parameters(payload_type)
    codec = _codec(encoding)
    audio: AudioConfig | None = None
    sets: tuple[bytes, ...] = ()
    try:
        if codec == "aac":
            audio = _aac_config(encoding, parameters)
            if audio is None:
                codec = None
        elif codec in ("h264", "h265"):
            sets = _parameter_sets(parameters)
            # Interleaved mode and decoding order numbers need a reorder buffer that no camera has been seen to ask for.
            if parameters.get("packetization-mode") == "2" or parameters.get("sprop-max-don-diff", "0") != "0":
                codec = None
    except ProtocolViolation:
        codec = None
    if clock_rate == 0:
        codec = None
    return Track(
        media.media,
        codec,
        encoding,
        payload_type,
        clock_rate,
        channels,
        control,
        parameters,
        sets,
        audio,
        media.direction,
    )


def _payload_type(media: MediaDescription) -> int:
    """The first that we can read, else the first."""
    for payload_type in media.payload_types:
        if _codec(_rtpmap(media, payload_type)[0]) is not None:
            return payload_type
    return media.payload_types[0]


def _rtpmap(media: MediaDescription, payload_type: int) -> tuple[str, int, int]:
    text = media.of_payload_type("rtpmap", payload_type) or _STATIC.get(payload_type, "")
    encoding, _, rest = text.partition("/")
    rate, _, channels = rest.partition("/")
    rate, channels = rate.strip(), channels.strip()
    clock_rate = int(rate) if rate.isascii() and rate.isdecimal() and len(rate) < 8 else 0
    count = int(channels) if channels.isascii() and channels.isdecimal() and len(channels) < 3 else 1
    return encoding.strip().upper(), clock_rate if clock_rate <= _HIGHEST_CLOCK_RATE else 0, count


def _codec(encoding: str) -> TrackCodec | None:
    if encoding.removeprefix("AAL2-").startswith("G726-"):
        return "g726"
    return _CODECS.get(encoding)


def _aac_config(encoding: str, parameters: Mapping[str, str]) -> AudioConfig | None:
    try:
        config = bytes.fromhex(parameters.get("config", "").strip('"'))
    except ValueError:
        return None
    if encoding == "MP4A-LATM":
        # cpresent is 1 where it is left out (RFC 6416 7.3); then the config is in band, which no camera was seen to do.
        return parse_stream_mux_config(config) if parameters.get("cpresent") == "0" and config else None
    if parameters.get("mode", "AAC-hbr").lower() not in ("aac-hbr", "aac-lbr") or not config:
        return None
    return parse_audio_config(config)


def _parameter_sets(parameters: Mapping[str, str]) -> tuple[bytes, ...]:
    """sprop-parameter-sets (RFC 6184 8.1), or sprop-vps, -sps and -pps (RFC 7798 7.1). Broken base64 counts as absent:
    the sets come in band as well, and a camera's careless SDP is no reason to do without its picture."""
    texts = [
        text
        for name in ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")
        for text in parameters.get(name, "").split(",")
        if text
    ]
    sets = []
    for text in texts:
        try:
            nal = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            return ()
        # Some cameras leave an Annex B start code in.
        sets.append(nal.removeprefix(b"\0\0\0\1"))
    return tuple(nal for nal in sets if nal)
