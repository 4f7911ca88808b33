"""The receiving end of an RTSP connection: messages and interleaved media out of whatever a read returned."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache

from shared.rtsp.message_reader import parse_message
from shared.rtsp.messages import Request, Response
from shared.rtsp.reception import Reception
from shared.rtsp.track_receiver import PacketHandler, TrackReceiver, Video

_DOLLAR = 0x24
# Interleave header (4) and RTP header (12): a word [$ channel length flags type sequence], then [timestamp SSRC], which
# is compared as bytes together with the head of the payload.
_FIRST = struct.Struct(">Q")
_MARKER = 1 << 23  # in the first word
_MARKER_AND_LENGTH = _MARKER | 0xFFFF << 32

_Packet = tuple[int, bytes, bytes]


@lru_cache(maxsize=2048)
def _packets(size_bytes: int, head_bytes: int) -> struct.Struct:
    """Takes apart packets of that many bytes, interleave header included: first word; times and head; the rest."""
    return struct.Struct(f">Q{8 + head_bytes}s{size_bytes - 16 - head_bytes}s")


class InterleavedReader:
    """Bytes in, calls out; no sockets.

    Theory of operation. A picture of 20 kB comes as one packet that opens a fragmentation unit, a dozen that go on
    with it, and one that ends it. Those in the middle differ from each other in nothing but the sequence number: so
    once one was handled the long way, the head of the next is known in advance, and `feed` takes packets off for as
    long as heads are as foretold: two comparisons, one slice and one append each, no call. Foretold are also the packet
    that ends the unit, and the one that opens the next of the same kind, in this picture or in the next. Everything
    else (another channel, an RTCP packet, a message, padding, a loss, a packet of another length, parameter sets, a
    wrap of the sequence number) fails the comparison and goes the long way, which then foretells anew.
    """

    __slots__ = (
        "_continuation",
        "_ending",
        "_expected",
        "_handlers",
        "_lane",
        "_lane_channel",
        "_on_message",
        "_rest",
        "_starting",
        "_step",
        "_times",
    )

    def __init__(self, on_message: Callable[[Request | Response], None]):
        self._on_message = on_message
        self._handlers: dict[int, PacketHandler] = {}
        self._lane: TrackReceiver | None = None
        self._lane_channel = -1
        self._rest = b""
        # What the next packet of the lane begins with, and its length with the interleave header; 0 = nothing foretold.
        self._expected = 0
        self._times = b""
        self._starting = b""
        self._continuation = b""
        self._ending = b""
        self._step = 0

    def attach(self, channel: int, receiver: TrackReceiver) -> None:
        """RTP on `channel`, RTCP on the next. The first video track gets the lane."""
        self._handlers[channel] = receiver.receive
        self._handlers[channel + 1] = receiver.receive_control
        if self._lane is None and receiver.video is not None:
            self._lane = receiver
            self._lane_channel = channel

    def feed(self, data: bytes, received_us: int) -> None:
        """Take what a read returned; what is incomplete at its end (a packet at most, or a message) waits.

        Raises:
            ProtocolViolation: neither a frame nor a message, or a handler's. The connection is of no further use.
        """
        if self._rest:
            data = self._rest + data
        offset, size = 0, len(data)
        while offset < size:
            if self._step:
                offset = self._run(data, offset, size, received_us)
            if size - offset < 4:
                break
            if data[offset] != _DOLLAR:
                next_offset = self._read_message(data, offset)
            else:
                next_offset = self._read_frame(data, offset, size, received_us)
            if next_offset < 0:
                break
            offset = next_offset
        self._rest = data[offset:]

    def _run(self, data: bytes, offset: int, size: int, received_us: int) -> int:
        """The lane: take off packets whose heads are as foretold; returns the offset of the first that is not."""
        lane, step = self._lane, self._step
        assert lane is not None
        video, reception = lane.video, lane.reception
        assert video is not None
        assert reception is not None
        picture, shortest, packets = video.picture, 16 + video.HEAD_BYTES, _packets(step, video.HEAD_BYTES)
        while size - offset > shortest:
            if picture.open_nal < 0:
                if size - offset < step or not self._open_next(lane, packets.unpack_from(data, offset), received_us):
                    return offset
                offset += step
                if not self._step:
                    return offset
            known, expected, append = self._times + self._continuation, self._expected, picture.parts.append
            # Not past the wrap of the sequence number, which would carry into the payload type.
            count = min((size - offset) // step, 0x1_0000 - (expected & 0xFFFF))
            for first, head, body in packets.iter_unpack(memoryview(data)[offset : offset + count * step]):
                if first != expected or head != known:
                    break
                append(body)
                expected += 1
            count = expected - self._expected
            if count:
                self._expected = expected
                reception.next_sequence += count
                picture.note_extended(count * (step - shortest))
                offset += count * step
            end = self._take_last(video, reception, data, offset, size, received_us)
            if end == offset or not self._step:
                return end
            offset = end
        return offset

    def _open_next(self, lane: TrackReceiver, packet: _Packet, received_us: int) -> bool:
        """Take the packet that opens another unit of the same kind; False = it is none, and goes the long way."""
        first, head, body = packet
        video, reception = lane.video, lane.reception
        assert video is not None
        assert reception is not None
        is_next = first == self._expected and head[8:] == self._starting and head[4:8] == self._times[4:]
        if not is_next:
            self._step = 0
            return False
        if head[:4] != self._times[:4]:
            self._times = head[:8]
            video.picture.begin_packet(lane.time.extend(int.from_bytes(head[:4])), received_us)
        video.begin_unit(head[8:], body)
        reception.next_sequence += 1
        self._expected += 1
        if not self._expected & 0xFFFF or video.picture.open_nal < 0:  # a wrap, or this picture is not kept
            self._step = 0
        return True

    def _take_last(
        self, video: Video, reception: Reception, data: bytes, offset: int, size: int, received_us: int
    ) -> int:
        """Take the packet that ends the unit, if it is that and has come; whatever else it is goes the long way."""
        begin = offset + 16 + video.HEAD_BYTES
        if begin >= size:
            return offset
        (first,) = _FIRST.unpack_from(data, offset)
        end: int = offset + 4 + (first >> 32 & 0xFFFF)
        is_last = not (first ^ self._expected) & ~_MARKER_AND_LENGTH and end > begin
        if not is_last or data[offset + 8 : begin] != self._times + self._ending:
            self._step = 0
            return offset
        if end > size:
            return offset
        picture = video.picture
        picture.parts.append(data[begin:end])
        picture.note_extended(end - begin)
        reception.next_sequence += 1
        self._expected += 1
        if not self._expected & 0xFFFF:
            self._step = 0
        video.end_unit(self._ending)
        if first & _MARKER:
            picture.end_packet(received_us)
        return end

    def _read_frame(self, data: bytes, offset: int, size: int, received_us: int) -> int:
        """An interleaved frame the long way; -1 where it is not complete."""
        begin = offset + 4
        end = begin + (data[offset + 2] << 8 | data[offset + 3])
        if end > size:
            return -1
        channel = data[offset + 1]
        handler = self._handlers.get(channel)
        if handler is not None:
            handler(data, begin, end, received_us)
            if channel == self._lane_channel:
                self._foretell(data, offset, end)
        return end

    def _foretell(self, data: bytes, offset: int, end: int) -> None:
        """From the packet just handled, the head of the one that goes on with its fragmentation unit."""
        lane = self._lane
        assert lane is not None
        video = lane.video
        assert video is not None
        self._step = 0
        # Only after a plain header (version 2 and nothing else), with something behind its head, and not over the wrap.
        if video.continuation and data[offset + 4] == 0x80 and end - offset > 16 + video.HEAD_BYTES:
            first = int.from_bytes(data[offset : offset + 8]) & ~_MARKER
            if first & 0xFFFF != 0xFFFF:
                self._starting, self._continuation, self._ending = video.starting, video.continuation, video.ending
                self._expected = first + 1
                self._times = data[offset + 8 : offset + 16]
                self._step = end - offset

    def _read_message(self, data: bytes, offset: int) -> int:
        """A message between the frames; -1 where it is not complete."""
        found = parse_message(data, offset)
        if found is None:
            return -1
        message, next_offset = found
        if message is not None:
            self._on_message(message)
        return next_offset
