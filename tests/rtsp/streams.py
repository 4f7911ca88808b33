"""Recorded and composed RTP streams for the tests of the receiving side."""

from __future__ import annotations

from pathlib import Path

from shared.rtsp.audio_config import parse_audio_config
from shared.rtsp.interleaved_reader import InterleavedReader
from shared.rtsp.messages import Request, Response
from shared.rtsp.rtp import rtp_header
from shared.rtsp.track_receiver import TrackReceiver
from shared.rtsp.tracks import Track
from tests.rtsp.recording_sink import RecordingSink

DATA = Path(__file__).parents[1] / "data"

H264 = Track("video", "h264", "H264", 96, 90_000, 1, "", {})
H265 = Track("video", "h265", "H265", 96, 90_000, 1, "", {})
AAC = Track("audio", "aac", "MPEG4-GENERIC", 97, 44_100, 2, "", {}, audio=parse_audio_config(bytes.fromhex("1210")))
LATM = Track("audio", "aac", "MP4A-LATM", 97, 44_100, 2, "", {}, audio=AAC.audio)
PCMU = Track("audio", "pcmu", "PCMU", 0, 8000, 1, "", {})
G726 = Track("audio", "g726", "G726-32", 97, 8000, 1, "", {})

RECORDINGS = {"h264_aac": (H264, AAC), "h265_pcmu": (H265, PCMU)}


def recording(name: str) -> bytes:
    return (DATA / f"rtsp_gstreamer_{name}.bin").read_bytes()


class Receiver:
    """An InterleavedReader with its tracks on channels 0, 2, ... and what came out of it."""

    def __init__(self, *tracks: Track):
        self.sink = RecordingSink()
        self.messages: list[Request | Response] = []
        self.reader = InterleavedReader(self.messages.append)
        self.receivers = [TrackReceiver(track, self.sink) for track in tracks]
        for index, receiver in enumerate(self.receivers):
            self.reader.attach(2 * index, receiver)

    def feed(self, data: bytes) -> None:
        self.reader.feed(data, 1_000_000)


def rtp(sequence: int, timestamp: int, payload: bytes, marker: bool = False, payload_type: int = 96) -> bytes:
    return rtp_header(payload_type, marker, sequence, timestamp, 7) + payload


def frame(packet: bytes, channel: int = 0) -> bytes:
    return b"$" + bytes((channel,)) + len(packet).to_bytes(2) + packet


def fragments_h264(nal: bytes, size: int) -> list[bytes]:
    """FU-A payloads of one NAL unit."""
    pieces = [nal[k : k + size] for k in range(1, len(nal), size)]
    return [
        bytes((nal[0] & 0xE0 | 28, (0x80 if k == 0 else 0) | (0x40 if k == len(pieces) - 1 else 0) | nal[0] & 0x1F))
        + piece
        for k, piece in enumerate(pieces)
    ]


def fragments_h265(nal: bytes, size: int) -> list[bytes]:
    """FU payloads of one NAL unit."""
    pieces = [nal[k : k + size] for k in range(2, len(nal), size)]
    head = bytes((nal[0] & 0x81 | 49 << 1, nal[1]))
    kind = nal[0] >> 1 & 0x3F
    return [
        head + bytes(((0x80 if k == 0 else 0) | (0x40 if k == len(pieces) - 1 else 0) | kind,)) + piece
        for k, piece in enumerate(pieces)
    ]


def sample(*nals: bytes) -> bytes:
    """NAL units as an access unit stores them."""
    return b"".join(len(nal).to_bytes(4) + nal for nal in nals)
