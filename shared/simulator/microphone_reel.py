"""A reel that is not a loop: the microphone of a room, 20 ms of PCMU at a time, as it hears them."""

from __future__ import annotations

from dataclasses import replace

from shared.rtsp.packetize_audio import packetize_g711
from shared.rtsp.packetize_block import PacketBlock
from shared.rtsp.server_presentation import ServedTrack
from shared.simulator.offer import Offer
from shared.simulator.room import Room
from shared.simulator.ulaw import RATE, to_ulaw

_UNIT = RATE // 50
_PAYLOAD_TYPE = 0
_CHANNEL = 2


class MicrophoneReel:
    """Implements `Reel`. Unit n holds the 20 ms before it is due."""

    clock_rate = RATE

    def __init__(self, room: Room, track: ServedTrack):
        self.ssrc = track.ssrc
        self._room = room
        self._made: tuple[int, PacketBlock] | None = None

    def next_from(self, ticks: int) -> int:
        return -(-ticks // _UNIT)

    def next_start(self, number: int) -> int:
        return number

    def due_ticks(self, number: int) -> int:
        return number * _UNIT

    def sequence(self, number: int) -> int:
        return number

    def timestamp(self, number: int) -> int:
        return number * _UNIT

    def timestamp_at(self, ticks: int) -> int:
        return ticks

    def place(self, number: int) -> int:
        return number

    def block(self, number: int) -> PacketBlock:
        if self._made is None or self._made[0] != number:
            payload = to_ulaw(self._room.heard((number - 1) * _UNIT, _UNIT))
            self._made = number, PacketBlock(packetize_g711(payload), _PAYLOAD_TYPE, self.ssrc, _CHANNEL)
        return self._made[1]


def with_microphone(offer: Offer, room: Room, ssrc: int) -> Offer:
    """The same pictures, with the sound of a room instead of the footage's."""
    track = ServedTrack("audio", _PAYLOAD_TYPE, f"PCMU/{RATE}", ssrc)
    presentation = replace(offer.presentation, tracks=(offer.presentation.tracks[0], track))
    return replace(offer, presentation=presentation, reels=(offer.reels[0], MicrophoneReel(room, track)))
