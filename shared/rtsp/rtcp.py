"""RTCP packets: sender and receiver reports, source descriptions, goodbye (RFC 3550 clause 6)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from shared.errors import ProtocolViolation

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203

_HEADER = struct.Struct(">BBH")
_SENDER_INFO = struct.Struct(">IQIII")
_BLOCK = struct.Struct(">IIIIII")
_CNAME = 1
_NTP_TO_UNIX_S = 2_208_988_800  # 1900-01-01 to 1970-01-01


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one source (6.4.1). `jitter` in RTP ticks, `delay` in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int = 0
    last_report: int = 0
    delay: int = 0


@dataclass(frozen=True, slots=True)
class SenderReport:
    """`ntp` is a 64-bit NTP timestamp; `timestamp` the same moment in RTP time."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()

    @property
    def middle_ntp(self) -> int:
        """What a receiver report returns as its `last_report`."""
        return self.ntp >> 16 & 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """The CNAME of the first source that states one."""

    ssrc: int
    cname: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    sources: tuple[int, ...]


RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye


def parse_rtcp(data: bytes, begin: int = 0, end: int | None = None) -> list[RtcpPacket]:
    """The packets of a compound one, types we do not use left out.

    Raises:
        ProtocolViolation: another version, or a length beyond the data.
    """
    end = len(data) if end is None else end
    packets: list[RtcpPacket] = []
    offset = begin
    while offset < end:
        if end - offset < 4:
            raise ProtocolViolation("RTCP packet of fewer than 4 bytes", offset=offset)
        flags, kind, words = _HEADER.unpack_from(data, offset)
        next_offset = offset + 4 + 4 * words
        if flags >> 6 != 2:
            raise ProtocolViolation(f"RTCP version {flags >> 6}", offset=offset)
        if next_offset > end:
            raise ProtocolViolation("RTCP packet longer than its carrier", offset=offset)
        try:
            packet = _parse_one(data[offset + 4 : next_offset], kind, flags & 0x1F)
        except (struct.error, IndexError) as error:
            raise ProtocolViolation("RTCP packet shorter than its contents", offset=offset) from error
        if packet is not None:
            packets.append(packet)
        offset = next_offset
    return packets


def _parse_one(body: bytes, kind: int, count: int) -> RtcpPacket | None:
    if kind == SENDER_REPORT:
        ssrc, ntp, timestamp, sent, octets = _SENDER_INFO.unpack_from(body, 0)
        return SenderReport(ssrc, ntp, timestamp, sent, octets, _parse_blocks(body, 24, count))
    if kind == RECEIVER_REPORT:
        return ReceiverReport(int.from_bytes(body[:4]), _parse_blocks(body, 4, count))
    if kind == SOURCE_DESCRIPTION:
        return _parse_description(body) if count else None
    if kind == GOODBYE:
        return Goodbye(struct.unpack_from(f">{count}I", body, 0))
    return None


def _parse_blocks(body: bytes, offset: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for index in range(count):
        ssrc, lost, highest, jitter, last, delay = _BLOCK.unpack_from(body, offset + 24 * index)
        packets_lost = (lost & 0xFF_FFFF) - ((lost & 0x80_0000) << 1)  # 24 bits, signed
        blocks.append(ReportBlock(ssrc, lost >> 24, packets_lost, highest, jitter, last, delay))
    return tuple(blocks)


def _parse_description(body: bytes) -> SourceDescription | None:
    offset = 4
    while body[offset] != 0:
        kind, length = body[offset], body[offset + 1]
        if kind == _CNAME:
            name = body[offset + 2 : offset + 2 + length].decode("utf-8", "replace")
            return SourceDescription(int.from_bytes(body[:4]), name)
        offset += 2 + length
    return None


def build_rtcp(*packets: RtcpPacket) -> bytes:
    """One compound packet. RFC 3550 6.1: it begins with a report, and a CNAME belongs in it."""
    return b"".join(map(_build_one, packets))


def _build_one(packet: RtcpPacket) -> bytes:
    if isinstance(packet, SenderReport):
        info = _SENDER_INFO.pack(
            packet.ssrc, packet.ntp, packet.timestamp, packet.packets & 0xFFFF_FFFF, packet.octets & 0xFFFF_FFFF
        )
        return _with_header(SENDER_REPORT, len(packet.blocks), info + _build_blocks(packet.blocks))
    if isinstance(packet, ReceiverReport):
        body = packet.ssrc.to_bytes(4) + _build_blocks(packet.blocks)
        return _with_header(RECEIVER_REPORT, len(packet.blocks), body)
    if isinstance(packet, SourceDescription):
        name = packet.cname.encode()[:255]
        item = bytes((_CNAME, len(name))) + name
        # The list ends in a zero byte and is filled up with zeros to 32 bits (6.5).
        return _with_header(SOURCE_DESCRIPTION, 1, packet.ssrc.to_bytes(4) + item + bytes(4 - len(item) % 4))
    return _with_header(GOODBYE, len(packet.sources), struct.pack(f">{len(packet.sources)}I", *packet.sources))


def _with_header(kind: int, count: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def _build_blocks(blocks: tuple[ReportBlock, ...]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost << 24 | max(-0x80_0000, min(block.packets_lost, 0x7F_FFFF)) & 0xFF_FFFF,
            block.highest_sequence & 0xFFFF_FFFF,
            block.jitter & 0xFFFF_FFFF,
            block.last_report,
            block.delay,
        )
        for block in blocks
    )


def unix_us_from_ntp(ntp: int) -> int:
    """Microseconds since 1970. Seconds without the top bit are after 2036-02-07 (RFC 4330 clause 3)."""
    seconds = ntp >> 32
    if seconds < 0x8000_0000:
        seconds += 1 << 32
    return (seconds - _NTP_TO_UNIX_S) * 1_000_000 + ((ntp & 0xFFFF_FFFF) * 1_000_000 >> 32)


def ntp_from_unix_us(unix_us: int) -> int:
    """A 64-bit NTP timestamp; it wraps in 2036 as the standard has it."""
    seconds, micros = divmod(unix_us, 1_000_000)
    return ((seconds + _NTP_TO_UNIX_S) & 0xFFFF_FFFF) << 32 | (micros << 32) // 1_000_000
