"""What an RTSP server offers under one path, and its session description (RFC 8866; RFC 2326 appendix C)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

BACKCHANNEL_FEATURE = "www.onvif.org/ver20/backchannel"

Direction = Literal["recvonly", "sendonly"]


@dataclass(frozen=True, slots=True)
class ServedTrack:
    """One m= section.

    `encoding` is what rtpmap says ("H264/90000"), `format_parameters` what fmtp says, "" for no such line.
    `direction` is the ONVIF way round: a camera's picture is recvonly, what it takes is sendonly.
    """

    media: Literal["video", "audio"]
    payload_type: int
    encoding: str
    ssrc: int
    format_parameters: str = ""
    bandwidth_kbps: int | None = None
    frame_rate: float | None = None
    direction: Direction = "recvonly"

    def lines(self, control: str) -> list[str]:
        lines = [f"m={self.media} 0 RTP/AVP {self.payload_type}", "c=IN IP4 0.0.0.0"]
        if self.bandwidth_kbps is not None:
            lines.append(f"b=AS:{self.bandwidth_kbps}")
        lines.append(f"a=rtpmap:{self.payload_type} {self.encoding}")
        if self.format_parameters:
            lines.append(f"a=fmtp:{self.payload_type} {self.format_parameters}")
        if self.frame_rate is not None:
            lines.append(f"a=framerate:{self.frame_rate:g}")
        return [*lines, f"a={self.direction}", f"a=control:{control}"]


@dataclass(frozen=True, slots=True)
class Presentation:
    """The tracks of one path. A backchannel is the last of them and told only to who requires it."""

    name: str
    tracks: tuple[ServedTrack, ...]
    backchannel: ServedTrack | None = None

    @property
    def all_tracks(self) -> tuple[ServedTrack, ...]:
        return self.tracks if self.backchannel is None else (*self.tracks, self.backchannel)

    def is_backchannel(self, number: int) -> bool:
        return self.backchannel is not None and number == len(self.tracks)

    def to_sdp(self, with_backchannel: bool) -> bytes:
        lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", f"s={self.name}", "t=0 0", "a=range:npt=now-", "a=control:*"]
        for number, track in enumerate(self.all_tracks if with_backchannel else self.tracks):
            lines += track.lines(control_of(number))
        return "".join(f"{line}\r\n" for line in lines).encode()


def control_of(number: int) -> str:
    return f"trackID={number}"


def h264_parameters(sps: bytes, pps: Sequence[bytes]) -> str:
    """fmtp of H.264 (RFC 6184 8.1)."""
    sets = ",".join(_base64(nal) for nal in (sps, *pps))
    return f"packetization-mode=1;profile-level-id={sps[1:4].hex().upper()};sprop-parameter-sets={sets}"


def h265_parameters(vps: bytes, sps: bytes, pps: bytes) -> str:
    """fmtp of H.265 (RFC 7798 7.1)."""
    return f"sprop-vps={_base64(vps)};sprop-sps={_base64(sps)};sprop-pps={_base64(pps)}"


def aac_parameters(config: bytes) -> str:
    """fmtp of AAC-hbr (RFC 3640 3.3.6)."""
    return (
        "streamtype=5;profile-level-id=1;mode=AAC-hbr;"
        f"config={config.hex().upper()};sizelength=13;indexlength=3;indexdeltalength=3"
    )


def _base64(nal: bytes) -> str:
    return base64.b64encode(nal).decode()
