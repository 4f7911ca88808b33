"""What a stream is made of: the formats an init segment states once and every fragment relies on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

VideoCodec = Literal["h264", "h265"]


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """One video track. Equal formats can share a run; a different one begins a new run.

    `parameter_sets` are NAL units without start code or length: (SPS, PPS) or (VPS, SPS, PPS).
    `codecs` is the RFC 6381 string, e.g. "avc1.64002A". `reorder_depth` counts the pictures that may
    follow another in decoding order and precede it in output order (0 = no B-pictures).
    """

    codec: VideoCodec
    width: int
    height: int
    frame_rate: float | None
    codecs: str
    parameter_sets: tuple[bytes, ...]
    reorder_depth: int = 0


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One AAC-LC track. `config` is the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1)."""

    sample_rate: int
    channels: int
    config: bytes
    codecs: str = "mp4a.40.2"


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """All tracks of one stream; at least one is present."""

    video: VideoFormat | None
    audio: AudioFormat | None = None

    @property
    def codecs(self) -> str:
        """The value for a MIME type's codecs parameter, video first: "avc1.64002A,mp4a.40.2"."""
        return ",".join(track.codecs for track in (self.video, self.audio) if track is not None)
