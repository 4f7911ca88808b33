"""The receiving end of an RTSP connection: messages and interleaved media out of whatever a read returned."""

from __future__ import annotations

import struct
from collections.abc import Callable

from shared.rtsp.message_reader import parse_message
from shared.rtsp.messages import Request, Response
from shared.rtsp.track_receiver import PacketHandler, TrackReceiver

_DOLLAR = 0x24
# Interleave header (4), RTP header (12) in two words: [$ channel length flags type sequence] and [timestamp SSRC].
_HEADS = {2: struct.Struct(">QQ2s"), 3: struct.Struct(">QQ3s")}
_MARKER = 1 << 23  # in the first word


class InterleavedReader:
    """Bytes in, calls out; no sockets.

    Theory of operation. A picture of 20 kB comes as one packet that opens a fragmentation unit, a dozen that go on
    with it, and one that ends it. Those in the middle differ from each other in nothing but the sequence number: so
    once one was handled the long way, the head of the next is known in advance, and `feed` takes packets off for as
    long as heads are as foretold: three comparisons, one slice and one append each, no call. Everything else (another
    channel, an RTCP packet, a message, padding, a loss, a packet of another length, a wrap of the sequence number)
    fails the comparison and goes the long way, which then foretells anew.
    """

    __slots__ = (
        "_continuation",
        "_expected",
        "_handlers",
        "_lane",
        "_lane_channel",
        "_on_message",
        "_rest",
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
        self._times = 0
        self._continuation = b""
        self._step = 0

    def attach(self, channel: int, receiver: TrackReceiver) -> None:
        """RTP on `channel`, RTCP on the next. The first video track gets the lane."""
        self._handlers[channel] = receiver.receive
        self._handlers[channel + 1] = receiver.receive_control
        if self._lane is None and receiver.video is not None:
            self._lane = receiver
            self._lane_channel = channel

    def feed(self, data: bytes, received_us: int) -> None:
        """Take what a read returned; what is incomplete at its end (64 kB at most, or a message) waits.

        Raises:
            ProtocolViolation: neither a frame nor a message, or a handler's. The connection is of no further use.
        """
        if self._rest:
            data = self._rest + data
        offset, size = 0, len(data)
        while offset < size:
            if self._step:
                offset = self._run(data, offset, size)
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

    def _run(self, data: bytes, offset: int, size: int) -> int:
        """The lane: take off packets whose heads are as foretold; returns the offset of the first that is not."""
        lane, continuation = self._lane, self._continuation
        assert lane is not None
        video, reception = lane.video, lane.reception
        assert video is not None
        assert reception is not None
        picture = video.picture
        append = picture.parts.append
        unpack_from = _HEADS[video.HEAD_BYTES].unpack_from
        expected, expected_times, step = self._expected, self._times, self._step
        payload = 16 + video.HEAD_BYTES
        begin = offset
        # Not past the wrap of the sequence number, which would carry into the payload type.
        last = min(size - step, begin + (0xFFFF - (expected & 0xFFFF)) * step)
        while offset <= last:
            first, times, head = unpack_from(data, offset)
            if first != expected or times != expected_times or head != continuation:
                self._step = 0
                break
            append(data[offset + payload : offset + step])
            offset += step
            expected += 1
        count = (offset - begin) // step
        if count:
            self._expected = expected
            reception.next_sequence += count
            picture.note_extended(count * (step - payload))
            if expected & 0xFFFF == 0:
                self._step = 0
        return offset

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
        assert lane.video is not None
        self._continuation = lane.video.continuation
        first = int.from_bytes(data[offset : offset + 8]) & ~_MARKER
        # Only after a plain header (version 2 and nothing else), and not over the wrap.
        if self._continuation and data[offset + 4] == 0x80 and first & 0xFFFF != 0xFFFF:
            self._expected = first + 1
            self._times = int.from_bytes(data[offset + 8 : offset + 16])
            self._step = end - offset
        else:
            self._step = 0

    def _read_message(self, data: bytes, offset: int) -> int:
        """A message between the frames; -1 where it is not complete."""
        found = parse_message(data, offset)
        if found is None:
            return -1
        message, next_offset = found
        if message is not None:
            self._on_message(message)
        return next_offset
