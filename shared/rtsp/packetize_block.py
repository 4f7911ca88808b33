"""All RTP packets of one unit as one byte string, ready to be written into an RTSP connection."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from shared.rtsp.rtp import rtp_header

_FRAME = struct.Struct(">BBH")
_FRAME_BYTES = 4  # "$", channel, length (RFC 2326 10.12)
_COUNTERS = struct.Struct(">HI")
_COUNTERS_OFFSET = _FRAME_BYTES + 2  # behind the first two bytes of the RTP header


class PacketBlock:
    """The packets of one picture, or of one stretch of sound, each behind its interleaved frame header.

    Everything but sequence number and RTP time is written once. Whoever sends the same unit with the same counters
    to many clients gets the same bytes object, so a unit costs one patch a loop however many cameras show it.

    Attributes:
        count: packets. octets: their payload bytes, as a sender report counts them.
    """

    __slots__ = ("_channel", "_rendered", "_stamp", "_starts", "_template", "count", "octets")

    def __init__(self, payloads: Sequence[bytes], payload_type: int, ssrc: int, channel: int):
        template = bytearray()
        starts = []
        for number, payload in enumerate(payloads, start=1):
            starts.append(len(template))
            header = rtp_header(payload_type, number == len(payloads), 0, 0, ssrc)
            template += _FRAME.pack(0x24, channel, len(header) + len(payload)) + header + payload
        self._template = template
        self._starts = tuple(starts)
        self._channel = channel
        self._stamp = (-1, -1)
        self._rendered = b""
        self.count = len(payloads)
        self.octets = sum(map(len, payloads))

    def render(self, sequence: int, timestamp: int) -> bytes:
        """The block with its counters; both are taken modulo their width."""
        stamp = (sequence, timestamp)
        if stamp != self._stamp:
            template, pack = self._template, _COUNTERS.pack_into
            ticks = timestamp & 0xFFFF_FFFF
            for number, start in enumerate(self._starts, start=sequence):
                pack(template, start + _COUNTERS_OFFSET, number & 0xFFFF, ticks)
            self._rendered = bytes(template)
            self._stamp = stamp
        return self._rendered

    def on_channel(self, rendered: bytes, channel: int) -> bytes:
        """The same for a client that asked for another interleaved channel."""
        if channel == self._channel:
            return rendered
        data = bytearray(rendered)
        for start in self._starts:
            data[start + 1] = channel
        return bytes(data)

    def datagrams(self, rendered: bytes) -> Iterator[memoryview]:
        """Each packet alone, as UDP carries it."""
        view = memoryview(rendered)
        for start, end in zip(self._starts, (*self._starts[1:], len(rendered)), strict=True):
            yield view[start + _FRAME_BYTES : end]
