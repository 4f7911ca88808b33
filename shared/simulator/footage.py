"""One loop of encoded pictures and sound, in memory, as every camera that shows it shares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.media.formats import VideoCodec

SoundCodec = Literal["aac", "pcmu", "pcma"]


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """`dts_90k` and `pts_90k` count from the beginning of the loop; NAL units without start code or length."""

    nals: tuple[bytes, ...]
    dts_90k: int
    pts_90k: int
    is_idr: bool


@dataclass(frozen=True, slots=True)
class PictureLoop:
    """Begins with an IDR picture, so that its end may be followed by its beginning."""

    codec: VideoCodec
    parameter_sets: tuple[bytes, ...]
    pictures: tuple[EncodedPicture, ...]
    duration_90k: int

    @property
    def frame_rate(self) -> float:
        return len(self.pictures) * 90_000 / self.duration_90k

    @property
    def bitrate_kbps(self) -> int:
        size_bytes = sum(len(nal) for picture in self.pictures for nal in picture.nals)
        return round(size_bytes * 8 * 90 / self.duration_90k)

    @property
    def gop_90k(self) -> int:
        """Mean time from one IDR to the next."""
        return self.duration_90k // sum(picture.is_idr for picture in self.pictures)


@dataclass(frozen=True, slots=True)
class SoundLoop:
    """Units of one length: AAC access units, or stretches of G.711. `config` is AAC's AudioSpecificConfig."""

    codec: SoundCodec
    clock_rate: int
    channels: int
    unit_ticks: int
    units: tuple[bytes, ...]
    config: bytes = b""


@dataclass(frozen=True, slots=True)
class Footage:
    picture: PictureLoop
    sound: SoundLoop | None = None
