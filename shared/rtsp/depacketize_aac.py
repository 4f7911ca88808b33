"""AAC out of RTP: mpeg4-generic (RFC 3640) and MP4A-LATM with its configuration in the SDP (RFC 6416)."""

from __future__ import annotations

from collections.abc import Mapping

from shared.errors import ProtocolViolation
from shared.media.access_unit import AudioUnit
from shared.media.sink import MediaSink

LARGEST_AUDIO_UNIT_BYTES = 16 * 1024  # 6144 bits a channel at most (ISO/IEC 14496-3, 4.5.3.2), 8 channels and room
_SAMPLES = 1024


class Mpeg4GenericDepacketizer:
    """AAC-hbr and AAC-lbr: an AU-headers section, then the access units; a large one in fragments (RFC 3640 3.2.3)."""

    __slots__ = (
        "_clock_rate",
        "_delta_bits",
        "_index_bits",
        "_partial",
        "_partial_pts",
        "_partial_size",
        "_samples",
        "_sink",
        "_size_bits",
    )

    def __init__(self, sink: MediaSink, clock_rate: int, sample_rate: int, format_parameters: Mapping[str, str]):
        self._sink = sink
        self._clock_rate = clock_rate
        # The clock rate is the sampling rate but for cameras that say 90000.
        self._samples = _SAMPLES * clock_rate // sample_rate if sample_rate else _SAMPLES
        is_low_rate = format_parameters.get("mode", "").lower() == "aac-lbr"
        self._size_bits = _bits(format_parameters, "sizelength", 6 if is_low_rate else 13, 1)
        self._index_bits = _bits(format_parameters, "indexlength", 2 if is_low_rate else 3)
        self._delta_bits = _bits(format_parameters, "indexdeltalength", 2 if is_low_rate else 3)
        self._partial = bytearray()
        self._partial_size = 0
        self._partial_pts = 0

    def lose(self) -> None:
        self._partial.clear()
        self._partial_size = 0

    def push(self, data: bytes, begin: int, end: int, pts: int, has_marker: bool, received_us: int) -> None:
        if end - begin < 2:
            raise ProtocolViolation("AAC packet without an AU-headers-length", offset=begin)
        header_bits = int.from_bytes(data[begin : begin + 2])
        offset = begin + 2 + (header_bits + 7) // 8
        if offset > end:
            raise ProtocolViolation("AU-headers section longer than its packet", offset=begin)
        sizes = self._sizes(int.from_bytes(data[begin + 2 : offset]) >> (-header_bits % 8), header_bits, begin)
        if self._partial_size and (pts != self._partial_pts or sizes != [self._partial_size]):
            self.lose()  # the rest of that one will not come: its middle was all we saw after a loss
        if self._partial_size or (len(sizes) == 1 and offset + sizes[0] > end):
            self._push_fragment(data[offset:end], sizes[0], pts, received_us, begin)
            return
        for size_bytes in sizes:
            next_offset = offset + size_bytes
            if next_offset > end:
                raise ProtocolViolation("AAC access unit longer than its packet", offset=offset)
            if size_bytes:
                self._emit(data[offset:next_offset], pts, received_us)
            offset = next_offset
            pts += self._samples

    def _sizes(self, headers: int, header_bits: int, offset: int) -> list[int]:
        """AU-size of each AU-header; AU-Index and AU-Index-delta are 0 but for interleaving (3.3.6)."""
        sizes: list[int] = []
        left = header_bits
        index_bits = self._index_bits
        while left >= self._size_bits + index_bits:
            left -= self._size_bits
            sizes.append(headers >> left & ((1 << self._size_bits) - 1))
            left -= index_bits
            if headers >> left & ((1 << index_bits) - 1):
                raise ProtocolViolation("interleaved AAC", offset=offset)
            index_bits = self._delta_bits
        if not sizes:
            raise ProtocolViolation("AAC packet without an AU-header", offset=offset)
        return sizes

    def _push_fragment(self, piece: bytes, size_bytes: int, pts: int, received_us: int, offset: int) -> None:
        """Every fragment states the size of the whole access unit and has its timestamp (3.1, 3.2.3)."""
        if size_bytes > LARGEST_AUDIO_UNIT_BYTES:
            raise ProtocolViolation(f"AAC access unit of {size_bytes} bytes", offset=offset)
        self._partial += piece
        self._partial_size, self._partial_pts = size_bytes, pts
        if len(self._partial) > self._partial_size:
            raise ProtocolViolation("AAC fragments are more than their access unit", offset=offset)
        if len(self._partial) == self._partial_size:
            whole = bytes(self._partial)
            self.lose()
            self._emit(whole, pts, received_us)

    def _emit(self, unit: bytes, pts: int, received_us: int) -> None:
        self._sink.on_audio(AudioUnit("aac", unit, pts, self._clock_rate, received_us))


def _bits(parameters: Mapping[str, str], name: str, default: int, lowest: int = 0) -> int:
    text = parameters.get(name, "")
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else default
    return value if lowest <= value <= 32 else default


class LatmDepacketizer:
    """MP4A-LATM, cpresent=0: AudioMuxElements of one frame, PayloadLengthInfo then payload (ISO/IEC 14496-3, 1.7.3)."""

    __slots__ = ("_clock_rate", "_is_broken", "_partial", "_pts", "_samples", "_sink")

    def __init__(self, sink: MediaSink, clock_rate: int, sample_rate: int):
        self._sink = sink
        self._clock_rate = clock_rate
        self._samples = _SAMPLES * clock_rate // sample_rate if sample_rate else _SAMPLES
        self._partial = bytearray()
        self._pts = 0
        self._is_broken = False

    def lose(self) -> None:
        self._partial.clear()
        self._is_broken = True

    def push(self, data: bytes, begin: int, end: int, pts: int, has_marker: bool, received_us: int) -> None:
        if pts != self._pts:
            self._partial.clear()
            self._pts = pts
        self._partial += data[begin:end]
        if len(self._partial) > LARGEST_AUDIO_UNIT_BYTES:
            raise ProtocolViolation("LATM element too long", offset=begin)
        if not has_marker:  # the marker stands on the last packet of an element (RFC 6416 6.1)
            return
        element, is_broken = bytes(self._partial), self._is_broken
        self._partial.clear()
        self._is_broken = False
        offset = 0
        while offset < len(element) and not is_broken:
            size_bytes = 0
            while True:
                if offset >= len(element):
                    raise ProtocolViolation("LATM length without an end", offset=begin)
                size_bytes += element[offset]
                offset += 1
                if element[offset - 1] != 0xFF:
                    break
            if offset + size_bytes > len(element):
                raise ProtocolViolation("LATM payload longer than its element", offset=begin)
            if size_bytes:
                unit = element[offset : offset + size_bytes]
                self._sink.on_audio(AudioUnit("aac", unit, pts, self._clock_rate, received_us))
            offset += size_bytes
            pts += self._samples
