"""AAC, G.711 and G.726 payloads."""

from __future__ import annotations

import pytest

from shared.errors import ProtocolViolation
from shared.rtsp.tracks import Track
from tests.rtsp.streams import AAC, G726, LATM, PCMU, Receiver, frame, rtp

START = 1 << 32


def hbr(*sizes: int) -> bytes:
    """AU-headers section of AAC-hbr: 13 bits of size, 3 of index."""
    return (16 * len(sizes)).to_bytes(2) + b"".join((size << 3).to_bytes(2) for size in sizes)


def received(track: Track, packets: list[tuple[int, bytes, bool]], lost: int | None = None) -> list[tuple[int, bytes]]:
    receiver = Receiver(track)
    for sequence, (timestamp, payload, marker) in enumerate(packets):
        if sequence != lost:
            receiver.feed(frame(rtp(sequence, timestamp, payload, marker, track.payload_type)))
    return [(unit.pts - START, bytes(unit.data)) for unit in receiver.sink.audio]


@pytest.mark.parametrize(
    ("track", "packets", "expected"),
    [
        (AAC, [(0, hbr(3) + b"abc", True)], [(0, b"abc")]),
        (AAC, [(0, hbr(3, 2, 1) + b"abcdef", True)], [(0, b"abc"), (1024, b"de"), (2048, b"f")]),
        (AAC, [(0, hbr(6) + b"abc", False), (0, hbr(6) + b"def", True), (1024, hbr(1) + b"x", True)],
         [(0, b"abcdef"), (1024, b"x")]),
        (LATM, [(0, b"\3abc", True)], [(0, b"abc")]),
        (LATM, [(0, b"\xff\1" + b"a" * 100, False), (0, b"b" * 156, True)], [(0, b"a" * 100 + b"b" * 156)]),
        (LATM, [(0, b"\1a\2bc", True)], [(0, b"a"), (1024, b"bc")]),
        (PCMU, [(0, b"\xff" * 160, False), (160, b"", False), (160, b"\x7f", False)], [(0, b"\xff" * 160), (160, b"\x7f")]),
        (G726, [(0, b"1234", False)], [(0, b"1234")]),
    ],
)  # fmt: skip
def test_sound(track: Track, packets: list[tuple[int, bytes, bool]], expected: list[tuple[int, bytes]]) -> None:
    assert received(track, packets) == expected


@pytest.mark.parametrize(
    ("track", "packets", "lost", "expected"),
    [
        (AAC, [(0, hbr(6) + b"abc", False), (0, hbr(6) + b"def", True), (1024, hbr(1, 1) + b"xy", True)], 1,
         [(1024, b"x"), (2048, b"y")]),
        (AAC, [(0, hbr(1) + b"a", True), (1, hbr(9) + b"abc", False), (1, hbr(9) + b"def", False),
               (1, hbr(9) + b"ghi", True), (2, hbr(1) + b"z", True)], 1, [(0, b"a"), (2, b"z")]),
        # nothing tells the first piece of a LATM element from a later one: the next one goes too
        (LATM, [(0, b"\2", False), (0, b"ab", True), (1024, b"\1c", True), (2048, b"\1d", True)], 1, [(2048, b"d")]),
    ],
)  # fmt: skip
def test_a_loss_costs_the_unit_it_hit(
    track: Track, packets: list[tuple[int, bytes, bool]], lost: int, expected: list[tuple[int, bytes]]
) -> None:
    assert received(track, packets, lost) == expected


@pytest.mark.parametrize(
    ("track", "payload"),
    [
        (AAC, b""), (AAC, b"\xff\xff"), (AAC, b"\0\0"), (AAC, hbr(3, 300) + b"abc"), (AAC, b"\0\x10\0\x19abc"),
        (LATM, b"\xff\xff"), (LATM, b"\5abc"),
    ],
)  # fmt: skip
def test_broken_payloads_are_violations(track: Track, payload: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        received(track, [(0, payload, True)])


def test_sizes_of_no_bits_do_not_hang() -> None:
    track = Track(
        "audio", "aac", "MPEG4-GENERIC", 97, 8000, 1, "", {"sizelength": "0", "indexlength": "0"}, audio=AAC.audio
    )
    assert received(track, [(0, (13).to_bytes(2) + (3 << 3).to_bytes(2) + b"abc", True)]) == [(0, b"abc")]
