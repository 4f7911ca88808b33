"""A loop of packets that never ends: unit n of the stream for every n, with its time, sequence number and bytes."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import Protocol

from shared.rtsp.packetize_audio import packetize_aac, packetize_g711
from shared.rtsp.packetize_block import PacketBlock
from shared.rtsp.packetize_h264 import packetize_h264
from shared.rtsp.packetize_h265 import packetize_h265
from shared.rtsp.server_presentation import ServedTrack
from shared.simulator.footage import PictureLoop, SoundLoop


class Reel(Protocol):
    """Units are numbered through all rounds of the loop, so nothing breaks where it closes.

    All cameras of one footage share a reel, each with its own beginning in time. Rendered bytes are kept per place
    in the loop, and cameras begin within one round of each other, so that a unit is rendered once a round for all.
    """

    clock_rate: int
    ssrc: int

    def next_from(self, ticks: int) -> int:
        """The first unit that is due at `ticks` or later."""
        ...

    def next_start(self, number: int) -> int:
        """The first unit at `number` or later with which a client can begin."""
        ...

    def due_ticks(self, number: int) -> int: ...

    def sequence(self, number: int) -> int: ...

    def timestamp(self, number: int) -> int: ...

    def timestamp_at(self, ticks: int) -> int:
        """RTP time at a moment, for sender reports."""
        ...

    def place(self, number: int) -> int:
        """Which unit of the loop it is."""
        ...

    def block(self, number: int) -> PacketBlock: ...


class PictureReel:
    """Pictures; a client begins with an IDR."""

    clock_rate = 90_000

    def __init__(self, loop: PictureLoop, track: ServedTrack, channel: int, sequence: int, timestamp: int):
        packetize = packetize_h264 if loop.codec == "h264" else packetize_h265
        self.ssrc = track.ssrc
        self._blocks = [
            PacketBlock(packetize(picture.nals), track.payload_type, track.ssrc, channel) for picture in loop.pictures
        ]
        self._due = [picture.dts_90k for picture in loop.pictures]
        self._shown = [picture.pts_90k for picture in loop.pictures]
        self._first_packets = list(accumulate((block.count for block in self._blocks), initial=0))
        self._duration = loop.duration_90k
        self._count = len(self._blocks)
        self._sequence = sequence
        self._timestamp = timestamp
        starts = [place for place, picture in enumerate(loop.pictures) if picture.is_idr]
        self._starts = [*starts, starts[0] + self._count]

    def next_from(self, ticks: int) -> int:
        rounds, rest = divmod(ticks, self._duration)
        return rounds * self._count + bisect_left(self._due, rest)

    def next_start(self, number: int) -> int:
        rounds, place = divmod(number, self._count)
        return rounds * self._count + self._starts[bisect_left(self._starts, place)]

    def due_ticks(self, number: int) -> int:
        rounds, place = divmod(number, self._count)
        return rounds * self._duration + self._due[place]

    def sequence(self, number: int) -> int:
        rounds, place = divmod(number, self._count)
        return self._sequence + rounds * self._first_packets[-1] + self._first_packets[place]

    def timestamp(self, number: int) -> int:
        rounds, place = divmod(number, self._count)
        return self._timestamp + rounds * self._duration + self._shown[place]

    def timestamp_at(self, ticks: int) -> int:
        return self._timestamp + ticks

    def place(self, number: int) -> int:
        return number % self._count

    def block(self, number: int) -> PacketBlock:
        return self._blocks[number % self._count]


class SoundReel:
    """Sound on its own even grid. What is heard follows the pictures' loop, to within one unit, for ever."""

    def __init__(
        self, loop: SoundLoop, track: ServedTrack, channel: int, sequence: int, timestamp: int, picture_90k: int
    ):
        self.clock_rate = loop.clock_rate
        self.ssrc = track.ssrc
        packets = [packetize_aac(unit) if loop.codec == "aac" else packetize_g711(unit) for unit in loop.units]
        # Longer units would make the sequence numbers depend on the place; nothing that is played here has them.
        if any(len(payloads) != 1 for payloads in packets):
            raise ValueError("a sound unit does not fit one packet")
        self._blocks = [PacketBlock(payloads, track.payload_type, track.ssrc, channel) for payloads in packets]
        self._unit = loop.unit_ticks
        self._loop_ticks = min(picture_90k * loop.clock_rate // 90_000, len(self._blocks) * loop.unit_ticks)
        self._sequence = sequence
        self._timestamp = timestamp

    def next_from(self, ticks: int) -> int:
        return -(-ticks // self._unit)

    def next_start(self, number: int) -> int:
        return number

    def due_ticks(self, number: int) -> int:
        return number * self._unit

    def sequence(self, number: int) -> int:
        return self._sequence + number

    def timestamp(self, number: int) -> int:
        return self._timestamp + number * self._unit

    def timestamp_at(self, ticks: int) -> int:
        return self._timestamp + ticks

    def place(self, number: int) -> int:
        return number * self._unit % self._loop_ticks // self._unit

    def block(self, number: int) -> PacketBlock:
        return self._blocks[self.place(number)]
