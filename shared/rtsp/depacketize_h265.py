"""H.265 out of RTP: single NAL units, aggregation packets and fragmentation units without DONL (RFC 7798)."""

from __future__ import annotations

from shared.errors import ProtocolViolation
from shared.media.nal_h265 import ACCESS_UNIT_DELIMITER, FILLER, FIRST_IRAP, LAST_IRAP, LAST_SLICE, PPS, VPS
from shared.media.sink import MediaSink
from shared.rtsp.picture import Picture

_RASL = (8, 9)  # RASL_N, RASL_R (H.265 table 7-1)
_AGGREGATE = 48
_FRAGMENT = 49
_START, _END = 0x80, 0x40


class H265Depacketizer:
    """Puts pictures into `sink`. `continuation` are the three bytes with which the packet that goes on with the open
    fragmentation unit begins, b"" where none is open or it is not kept; `ending` those of the packet that ends it,
    `starting` of one that opens another slice of the same kind.

    H.265 marks pictures that nothing refers to only within their temporal layer, so no picture counts as disposable.
    """

    __slots__ = ("continuation", "ending", "picture", "starting")

    HEAD_BYTES = 3

    def __init__(self, sink: MediaSink):
        self.picture = Picture(sink)
        self.continuation = b""
        self.ending = b""
        self.starting = b""

    def lose(self) -> None:
        self.continuation = b""
        self.picture.lose()

    def push(self, data: bytes, begin: int, end: int, pts: int, has_marker: bool, received_us: int) -> None:
        if begin == end:
            return
        if end - begin < 3:
            raise ProtocolViolation("H.265 payload of fewer than 3 bytes", offset=begin)
        picture = self.picture
        picture.begin_packet(pts, received_us)
        kind = data[begin] >> 1 & 0x3F
        if kind == _FRAGMENT:
            self._push_fragment(data, begin, end)
        else:
            self.continuation = b""
            if picture.open_nal >= 0:
                picture.damage()
            if kind < _AGGREGATE:
                self._add(data[begin:end])
            elif kind == _AGGREGATE:
                self._push_aggregate(data, begin + 2, end)
            # PACI (50) carries hints only, and is used where it was negotiated (4.4.4); above it all is reserved
        if has_marker:
            picture.end_packet(received_us)

    def _push_aggregate(self, data: bytes, offset: int, end: int) -> None:
        """4.4.2: each NAL unit after its size in 2 bytes."""
        while offset < end:
            begin = offset + 2
            offset = begin + int.from_bytes(data[offset:begin])
            if offset > end or begin > end:
                raise ProtocolViolation("NAL unit longer than its aggregation packet", offset=begin)
            if offset - begin >= 3:
                self._add(data[begin:offset])

    def _push_fragment(self, data: bytes, begin: int, end: int) -> None:
        """4.4.3: payload header, FU header, and a piece of the NAL unit without its two header bytes."""
        if end - begin < 4:
            raise ProtocolViolation("H.265 fragment without a payload", offset=begin)
        picture = self.picture
        header = data[begin + 2]
        kind = header & 0x3F
        payload = data[begin + 3 : end]
        if header & _START:
            if picture.open_nal >= 0:
                picture.damage()
            self.begin_unit(data[begin : begin + 3], payload)
        else:
            picture.extend(payload)
        if picture.open_nal < 0:
            self.continuation = b""
        elif header & _END:
            self.end_unit(data[begin : begin + 3])
        else:
            self.starting = bytes((data[begin], data[begin + 1], kind | _START)) if kind <= LAST_SLICE else b""
            self.continuation = bytes((data[begin], data[begin + 1], kind))
            self.ending = bytes((data[begin], data[begin + 1], kind | _END))

    def begin_unit(self, head: bytes, payload: bytes) -> None:
        """The first fragment of a NAL unit; `head` are the three bytes with which its packet began."""
        kind = head[2] & 0x3F
        if kind <= LAST_SLICE:
            self._note_slice(kind, payload[0])
        self.picture.open(payload)

    def end_unit(self, head: bytes) -> None:
        """The last fragment is in the picture; `head` are the three bytes with which its packet began."""
        self.continuation = b""
        picture, kind = self.picture, head[2] & 0x3F
        nal_head = bytes((head[0] & 0x81 | kind << 1, head[1]))
        if VPS <= kind <= PPS:
            picture.add_parameter_set(nal_head + picture.take_open())
        elif kind in (ACCESS_UNIT_DELIMITER, FILLER):
            picture.take_open()
        else:
            picture.close(nal_head)

    def _add(self, nal: bytes) -> None:
        kind = nal[0] >> 1 & 0x3F
        if kind <= LAST_SLICE:
            self._note_slice(kind, nal[2])
            self.picture.add(nal)
        elif VPS <= kind <= PPS:
            self.picture.add_parameter_set(nal)
        elif kind not in (ACCESS_UNIT_DELIMITER, FILLER):
            self.picture.add(nal)

    def _note_slice(self, kind: int, first_byte: int) -> None:
        # first_slice_segment_in_pic_flag is the first bit behind the NAL unit header (H.265 7.3.6.1).
        is_random_access = FIRST_IRAP <= kind <= LAST_IRAP
        self.picture.note_slice(first_byte >= 0x80, is_random_access, False, kind in _RASL)
