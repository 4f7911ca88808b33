"""RTP and RTCP packets, wrapping counters, statistics and reordering."""

from __future__ import annotations

import pytest

from shared.errors import ProtocolViolation
from shared.rtsp.reception import Reception
from shared.rtsp.reorder import LONGEST_WAIT_US, MOST_PACKETS, ReorderBuffer
from shared.rtsp.rtcp import (
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    build_rtcp,
    ntp_from_unix_us,
    parse_rtcp,
    unix_us_from_ntp,
)
from shared.rtsp.rtp import TimestampExtender, parse_rtp, rtp_header


@pytest.mark.parametrize(
    ("packet", "payload"),
    [
        (rtp_header(96, True, 1, 2, 3) + b"abc", b"abc"),
        (b"\xb2\x60" + bytes(10) + bytes(8) + b"\xbe\xde\0\1" + b"extn" + b"abc" + b"\0\0\3", b"abc"),
        (b"\x80\x60" + bytes(10), b""),
        (b"\xa0\x60" + bytes(10) + b"\4\4\4\4", b""),
    ],
)
def test_rtp_payload_is_found(packet: bytes, payload: bytes) -> None:
    parsed = parse_rtp(b"xx" + packet + b"yy", 2, 2 + len(packet))
    assert (b"xx" + packet)[parsed.payload_begin : parsed.payload_end] == payload


@pytest.mark.parametrize("packet", [
    b"", bytes(11), bytes(12), b"\x81" + bytes(11), b"\x90" + bytes(13), b"\x90" + bytes(13) + b"\xff\xff",
    b"\xa0" + bytes(11) + b"\xff",
])  # fmt: skip
def test_what_is_no_rtp_is_a_violation(packet: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        parse_rtp(packet)


def test_time_does_not_wrap_in_a_day_of_25_pictures_a_second() -> None:
    time, start = TimestampExtender(), 0xFFFF_F000
    first = time.extend(start)
    last = first
    for picture in range(1, 25 * 86_400 * 2):
        last = time.extend((start + picture * 3600) & 0xFFFF_FFFF)
    assert last - first == (25 * 86_400 * 2 - 1) * 3600
    assert time.peek((last - 90_000) & 0xFFFF_FFFF) == last - 90_000
    assert first & 0xFFFF_FFFF == start


PACKETS = (
    SenderReport(7, 0xE000_0000_8000_0000, 5, 10, 1400, (ReportBlock(1, 2, -3, 4, 5, 6, 7),)),
    ReceiverReport(8, (ReportBlock(9, 255, 0x7F_FFFF, 1, 2, 3, 4),)),
    SourceDescription(8, "camera@192.0.2.1"),
    SourceDescription(8, ""),
    Goodbye((7, 8)),
)


def test_rtcp_is_read_as_it_was_written() -> None:
    assert tuple(parse_rtcp(build_rtcp(*PACKETS))) == PACKETS


@pytest.mark.parametrize("data", [
    b"\x80", b"\x40\xc8\0\0", b"\x80\xc8\xff\xff" + bytes(8), b"\x80\xc8\0\1" + bytes(4), b"\x85\xcb\0\1" + bytes(4),
    b"\x81\xca\0\1" + b"\1\1\1\1",
])  # fmt: skip
def test_broken_rtcp_is_a_violation(data: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        parse_rtcp(data)


@pytest.mark.parametrize("unix_us", [0, 1_700_000_000_123_456, 2_085_978_495_999_999, 2_085_978_496_000_000])
def test_ntp_also_after_it_wraps_in_2036(unix_us: int) -> None:
    if unix_us:
        assert abs(unix_us_from_ntp(ntp_from_unix_us(unix_us)) - unix_us) <= 1
    else:
        assert ntp_from_unix_us(0) >> 32 == 2_208_988_800


def test_reception_reports_what_was_lost_since_the_last_report() -> None:
    reception = Reception(7, 65_530)
    reception.next_sequence += 100
    reception.packets_lost = 25
    block = reception.report(0)
    assert (block.fraction_lost, block.packets_lost, block.highest_sequence) == (64, 25, 65_629)
    assert reception.packets == 75
    reception.next_sequence += 100
    reception.note_sender_report(SenderReport(7, 0x1234_5678_9ABC_DEF0, 0, 0, 0), 1_000_000)
    block = reception.report(3_000_000)
    assert (block.fraction_lost, block.last_report, block.delay) == (0, 0x5678_9ABC, 2 * 65_536)


def test_jitter_of_an_even_stream_is_nothing_and_survives_the_wrap_of_time() -> None:
    reception = Reception(7, 0)
    for k in range(1000):
        reception.note_arrival((0xFFFF_0000 + k * 3600) & 0xFFFF_FFFF, k * 40_000, 90_000)
    assert reception.report(0).jitter == 0


def run(order: list[int], at_us: int = 0) -> list[int]:
    """Sequence numbers in the order in which the buffer lets them go, the caller's logic in small."""
    buffer, due, out = ReorderBuffer(), 0xFFFE, []
    for sequence in order:
        if sequence == due:
            out.append(sequence)
            due = (due + 1) & 0xFFFF
        else:
            buffer.hold(sequence, sequence.to_bytes(2), at_us)
        for packet in buffer.take(due, at_us):
            out.append(int.from_bytes(packet))
            due = (out[-1] + 1) & 0xFFFF
    return out


def test_packets_that_overtook_each_other_over_the_wrap() -> None:
    assert run([0, 0xFFFF, 2, 1, 0xFFFE, 4, 3]) == [0xFFFE, 0xFFFF, 0, 1, 2, 3, 4]


def test_a_gap_is_given_up_after_so_many_packets_or_so_much_time() -> None:
    late = list(range(10, 10 + MOST_PACKETS))
    assert run(late[:-1]) == []
    assert run(late) == late
    buffer = ReorderBuffer()
    buffer.hold(10, b"a", 0)
    assert list(buffer.take(5, LONGEST_WAIT_US - 1)) == []
    assert list(buffer.take(5, LONGEST_WAIT_US)) == [b"a"]
    assert len(buffer) == 0
