"""Any bytes end in ProtocolViolation or in nothing, and never in another exception or in much memory.

Cases that once failed are kept in tests/data/rtsp_fuzz, one file each, named after the parser they are for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.errors import ProtocolViolation
from shared.rtsp.audio_config import parse_audio_config, parse_stream_mux_config
from shared.rtsp.digest import Credentials, parse_challenges
from shared.rtsp.interleaved_reader import InterleavedReader
from shared.rtsp.message_reader import MessageReader
from shared.rtsp.picture import MOST_PARTS
from shared.rtsp.rtcp import parse_rtcp
from shared.rtsp.rtp import parse_rtp
from shared.rtsp.sdp import parse_sdp
from shared.rtsp.tracks import tracks_of
from shared.rtsp.transport import parse_transport
from tests.rtsp.streams import AAC, G726, H264, H265, LATM, RECORDINGS, Receiver, frame, recording, rtp

CORPUS = Path(__file__).parents[1] / "data" / "rtsp_fuzz"
TRACKS = {"h264": H264, "h265": H265, "aac": AAC, "latm": LATM, "g726": G726}

quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _depacketize(name: str) -> Callable[[bytes], None]:
    """Each payload begins with its length in one byte; the first bit of it is the marker, the second a new timestamp."""
    track = TRACKS[name]

    def push(data: bytes) -> None:
        receiver = Receiver(track)
        offset, sequence, timestamp = 0, 0, 0
        while offset < len(data):
            control = data[offset]
            payload = data[offset + 1 : offset + 1 + (control & 0x3F)]
            offset += 1 + len(payload)
            timestamp += 3600 if control & 0x40 else 0
            sequence += 1
            receiver.feed(frame(rtp(sequence, timestamp, payload, control >= 0x80, track.payload_type)))

    return push


def _sdp(data: bytes) -> None:
    tracks_of(parse_sdp(data), "rtsp://camera/")


def _challenge(data: bytes) -> None:
    credentials = Credentials("u", "p")
    credentials.accept(parse_challenges([data.decode("latin-1")]))
    credentials.authorization("PLAY", "rtsp://camera/")


PARSERS: dict[str, Callable[[bytes], object]] = {
    "message": lambda data: MessageReader().feed(data),
    "interleaved": lambda data: Receiver(H264, AAC).feed(data),
    "sdp": _sdp,
    "rtp": parse_rtp,
    "rtcp": parse_rtcp,
    "transport": lambda data: parse_transport(data.decode("latin-1")),
    "challenge": _challenge,
    "audio_config": parse_audio_config,
    "mux_config": parse_stream_mux_config,
    **{name: _depacketize(name) for name in TRACKS},
}

WORDS = [
    b"RTSP/1.0 200 OK\r\n", b"\r\n\r\n", b"Content-Length: 3\r\n", b"CSeq: ", b"$\0\0\4", b"$\1\0\x08\x80\xc8\0\1",
    b"m=video 0 RTP/AVP 96\r\n", b"a=rtpmap:96 H264/90000\r\n", b"a=fmtp:96 sprop-parameter-sets=", b"a=control:",
    b"m=audio 0 RTP/AVP 97\n", b"a=rtpmap:97 MPEG4-GENERIC/16000\n", b"a=fmtp:97 config=", b"MP4A-LATM/8000\ncpresent=0;",
    b"Digest ", b'realm="', b"nonce=", b"qop=auth", b"algorithm=SHA-256-sess", b"interleaved=", b"RTP/AVP;", b"client_port=",
    b"\x83\x7c\x85\x88", b"\x03\x7c\x05a", b"\xc3\x7c\x45b", b"\x04\x62\x01\x93\x80", b"\x84\x62\x01\x53\x80", b"\x80\xc9\0\1",
    b"\xff\xff", b"\0", b"\x80\x60\0\1\0\0\0\0\0\0\0\7",
]  # fmt: skip

garbage = st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(WORDS)), max_size=30).map(b"".join)


def check(name: str, data: bytes) -> None:
    try:
        PARSERS[name](data)
    except ProtocolViolation:
        return


@pytest.mark.parametrize("name", PARSERS)
@quick
@given(data=garbage)
@example(data=b"")
def test_any_bytes(name: str, data: bytes) -> None:
    check(name, data)


@pytest.mark.parametrize("case", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_cases_that_once_failed(case: Path) -> None:
    check(case.name.split("-")[0], case.read_bytes())


@pytest.mark.parametrize("name", RECORDINGS)
@settings(quick, max_examples=60)
@given(
    begin=st.integers(0, 60_000),
    flips=st.lists(st.tuples(st.integers(0, 19_999), st.integers(0, 255)), max_size=20),
    step=st.integers(1, 5000),
)
def test_a_recording_with_wrong_bytes(name: str, begin: int, flips: list[tuple[int, int]], step: int) -> None:
    data = bytearray(recording(name)[begin : begin + 20_000])
    for offset, value in flips:
        data[offset % len(data)] = value
    receiver = Receiver(*RECORDINGS[name])
    try:
        for k in range(0, len(data), step):
            receiver.feed(bytes(data[k : k + step]))
    except ProtocolViolation:
        return


@functools.cache
def _frames(name: str) -> list[bytes]:
    """The interleaved frames of a recording, after the messages with which it begins."""
    data, frames = recording(name), []
    offset = data.index(b"$\0")
    while data[offset : offset + 1] == b"$":
        end = offset + 4 + int.from_bytes(data[offset + 2 : offset + 4])
        frames.append(data[offset:end])
        offset = end
    return frames


def _meddled(frames: list[bytes], deeds: list[tuple[int, str, int, int]]) -> bytes:
    """Frames lost, doubled, exchanged with the next, or with a byte of their RTP header or payload's head changed."""
    frames = list(frames)
    for at, deed, place, value in deeds:
        k = at % (len(frames) - 1)
        if deed == "lose":
            del frames[k]
        elif deed == "double":
            frames.insert(k, frames[k])
        elif deed == "exchange":
            frames[k : k + 2] = frames[k + 1], frames[k]
        elif place < len(frames[k]):
            frames[k] = frames[k][:place] + bytes((value,)) + frames[k][place + 1 :]
    return b"".join(frames)


@pytest.mark.parametrize("name", RECORDINGS)
@settings(quick, max_examples=150)
@given(
    deeds=st.lists(
        st.tuples(
            st.integers(0, 299),
            st.sampled_from(("lose", "double", "exchange", "change")),
            st.integers(4, 19),
            st.integers(0, 255),
        ),
        max_size=6,
    ),
    step=st.integers(100, 20_000),
)
@example(deeds=[], step=1000)
def test_the_lane_makes_of_a_bad_stream_what_the_long_way_makes(
    name: str, deeds: list[tuple[int, str, int, int]], step: int
) -> None:
    data = _meddled(_frames(name)[:300], deeds)

    def outcome() -> tuple[object, ...]:
        receiver, violation = Receiver(*RECORDINGS[name]), None
        try:
            for k in range(0, len(data), step):
                receiver.feed(data[k : k + step])
        except ProtocolViolation as error:
            violation = str(error)
        return receiver.sink.pictures(), receiver.sink.lost, violation

    with mock.patch.object(InterleavedReader, "_foretell"):
        long_way = outcome()
    assert outcome() == long_way
    if not deeds:
        pictures, lost, violation = long_way
        assert pictures
        assert (lost, violation) == (0, None)


@settings(quick, max_examples=30)
@given(payload=st.binary(min_size=1, max_size=30), marker=st.booleans(), same_time=st.booleans())
def test_endless_repetition_stays_bounded(payload: bytes, marker: bool, same_time: bool) -> None:
    for track in (H264, H265, AAC, LATM):
        receiver = Receiver(track)
        try:
            for k in range(2000):
                timestamp = 0 if same_time else k * 10
                receiver.feed(frame(rtp(k & 0xFFFF, timestamp, payload, marker, track.payload_type)))
        except ProtocolViolation:
            pass
        video = receiver.receivers[0].video
        if video is not None:
            assert len(video.picture.parts) <= MOST_PARTS + 2
