"""Gives the camera one packet every 20 ms, as soon as the network of the talker allows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from services.intercom.playout import Gap, Packet, Playout
from services.intercom.talk_sound import OpusDecoder, TalkSound
from shared.clock import Clock
from shared.errors import ProtocolViolation

Send = Callable[[bytes, int], None]
# = 160 ms of what came before a press, for the decoder to know the voice
_BEFORE = 8


class PacedSpeaker:
    """Implements `Speaker`. Args: send: payload and samples, to the camera; opus: this talker's decoder."""

    def __init__(self, send: Send, opus: OpusDecoder, clock: Clock):
        self._send = send
        self._opus = opus
        self._clock = clock
        self._playout = Playout()
        self._sound: TalkSound | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._before: deque[tuple[int, bytes]] = deque(maxlen=_BEFORE)
        self._heard_s = 0.0
        self._lost_before = 0
        self.packets = 0

    @property
    def heard_s(self) -> float:
        return self._heard_s

    @property
    def lost(self) -> int:
        return self._lost_before + self._playout.lost

    @property
    def delay_s(self) -> float:
        return self._playout.delay_s

    def on(self, codec: str) -> None:
        self._lost_before += self._playout.lost
        self._playout = Playout()
        self._sound = TalkSound("pcma" if codec == "pcma" else "pcmu", self._opus)
        while self._before:
            with suppress(ProtocolViolation):  # a stranger's packet
                self._sound.warm(*self._before.popleft())

    def off(self) -> None:
        self._sound = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hear(self, sequence: int, kind: int, payload: bytes) -> None:
        """A packet of the microphone, as it came. What comes while nobody presses is not played."""
        now = self._heard_s = self._clock.monotonic()
        if not payload:
            return
        if self._sound is None:
            self._before.append((kind, payload))
        else:
            self._playout.put(sequence, payload, kind, now)
            self._play()

    def _play(self) -> None:
        """Everything that is due, then a timer for what is not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._sound is not None:
            due, now = self._playout.due(), self._clock.monotonic()
            if due is None:
                return
            # A timer of the loop is a millisecond coarse: what is due within half of one is due.
            if due > now + 0.0005:
                self._timer = asyncio.get_running_loop().call_later(due - now, self._play)
                return
            self._give(self._playout.take(now))

    def _give(self, packet: Packet | Gap) -> None:
        assert self._sound is not None
        try:
            payload = self._sound.of(packet)
        except ProtocolViolation:
            payload = self._sound.of(Gap())  # a stranger's packet is as good as lost
        if payload is None:
            self._playout.left_out()
            return
        self.packets += 1
        self._send(payload, len(payload))
