"""H.264 and H.265 payloads: what becomes one picture, and what a loss costs."""

from __future__ import annotations

import pytest

from shared.errors import ProtocolViolation
from shared.rtsp.tracks import Track
from tests.rtsp.streams import H264, H265, Receiver, fragments_h264, fragments_h265, frame, rtp, sample

SPS, PPS, AUD, SEI = b"\x67sps", b"\x68pps", b"\x09\xf0", b"\x06sei"
IDR = b"\x65\x88" + bytes(range(250)) * 4
P1, P2 = b"\x61\x9a" + b"p" * 400, b"\x41\x9b" + b"q" * 30
P_REST = b"\x61\x00" + b"second slice"
B = b"\x01\x9c" + b"nothing refers to this" * 20

VPS5, SPS5, PPS5, AUD5 = b"\x40\x01v", b"\x42\x01s", b"\x44\x01p", b"\x46\x01\x50"
IDR5 = b"\x26\x01\xaf" + bytes(range(250)) * 4
CRA5, RASL5 = b"\x2a\x01\xaf" + b"c" * 20, b"\x12\x01\xd0" + b"r" * 20
P5 = b"\x02\x01\xd0" + b"p" * 400

STAP = b"\x78" + b"".join(len(nal).to_bytes(2) + nal for nal in (AUD, SPS, PPS))
AP5 = b"\x60\x01" + b"".join(len(nal).to_bytes(2) + nal for nal in (AUD5, VPS5, SPS5, PPS5))

Packet = tuple[int, bytes, bool]


def units(track: Track, *pictures: list[bytes]) -> list[bytes]:
    """Numbered packets; each list is a picture, its last packet has the marker."""
    packets = [
        (3000 * number, payload, index == len(picture) - 1)
        for number, picture in enumerate(pictures)
        for index, payload in enumerate(picture)
    ]
    return [rtp(65_530 + k & 0xFFFF, *packet) for k, packet in enumerate(packets)]


def received(track: Track, packets: list[bytes]) -> Receiver:
    receiver = Receiver(track)
    for packet in packets:
        receiver.feed(frame(packet))
    return receiver


@pytest.mark.parametrize(
    ("track", "picture", "expected", "sets", "is_idr"),
    [
        (H264, [AUD, SPS, PPS, SEI, IDR], sample(SEI, IDR), (SPS, PPS), True),
        (H264, [STAP, *fragments_h264(IDR, 100)], sample(IDR), (SPS, PPS), True),
        (H264, [*fragments_h264(SPS, 2), PPS, IDR], sample(IDR), (SPS, PPS), True),
        (H264, fragments_h264(P1, 399) + fragments_h264(P_REST, 5), sample(P1, P_REST), None, False),
        (H264, [b"", P2, b"\x6c" + b"filler", b"\x7f\1\2"], sample(P2), None, False),
        (H265, [AP5, *fragments_h265(IDR5, 100)], sample(IDR5), (VPS5, SPS5, PPS5), True),
        (H265, [VPS5, SPS5, *fragments_h265(PPS5 + b"xyz", 2), CRA5], sample(CRA5), (VPS5, SPS5, PPS5 + b"xyz"), True),
        (H265, [P5, b"\x4c\x01\x50"], sample(P5), None, False),
    ],
)  # fmt: skip
def test_one_picture(
    track: Track, picture: list[bytes], expected: bytes, sets: tuple[bytes, ...] | None, is_idr: bool
) -> None:
    (got,) = received(track, units(track, picture)).sink.pictures()
    assert got == ((1 << 32), is_idr, expected, sets)


def test_parameter_sets_with_a_timestamp_of_their_own_belong_to_the_next_picture() -> None:
    pictures = received(H264, units(H264, [P2], [SPS, PPS], [IDR])).sink.pictures()
    assert [(data, sets) for _, _, data, sets in pictures] == [(sample(P2), None), (sample(IDR), (SPS, PPS))]


def test_without_markers_the_timestamp_ends_a_picture() -> None:
    packets = [packet[:1] + b"\x60" + packet[2:] for packet in units(H264, [IDR], [P1, P_REST], [P2])]
    assert [data for _, _, data, _ in received(H264, packets).sink.pictures()] == [sample(IDR), sample(P1, P_REST)]


def test_markers_on_every_slice_are_not_believed_for_long() -> None:
    packets = units(H264, [IDR], [P1, P_REST], [IDR, P_REST], [P1, P_REST], [P2])
    packets = [packet[:1] + b"\xe0" + packet[2:] for packet in packets]
    pictures = [data for _, _, data, _ in received(H264, packets).sink.pictures()]
    # The first picture in two slices is cut, and what refers to it dropped; from the next IDR on all are whole.
    assert pictures == [sample(IDR), sample(P1), sample(IDR, P_REST), sample(P1, P_REST)]


@pytest.mark.parametrize(
    ("track", "pictures", "lost", "left"),
    [
        # a piece of a picture that others refer to: dropped up to the next IDR
        (H264, [[IDR], fragments_h264(P1, 100), [P2], [IDR], [P2]], {2}, [0, 3, 4]),
        (H264, [[IDR], fragments_h264(P1, 100), [P2], [IDR], [P2]], {1}, [0, 3, 4]),
        (H264, [[IDR], fragments_h264(P1, 100), [P2], [IDR], [P2]], {4}, [0, 3, 4]),
        # a whole picture
        (H264, [[IDR], [P1], [P2], [IDR], [P2]], {1}, [0, 3, 4]),
        # the middle of one that nothing refers to costs that one only
        (H264, [[IDR], fragments_h264(B, 100), [P2], [P1]], {2}, [0, 2, 3]),
        # its end may have been the beginning of the next
        (H264, [[IDR], fragments_h264(B, 100), [P2], [IDR]], {5}, [0, 3]),
        # an IDR that lost its beginning is no place to start
        (H264, [[P2], fragments_h264(IDR, 300), [P2], [IDR]], {1}, [0, 3]),
        (H265, [[IDR5], fragments_h265(P5, 100), [P5], [IDR5], [P5]], {2}, [0, 3, 4]),
        # pictures shown before a CRA need what was lost
        (H265, [[IDR5], [P5], [CRA5], [RASL5], [P5]], {1}, [0, 2, 4]),
        (H265, [[IDR5], [P5], [CRA5], [RASL5], [P5]], set(), [0, 1, 2, 3, 4]),
        (H265, [[CRA5], [RASL5], [P5]], set(), [0, 2]),
    ],
)  # fmt: skip
def test_what_a_loss_costs(track: Track, pictures: list[list[bytes]], lost: set[int], left: list[int]) -> None:
    packets = [packet for k, packet in enumerate(units(track, *pictures)) if k not in lost]
    sink = received(track, packets).sink
    assert [unit.pts_90k - (1 << 32) for unit in sink.video] == [3000 * number for number in left]
    assert sink.lost == len(lost)


@pytest.mark.parametrize(
    ("track", "payload"),
    [
        (H264, b"\x7c\x85"), (H264, b"\x78\xff\xff\x65"), (H264, b"\x78\0"), (H264, b"\x79\0\0\0\1\x65"), (H264, b"\x65"),
        (H265, b"\x62\x01"), (H265, b"\x62\x01\x81"), (H265, b"\x60\x01\xff\xff\1"), (H265, b"\x60\x01\0"),
    ],
)  # fmt: skip
def test_broken_payloads_are_violations_that_say_where(track: Track, payload: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        received(track, [rtp(513, 0, payload)])
    assert caught.value.sequence == 513


def test_a_picture_without_an_end_is_a_violation() -> None:
    receiver = Receiver(H264)
    start, middle, _ = fragments_h264(b"\x65\x88" + bytes(59_998), 20_000)
    receiver.feed(frame(rtp(0, 0, start)))
    with pytest.raises(ProtocolViolation, match="picture of more than"):
        for sequence in range(1, 1000):
            receiver.feed(frame(rtp(sequence, 0, middle)))
