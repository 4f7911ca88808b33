"""What libav's streams are to us, with configurations that real ones rarely have."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction

import av
import pytest
from av.video.stream import VideoStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.adapters.pyav_tracks import VideoTrack, tracks_of
from services.ingest.conditions import NoVideo
from shared.errors import ProtocolViolation


@pytest.fixture
def stream() -> Iterator[VideoStream]:
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
