"""The init segment as libav reads it."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction

import av
import pytest

from shared.errors import ProtocolViolation
from shared.media.access_unit import AccessUnit
from shared.media.boxes import walk
from shared.media.formats import AudioFormat, StreamFormat, VideoCodec, VideoFormat
from shared.media.fragmenter import Fragmenter
from shared.media.init_segment import init_segment

Units = tuple[tuple[AccessUnit, int], ...]
STREAMS: list[tuple[str, VideoCodec, dict[str, object], Fraction]] = [
    ("1080p", "h264", {"size": (1920, 1080), "pictures": 2}, Fraction(1)),
    ("anamorphic", "h264", {"sample_aspect_ratio": Fraction(12, 11), "size": (352, 288)}, Fraction(12, 11)),
    ("high 4:2:2 10", "h264", {"pixels": "yuv422p10le"}, Fraction(1)),
    ("1080p", "h265", {"size": (1920, 1080), "pictures": 2}, Fraction(1)),
    ("anamorphic", "h265", {"sample_aspect_ratio": Fraction(17, 13), "size": (352, 288)}, Fraction(17, 13)),
    ("main 10", "h265", {"pixels": "yuv420p10le"}, Fraction(1)),
]


@pytest.mark.parametrize(("what", "codec", "how", "aspect"), STREAMS, ids=[f"{row[1]} {row[0]}" for row in STREAMS])
def test_video(
    what: str,
    codec: VideoCodec,
    how: dict[str, object],
    aspect: Fraction,
    encoded: Callable[..., Units],
    video_of: Callable[..., VideoFormat],
) -> None:
    units = encoded(codec, **how)
    video = video_of(codec, units)
    (fragment,) = Fragmenter(StreamFormat(video), "0" * 16, 0).push_video(units[0][0], 0)
    assert fragment.payload.startswith(init_segment(StreamFormat(video)))
    with av.open(io.BytesIO(fragment.payload), "r") as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == ("h264" if codec == "h264" else "hevc")
        assert (stream.codec_context.width, stream.codec_context.height) == (video.width, video.height)
        assert stream.time_base == Fraction(1, 90_000)
        assert (stream.sample_aspect_ratio or Fraction(1)) == aspect
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == (video.width, video.height)


RATES = [(8000, 1), (16_000, 1), (44_100, 2), (48_000, 2), (96_000, 2)]


@pytest.mark.parametrize(("rate", "channels"), RATES)
def test_sound(rate: int, channels: int) -> None:
    index = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000).index(rate)
    config = (2 << 11 | index << 7 | channels << 3).to_bytes(2)
    sound = AudioFormat(rate, channels, config)
    fragments = Fragmenter(StreamFormat(None, sound), "0" * 16, 0).push_audio(bytes(40), 0, 1024, 0, 0)
    with av.open(io.BytesIO(fragments[0].payload), "r") as container:
        context = container.streams.audio[0].codec_context
        assert (context.name, context.sample_rate, context.channels) == ("aac", rate, channels)
        assert context.extradata == config


def test_every_box_is_where_the_standard_wants_it(
    encoded: Callable[..., Units], video_of: Callable[..., VideoFormat]
) -> None:
    sound = AudioFormat(48_000, 1, bytes.fromhex("1188"))
    video = video_of("h264", encoded("h264"))
    paths = [box.path for box in walk(init_segment(StreamFormat(video, sound)))]
    assert paths[:3] == ["ftyp", "moov", "moov/mvhd"]
    assert paths.count("moov/trak/mdia/minf/stbl/stsd") == paths.count("moov/mvex/trex") == 2


@pytest.mark.parametrize(
    "sound",
    [
        AudioFormat(0, 1, b"\x11\x88"),
        AudioFormat(2**33, 1, b"\x11\x88"),
        AudioFormat(48_000, 0, b"\x11\x88"),
        AudioFormat(48_000, 70_000, b"\x11\x88"),
        AudioFormat(48_000, 1, b""),
        AudioFormat(48_000, 1, bytes(200)),
    ],
)
def test_sound_that_cannot_be(sound: AudioFormat) -> None:
    with pytest.raises(ProtocolViolation):
        Fragmenter(StreamFormat(None, sound), "0" * 16)


def test_a_stream_without_tracks_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="track"):
        init_segment(StreamFormat(None, None))
