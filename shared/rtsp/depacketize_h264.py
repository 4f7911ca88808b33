"""H.264 out of RTP: single NAL units, STAP-A and FU-A (RFC 6184, packetization modes 0 and 1)."""

from __future__ import annotations

from shared.errors import ProtocolViolation
from shared.media.nal_h264 import (
    ACCESS_UNIT_DELIMITER,
    FILLER,
    IDR_SLICE,
    NON_IDR_SLICE,
    PPS,
    SPS,
)
from shared.media.sink import MediaSink
from shared.rtsp.picture import Picture

_STAP_A = 24
_FU_A = 28
_MULTI_TIME_AND_FU_B = frozenset({25, 26, 27, 29})  # packetization mode 2 only (RFC 6184 table 3)
_START, _END = 0x80, 0x40
_REFERRED_TO = 0x60  # nal_ref_idc in the NAL unit header
# first_mb_in_slice is the first ue(v) of a slice: a leading 1 bit says 0 (H.264 7.3.3). Partitions B and C (3, 4) have
# no such field, and never come first.
_BEGINS_PICTURE = 0x80


class H264Depacketizer:
    """Puts pictures into `sink`. `continuation` are the two bytes with which the packet that goes on with the open
    FU-A begins (indicator and header without start and end bit), b"" where none is open or it is not kept; `ending`
    those of the packet that ends it, `starting` of one that opens another slice of the same kind."""

    __slots__ = ("continuation", "ending", "picture", "starting")

    HEAD_BYTES = 2

    def __init__(self, sink: MediaSink):
        self.picture = Picture(sink)
        self.continuation = b""
        self.ending = b""
        self.starting = b""

    def lose(self) -> None:
        self.continuation = b""
        self.picture.lose()

    def push(self, data: bytes, begin: int, end: int, pts: int, has_marker: bool, received_us: int) -> None:
        if begin == end:  # some cameras keep the path open with empty payloads
            return
        picture = self.picture
        picture.begin_packet(pts, received_us)
        kind = data[begin] & 0x1F
        if kind == _FU_A:
            self._push_fragment(data, begin, end)
        else:
            self.continuation = b""
            if picture.open_nal >= 0:
                picture.damage()
            if 1 <= kind < _STAP_A:
                self._add(data[begin:end])
            elif kind == _STAP_A:
                self._push_aggregate(data, begin + 1, end)
            elif kind in _MULTI_TIME_AND_FU_B:
                raise ProtocolViolation(f"H.264 packet type {kind} of the interleaved mode", offset=begin)
            # 0, 30 and 31 are reserved: a receiver passes over them (RFC 6184 5.2)
        if has_marker:
            picture.end_packet(received_us)

    def _push_aggregate(self, data: bytes, offset: int, end: int) -> None:
        """STAP-A (5.7.1): each NAL unit after its size in 2 bytes."""
        while offset < end:
            begin = offset + 2
            offset = begin + int.from_bytes(data[offset:begin])
            if offset > end or begin > end:
                raise ProtocolViolation("NAL unit longer than its STAP-A", offset=begin)
            if offset > begin:
                self._add(data[begin:offset])

    def _push_fragment(self, data: bytes, begin: int, end: int) -> None:
        """FU-A (5.8): indicator, header, and a piece of the NAL unit without its first byte."""
        if end - begin < 3:
            raise ProtocolViolation("FU-A without a payload", offset=begin)
        picture = self.picture
        indicator, header = data[begin], data[begin + 1]
        kind = header & 0x1F
        payload = data[begin + 2 : end]
        if header & _START:
            if picture.open_nal >= 0:  # the one before never ended
                picture.damage()
            self.begin_unit(data[begin : begin + 2], payload)
        else:
            picture.extend(payload)
        if picture.open_nal < 0:
            self.continuation = b""
        elif header & _END:
            self.end_unit(data[begin : begin + 2])
        else:
            self.starting = bytes((indicator, kind | _START)) if NON_IDR_SLICE <= kind <= IDR_SLICE else b""
            self.continuation = bytes((indicator, kind))
            self.ending = bytes((indicator, kind | _END))

    def begin_unit(self, head: bytes, payload: bytes) -> None:
        """The first fragment of a NAL unit; `head` are the two bytes with which its packet began."""
        kind = head[1] & 0x1F
        picture = self.picture
        if NON_IDR_SLICE <= kind <= IDR_SLICE:
            picture.note_slice(payload[0] >= _BEGINS_PICTURE, kind == IDR_SLICE, head[0] & _REFERRED_TO == 0)
        picture.open(payload)

    def end_unit(self, head: bytes) -> None:
        """The last fragment is in the picture; `head` are the two bytes with which its packet began."""
        self.continuation = b""
        picture, kind = self.picture, head[1] & 0x1F
        nal_head = bytes((head[0] & 0xE0 | kind,))
        if kind in (SPS, PPS):
            picture.add_parameter_set(nal_head + picture.take_open())
        elif kind in (ACCESS_UNIT_DELIMITER, FILLER):
            picture.take_open()
        else:
            picture.close(nal_head)

    def _add(self, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        if NON_IDR_SLICE <= kind <= IDR_SLICE:
            if len(nal) < 2:
                raise ProtocolViolation("H.264 slice of one byte")
            self.picture.note_slice(nal[1] >= _BEGINS_PICTURE, kind == IDR_SLICE, nal[0] & _REFERRED_TO == 0)
            self.picture.add(nal)
        elif kind in (SPS, PPS):
            self.picture.add_parameter_set(nal)
        elif kind not in (ACCESS_UNIT_DELIMITER, FILLER):
            self.picture.add(nal)
