"""Session descriptions of cameras, and the tracks we make of them."""

from __future__ import annotations

import pytest

from shared.errors import ProtocolViolation
from shared.rtsp.sdp import parse_sdp, resolve_control
from shared.rtsp.tracks import Track, tracks_of

BASE = "rtsp://192.0.2.1:554/Streaming/Channels/101/"

# As a Hikvision camera writes it, with sound and a metadata track.
HIKVISION = b"""v=0
o=- 1695 1695 IN IP4 192.0.2.1
s=Media Presentation
e=NONE
b=AS:5100
t=0 0
a=control:rtsp://192.0.2.1:554/Streaming/Channels/101/
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
b=AS:5000
a=recvonly
a=x-dimensions:1920,1080
a=control:rtsp://192.0.2.1:554/Streaming/Channels/101/trackID=1
a=rtpmap:96 H264/90000
a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z01AKI2NQDwBE/LgLcBAQFAAAD6AAAw1DoYACYFAABfXgu8uNDAATAoAAL68F3lwoA==,aO44gA==
m=audio 0 RTP/AVP 8
a=recvonly
a=control:trackID=2
m=application 0 RTP/AVP 107
a=control:trackID=3
a=rtpmap:107 vnd.onvif.metadata/90000
a=Media_header:MEDIAINFO=494D4B48010100000400010000000000
"""


def track_of(*lines: str) -> Track:
    (track,) = tracks_of(parse_sdp("\r\n".join(lines).encode()), BASE)
    return track


def test_a_whole_description() -> None:
    video, audio, metadata = tracks_of(parse_sdp(HIKVISION), BASE)
    assert (video.codec, video.clock_rate, video.payload_type, video.direction) == ("h264", 90_000, 96, "recvonly")
    assert video.control == BASE + "trackID=1"
    assert [nal[0] & 0x1F for nal in video.parameter_sets] == [7, 8]
    assert (audio.codec, audio.clock_rate, audio.control) == ("pcma", 8000, BASE + "trackID=2")
    assert metadata.codec == "onvif_metadata"


@pytest.mark.parametrize(
    ("lines", "codec", "detail"),
    [
        (["m=video 0 RTP/AVP 97", "a=rtpmap:97 h265/90000", "a=fmtp:97 sprop-vps=QAE=;sprop-sps=QgE=;sprop-pps=RAE"],
         "h265", (b"@\x01", b"B\x01", b"D\x01")),
        (["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=fmtp:96 sprop-parameter-sets=!!,aO44gA=="], "h264", ()),
        (["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"], "h264", ()),
        (["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=2"], None, ()),
        (["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/0"], None, ()),
        (["m=video 0 RTP/AVP 26"], None, ()),
    ],
)  # fmt: skip
def test_video_tracks(lines: list[str], codec: str | None, detail: tuple[bytes, ...]) -> None:
    track = track_of(*lines)
    assert (track.codec, track.parameter_sets) == (codec, detail)


@pytest.mark.parametrize(
    ("lines", "codec", "rate", "config"),
    [
        (["m=audio 0 RTP/AVP 97", "a=rtpmap:97 MPEG4-GENERIC/16000/1",
          "a=fmtp:97 streamtype=5;mode=AAC-hbr;config=1408;SizeLength=13;IndexLength=3;IndexDeltaLength=3"],
         "aac", 16_000, bytes.fromhex("1408")),
        (["m=audio 0 RTP/AVP 97", "a=rtpmap:97 mpeg4-generic/44100", "a=fmtp:97 mode=AAC-hbr; config=zz"],
         None, 44_100, None),
        (["m=audio 0 RTP/AVP 96", "a=rtpmap:96 MP4A-LATM/24000/2",
          "a=fmtp:96 profile-level-id=2;object=2;cpresent=0;config=400026203fc0"], "aac", 24_000, bytes.fromhex("1310")),
        (["m=audio 0 RTP/AVP 96", "a=rtpmap:96 MP4A-LATM/24000/2", "a=fmtp:96 cpresent=1"], None, 24_000, None),
        (["m=audio 0 RTP/AVP 0"], "pcmu", 8000, None),
        (["m=audio 0 RTP/AVP 98 8", "a=rtpmap:98 SPEEX/8000"], "pcma", 8000, None),
        (["m=audio 0 RTP/AVP 99", "a=rtpmap:99 G726-32/8000/1"], "g726", 8000, None),
        (["m=audio 0 RTP/AVP 99", "a=rtpmap:99 AAL2-G726-16/8000"], "g726", 8000, None),
    ],
)  # fmt: skip
def test_audio_tracks(lines: list[str], codec: str | None, rate: int, config: bytes | None) -> None:
    track = track_of(*lines)
    assert (track.codec, track.clock_rate) == (codec, rate)
    assert (track.audio.data if track.audio is not None else None) == config


@pytest.mark.parametrize(
    ("base", "control", "expected"),
    [
        ("rtsp://c/main/", "trackID=1", "rtsp://c/main/trackID=1"),
        ("rtsp://c/main", "trackID=1", "rtsp://c/main/trackID=1"),
        ("rtsp://c/main", "rtsp://d/x", "rtsp://d/x"),
        ("rtsp://c/cam/realmonitor?channel=1&subtype=0", "trackID=0",
         "rtsp://c/cam/realmonitor?channel=1&subtype=0/trackID=0"),  # Dahua
        ("rtsp://c/main/", "*", "rtsp://c/main/"),
        ("rtsp://c/main/", None, "rtsp://c/main/"),
    ],
)  # fmt: skip
def test_controls(base: str, control: str | None, expected: str) -> None:
    assert resolve_control(base, control) == expected


@pytest.mark.parametrize("body", [b"", b"v=0\r\n", b"m=video\r\n", b"m=video x RTP/AVP 96\r\n", b"m=v 0 a 1\n" * 99,
                                  b"m=v 0 a 1\n" + b"a=x\n" * 999])  # fmt: skip
def test_what_describes_nothing_is_a_violation(body: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        parse_sdp(body)
