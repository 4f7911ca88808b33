"""RTP packets (RFC 3550 clause 5) and the arithmetic of their wrapping counters."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from shared.errors import ProtocolViolation

HEADER_BYTES = 12

_HEADER = struct.Struct(">BBHII")


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """The fixed header, and where the payload lies in the bytes it was parsed from."""

    payload_type: int
    has_marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload_begin: int
    payload_end: int


def parse_rtp(data: bytes, begin: int = 0, end: int | None = None) -> RtpPacket:
    """Parse the packet at data[begin:end], CSRC list, extension and padding taken off.

    Raises:
        ProtocolViolation: another version, or lengths beyond the packet.
    """
    end = len(data) if end is None else end
    if end - begin < HEADER_BYTES:
        raise ProtocolViolation(f"RTP packet of {end - begin} bytes", offset=begin)
    flags, kind, sequence, timestamp, ssrc = _HEADER.unpack_from(data, begin)
    if flags >> 6 != 2:
        raise ProtocolViolation(f"RTP version {flags >> 6}", sequence=sequence, offset=begin)
    payload = begin + HEADER_BYTES + 4 * (flags & 0x0F)
    if flags & 0x10:  # header extension, RFC 3550 5.3.1
        payload += 4
        if payload <= end:
            payload += 4 * int.from_bytes(data[payload - 2 : payload])
    if flags & 0x20 and payload < end:  # padding: its length is the last byte, itself counted in (5.1)
        end -= max(1, data[end - 1])
    if payload > end:
        raise ProtocolViolation("RTP header and padding longer than the packet", sequence=sequence, offset=begin)
    return RtpPacket(kind & 0x7F, kind >= 0x80, sequence, timestamp, ssrc, payload, end)


def rtp_header(payload_type: int, has_marker: bool, sequence: int, timestamp: int, ssrc: int) -> bytes:
    """The 12 bytes before a payload; counters are taken modulo their width."""
    kind = payload_type | (0x80 if has_marker else 0)
    return _HEADER.pack(0x80, kind, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc)


class TimestampExtender:
    """Unwraps 32-bit RTP time: the nearest value to the one before. Begins at 2^32 + the first timestamp, so that
    pictures shown before the first do not come out negative."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: int | None = None

    def extend(self, timestamp: int) -> int:
        """The extended time of the next packet."""
        last = self._last
        if last is None:
            last = self._last = self.peek(timestamp)
        elif timestamp != last & 0xFFFF_FFFF:
            last = self._last = last + ((timestamp - last + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
        return last

    def peek(self, timestamp: int) -> int:
        """The same without remembering it: for a sender report's timestamp, which may be from the past."""
        if self._last is None:
            return timestamp + (1 << 32)
        return self._last + ((timestamp - self._last + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000

    @property
    def has_started(self) -> bool:
        return self._last is not None
