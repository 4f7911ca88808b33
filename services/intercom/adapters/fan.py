"""Gives every camera of a broadcast its piece of sound, all in one turn of one timer.

Theory of operation. Cameras join when they play. Nothing is given before `begin`, so all that have joined by then begin
in the same turn; who joins later hears a microphone from then on, a recording from its beginning. What is made is made
once for each law (`Programme`); a camera costs its packet's header and the socket.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from services.intercom.g711 import Law
from services.intercom.playout import PACKET_S, Playout
from services.intercom.programme import LiveProgramme, Programme, RecordedProgramme
from shared.clock import Clock

# A timer of the loop is a millisecond coarse: what is due within half of one is due.
_COARSE_S = 0.0005
# A process that was held up for longer does not make up for it: a camera would be given it all at once.
_HELD_UP_S = 0.2
# = how much of a microphone is kept while cameras get ready
_KEPT_MAX = 250


@dataclass(slots=True, eq=False)
class Ear:
    """One camera that plays.

    Attributes:
        began_us: when it was given its first piece.
        on_change: told when it began, and when it is over: it was given all of a recording.
        is_left: it is given nothing any more.
    """

    law: Law
    send: Callable[[bytes, int], None]
    on_change: Callable[[], None]
    began_us: int | None = None
    packets: int = 0
    is_over: bool = False
    is_left: bool = False


class Fan:
    """The cameras that play now."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._ears: dict[Ear, None] = {}

    def join(self, ear: Ear) -> None:
        self._ears[ear] = None

    def leave(self, ear: Ear) -> None:
        ear.is_left = True
        self._ears.pop(ear, None)

    def __len__(self) -> int:
        return len(self._ears)

    def give(self, programme: Programme) -> None:
        """The next piece to each of them."""
        for ear in tuple(self._ears):
            piece = programme.piece(ear.law, ear.packets)
            if piece is None:
                self.leave(ear)
                ear.is_over = True
                ear.on_change()
                continue
            ear.packets += 1
            ear.send(piece, len(piece))
            if ear.began_us is None:
                ear.began_us = self._clock.now_us()
                ear.on_change()


class Microphone:
    """Implements `Narrator`: a browser, given on with a constant delay, that of the start."""

    is_endless = True
    seconds = 0.0

    def __init__(self, fan: Fan, programme: LiveProgramme, clock: Clock):
        self._fan = fan
        self._programme = programme
        self._clock = clock
        self._playout = Playout()
        self._kept: deque[tuple[float, int, int, bytes]] = deque(maxlen=_KEPT_MAX)
        self._pressed_s: float | None = None
        self._behind_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._heard_s = 0.0

    @property
    def heard_s(self) -> float:
        return self._heard_s

    def press(self) -> None:
        self.release()
        self._pressed_s = self._clock.monotonic()

    def begin(self) -> None:
        if self._pressed_s is not None:
            self._behind_s = self._clock.monotonic() - self._pressed_s
            self._turn()

    def release(self) -> None:
        self._pressed_s = self._behind_s = None
        self._kept.clear()
        self._playout = Playout()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def hear(self, sequence: int, kind: int, payload: bytes) -> None:
        """A packet of the microphone, as it came. What comes while nobody presses is not kept."""
        now = self._heard_s = self._clock.monotonic()
        if self._pressed_s is not None and payload:
            self._kept.append((now, sequence, kind, payload))
            self._turn()

    def _turn(self) -> None:
        """Everything that is due, then a timer for what is not."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._behind_s is not None:
            now = self._clock.monotonic()
            self._hand_over(now - self._behind_s)
            due = self._playout.due()
            if due is not None and due <= now + _COARSE_S:
                if self._programme.say(self._playout.take(now)):
                    self._fan.give(self._programme)
                else:
                    self._playout.left_out()
                continue
            waits = [due] if due is not None else []
            waits += [self._kept[0][0] + self._behind_s] if self._kept else []
            if waits:
                self._timer = asyncio.get_running_loop().call_later(max(0.0, min(waits) - now), self._turn)
            return

    def _hand_over(self, came_by: float) -> None:
        assert self._behind_s is not None
        while self._kept and self._kept[0][0] <= came_by + _COARSE_S:
            came, sequence, kind, payload = self._kept.popleft()
            self._playout.put(sequence, payload, kind, came + self._behind_s)


class Recording:
    """Implements `Narrator`: an announcement, a piece every 20 ms."""

    is_endless = False

    def __init__(self, fan: Fan, programme: RecordedProgramme, clock: Clock):
        self._fan = fan
        self._programme = programme
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._due_s = 0.0

    @property
    def heard_s(self) -> float:
        return self._clock.monotonic()

    @property
    def seconds(self) -> float:
        return self._programme.seconds

    def press(self) -> None: ...

    def begin(self) -> None:
        self._due_s = self._clock.monotonic()
        self._turn()

    def release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _turn(self) -> None:
        now = self._clock.monotonic()
        if now - self._due_s > _HELD_UP_S:
            self._due_s = now
        while self._due_s <= now + _COARSE_S:
            self._fan.give(self._programme)
            self._due_s += PACKET_S
        self._timer = asyncio.get_running_loop().call_later(self._due_s - now, self._turn)
