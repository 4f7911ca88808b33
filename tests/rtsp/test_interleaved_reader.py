"""The receiving loop: the same pictures whatever the network made of the stream, and the fast lane as exact as the long way."""

from __future__ import annotations

import random

import pytest

from shared.rtsp.interleaved_reader import InterleavedReader
from shared.rtsp.messages import Response
from shared.rtsp.rtcp import Goodbye, SenderReport, build_rtcp, ntp_from_unix_us
from tests.rtsp.streams import H264, PCMU, RECORDINGS, Receiver, fragments_h264, frame, recording, rtp, sample


@pytest.mark.parametrize("name", RECORDINGS)
@pytest.mark.parametrize("step", [1, 13, 100, 611, 1500, 4096, 65_536, 10_000_000])
def test_every_split_gives_the_same(name: str, step: int) -> None:
    data = recording(name)
    whole, cut = Receiver(*RECORDINGS[name]), Receiver(*RECORDINGS[name])
    whole.feed(data)
    for k in range(0, len(data), step):
        cut.feed(data[k : k + step])
    assert cut.sink.pictures() == whole.sink.pictures()
    assert [(unit.pts, unit.data) for unit in cut.sink.audio] == [(unit.pts, unit.data) for unit in whole.sink.audio]
    assert cut.sink.reports == whole.sink.reports
    assert [receiver.reception.packets for receiver in cut.receivers if receiver.reception] == [
        receiver.reception.packets for receiver in whole.receivers if receiver.reception
    ]
    assert len(whole.sink.pictures()) > 50
    assert len(whole.sink.audio) > 30
    assert len(whole.messages) == 4
    assert whole.sink.lost == 0


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_lane_does_what_the_long_way_does(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast, slow = Receiver(*RECORDINGS[name]), Receiver(*RECORDINGS[name])
    fast.feed(recording(name))
    monkeypatch.setattr(InterleavedReader, "_foretell", lambda *_: None)
    slow.feed(recording(name))
    assert fast.sink.pictures() == slow.sink.pictures()
    for one, other in zip(fast.receivers, slow.receivers, strict=True):
        assert one.reception is not None
        assert other.reception is not None
        assert (one.reception.next_sequence, one.reception.packets) == (
            other.reception.next_sequence,
            other.reception.packets,
        )


def stream_with_disturbances(seed: int) -> tuple[bytes, int]:
    """One picture of 200 packets over the wrap of the sequence number, and between them whatever may come there."""
    chance = random.Random(seed)
    nal = b"\x65\x88" + chance.randbytes(200 * 100 - 1)
    packets = [rtp(65_500 + k & 0xFFFF, 9000, piece, k == 199) for k, piece in enumerate(fragments_h264(nal, 100))]
    between = [
        frame(rtp(0, 0, b"sound", payload_type=0), 2),
        frame(build_rtcp(SenderReport(7, ntp_from_unix_us(1_700_000_000_000_000), 9000, 1, 1)), 1),
        frame(b"unknown channel", 77),
        Response(200).to_bytes(),
        frame(packets[0]),  # a copy
    ]
    padded = packets[100]
    packets[100] = bytes((padded[0] | 0x20,)) + padded[1:] + b"\0\0\3"
    extended = packets[120]
    packets[120] = bytes((extended[0] | 0x10,)) + extended[1:12] + b"\xbe\xde\0\1abcd" + extended[12:]
    parts = []
    for packet in packets:
        parts.append(frame(packet))
        if chance.random() < 0.1:
            parts.append(chance.choice(between))
    return b"".join(parts), len(nal)


@pytest.mark.parametrize("seed", range(10))
def test_a_disturbed_picture_is_whole(seed: int) -> None:
    stream, size_bytes = stream_with_disturbances(seed)
    receiver = Receiver(H264, PCMU)
    receiver.feed(stream)
    ((_, is_idr, data, _),) = receiver.sink.pictures()
    assert is_idr
    assert len(data) == 4 + size_bytes
    assert receiver.sink.lost == 0


def test_a_hole_in_the_lane_is_a_loss() -> None:
    pieces = fragments_h264(b"\x65\x88" + bytes(998), 100)
    packets = [frame(rtp(k, 0, piece, k == len(pieces) - 1)) for k, piece in enumerate(pieces)]
    receiver = Receiver(H264)
    receiver.feed(b"".join(packets[:4] + packets[5:] + [frame(rtp(len(packets), 3000, b"\x65\x88x", True))]))
    assert receiver.sink.lost == 1
    assert [data for _, _, data, _ in receiver.sink.pictures()] == [sample(b"\x65\x88x")]


def test_sender_reports_and_goodbye() -> None:
    receiver = Receiver(H264)
    early = build_rtcp(SenderReport(7, ntp_from_unix_us(1_000_000), 90_000, 1, 1))
    receiver.feed(frame(early, 1))  # before the first packet there is no time to relate it to
    receiver.feed(frame(rtp(1, 90_000, b"\x65\x88", True)))
    foreign = build_rtcp(SenderReport(8, ntp_from_unix_us(5), 1, 1, 1))
    blind = build_rtcp(SenderReport(7, 0, 1, 1, 1))
    receiver.feed(frame(early + foreign + blind, 1))
    ((media, wall_us, pts, received_us),) = receiver.sink.reports
    assert (media, pts, received_us) == ("video", (1 << 32) + 90_000, 1_000_000)
    assert abs(wall_us - 1_000_000) <= 1
    assert not receiver.receivers[0].has_ended
    receiver.feed(frame(build_rtcp(Goodbye((7,))), 1))
    assert receiver.receivers[0].has_ended


def test_a_camera_that_begins_anew_under_another_ssrc() -> None:
    receiver = Receiver(H264)
    receiver.feed(frame(rtp(5, 0, b"\x65\x88a", True)))
    other = rtp(9000, 7_000_000, b"\x65\x88b", True)
    receiver.feed(frame(other[:8] + b"\0\0\0\x09" + other[12:]))
    assert len(receiver.sink.video) == 2
    assert receiver.sink.lost == 1


def test_a_whole_picture_missing_before_one_that_opens_as_foretold() -> None:
    def picture(number: int) -> list[bytes]:
        pieces = fragments_h264((b"\x65" if number == 0 else b"\x61") + b"\x88" + bytes(498), 100)
        first = number * len(pieces)
        return [frame(rtp(first + k, 3600 * number, piece, k == 4)) for k, piece in enumerate(pieces)]

    receiver = Receiver(H264)
    for number in (0, 1, 2, 4, 5):
        receiver.feed(b"".join(picture(number)))
    assert receiver.sink.lost == 5
    assert len(receiver.sink.pictures()) == 3, "what refers to a missing picture is not shown"
