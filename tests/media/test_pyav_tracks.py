"""What libav's streams are to us, with configurations that real ones rarely have."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import pytest
from av.video.stream import VideoStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.adapters.pyav_tracks import VideoTrack, tracks_of
from services.ingest.conditions import NoVideo
from shared.errors import ProtocolViolation
from shared.media.access_unit import AccessUnit
from shared.media.boxes import walk
from shared.media.formats import StreamFormat, VideoFormat
from shared.media.init_segment import init_segment
from shared.media.nal_units import split_length_prefixed

Units = tuple[tuple[AccessUnit, int], ...]
Encoded = Callable[..., Units]
FormatOf = Callable[..., VideoFormat]


def configuration(video: VideoFormat) -> bytes:
    """The avcC or hvcC of our own init segment, which libav has been seen to read."""
    segment = init_segment(StreamFormat(video))
    stsd = next(box for box in walk(segment) if box.path.endswith("stsd"))
    entry = stsd.body + 16  # version, count, box header of the sample entry
    (box, *_) = [one for one in walk(segment, entry + 78, stsd.end) if one.path in ("avcC", "hvcC")]
    return segment[box.body : box.end]


@pytest.fixture
def stream(encoded: Encoded) -> Iterator[VideoStream]:
    """H.264 in Matroska, written by libav."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        out = output.add_stream("libx264", rate=25)
        out.width, out.height, out.pix_fmt = 64, 48, "yuv420p"
        out.time_base = Fraction(1, 25)
        for packet in (*out.encode(av.VideoFrame(64, 48, "yuv420p")), *out.encode(None)):
            output.mux(packet)
    file.seek(0)
    with av.open(file, "r") as container:
        yield container.streams.video[0]


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_camera_that_changes_its_format(
    codec: str, stream: VideoStream, encoded: Encoded, video_of: FormatOf
) -> None:
    units = encoded(codec, size=(322, 246), pictures=2)
    video = video_of(codec, units)
    track = VideoTrack(stream)
    track.codec = video.codec
    packet = av.Packet(b"".join(units[0][0].parts))
    packet.pts, packet.time_base = 40, Fraction(1, 1000)
    sidedata = packet.get_sidedata("new_extradata")
    sidedata.update(configuration(video))
    packet.set_sidedata(sidedata)
    unit = track.unit(packet, 90_000, 5)
    assert unit is not None
    assert unit.parameter_sets == video.parameter_sets
    assert (unit.pts_90k, unit.is_idr) == (93_600, True)
    assert list(split_length_prefixed(b"".join(unit.parts))) == [bytes(part) for part in units[0][0].parts[1::2]]
    again = track.unit(packet_without_news(packet), 90_000, 5)
    assert again is not None
    assert again.parameter_sets is None


def packet_without_news(packet: object) -> object:
    copy = av.Packet(bytes(packet))  # type: ignore[call-overload]
    copy.pts, copy.time_base = 80, Fraction(1, 1000)
    return copy


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(record=st.binary(max_size=60), codec=st.sampled_from(["h264", "h265"]))
def test_hostile_configurations(record: bytes, codec: str, stream: VideoStream) -> None:
    track = VideoTrack(stream)
    track.codec = codec  # type: ignore[assignment]
    try:
        track._configure(b"\1" + record)
    except ProtocolViolation:
        return


def test_a_picture_that_browsers_do_not_play() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as output:
        out = output.add_stream("mjpeg", rate=25)
        out.width, out.height, out.pix_fmt = 64, 48, "yuvj420p"
        for packet in (*out.encode(av.VideoFrame(64, 48, "yuvj420p")), *out.encode(None)):
            output.mux(packet)
    file.seek(0)
    with av.open(file, "r") as container, pytest.raises(NoVideo, match="mjpeg"):
        tracks_of(container, wants_audio=True)
