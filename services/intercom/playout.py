"""When each packet of a talker is played: at once where the network is even, later by as much as it is not. Pure.

Theory of operation. Slots are 20 ms apart. The first packet makes the first slot when it comes, and each has its own.
One that comes a little after its slot is played when it comes; one that is later moves all slots after it by as much
as it was late: so the delay grows by what the network wavers, and no further than `DELAY_MAX_S`, beyond which the
oldest is dropped. Where for a second and a half every packet had to wait, the slots move forward again, a millisecond
a packet; a whole packet is left out where nobody speaks.

A slot whose packet is not there, while later ones are, is filled (`Gap`) out of the one behind it. If that packet comes
after all, the slots were too early, and move. Where nothing at all is there, a patience of little more than a packet
passes: on an even network the next one comes within it, and tells that one was lost. Then a slot is filled every 20 ms
until something comes; what was filled is not played any more once something later has come.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf

PACKET_S = 0.020
DELAY_MAX_S = 0.120
PATIENCE_S = 0.024
# = how long one that was overtaken may still come
OVERTAKEN_S = 0.003
# = how uneven the packets of the camera may be: a network in between is no better
TOLERANCE_S = 0.004
# The slack of a talker is the least of its last spans, so that a single stall is forgiven soon after it.
_SPAN_S = 0.5
_SPANS = 3
_HOLD_S = 10.0
# Waiting that all packets of these spans had, less what is kept against the next wave.
_SLACK_KEPT_S = 0.002
_SHRINK_S = 0.001
# A talker that jumps further than that has begun anew.
_JUMP = 100
# How many of those that did not come in time are remembered, to be known when they come.
_MISSED = 16


@dataclass(frozen=True, slots=True)
class Packet:
    """To be played now. `may_be_left_out`: there is so much delay that one packet of silence may go."""

    payload: bytes
    kind: int
    may_be_left_out: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing to play now. `next`: the packet behind a lost one, out of which a codec may guess it."""

    next: Packet | None = None


@dataclass(slots=True)
class Playout:
    """Times are seconds of one monotonic clock.

    Attributes:
        lost: packets that were not there for their slot; late: of those, the ones that came afterwards; dropped: those
            left out to keep up.
        delay_s: what the newest packet waited.
    """

    late: int = 0
    dropped: int = 0
    lost: int = 0
    delay_s: float = 0.0
    _next: int | None = None
    _slot: float = 0.0
    _held: dict[int, tuple[Packet, float]] = field(default_factory=dict)
    _missed: deque[int] = field(default_factory=lambda: deque(maxlen=_MISSED))
    # Slots filled since the last packet while nothing was there.
    _filled: int = 0
    # The least that a packet waited: in the span that runs, and in the last ones, as if slots had never moved forward.
    _slack_s: float = inf
    _slacks_s: deque[float] = field(default_factory=lambda: deque(maxlen=_SPANS))
    _given_back_s: float = 0.0
    _span_ends: float = 0.0
    _to_shrink_s: float = 0.0

    def put(self, sequence: int, payload: bytes, kind: int, now: float) -> None:
        """One packet as it came. Args: sequence: 16 bits; kind: its payload type."""
        if self._next is None:
            self._begin(sequence, now)
        assert self._next is not None
        ahead = (sequence - self._next + 0x8000 & 0xFFFF) - 0x8000
        if abs(ahead) > _JUMP:
            self._begin(sequence, now)
            ahead = 0
        if ahead < 0:
            self._came_late(self._next + ahead, now)
            return
        if not self._held:
            ahead -= self._pass_over(ahead)
        self._held[self._next + ahead] = Packet(payload, kind), now
        while len(self._held) > 1 and (max(self._held) - self._next) * PACKET_S > DELAY_MAX_S:
            # More than the longest delay has come at once: what is oldest is too old to be said.
            self.dropped += self._next in self._held
            self._held.pop(self._next, None)
            self._next += 1

    def due(self) -> float | None:
        """When `take` is to be called next; None before the first packet."""
        if self._next is None:
            return None
        if self._next in self._held or (self._filled and not self._held):
            return self._slot
        if self._held:
            return max(self._slot, min(came for _, came in self._held.values()) + OVERTAKEN_S)
        return self._slot + PATIENCE_S

    def take(self, now: float) -> Packet | Gap:
        """What is to be played now that `due` has come."""
        assert self._next is not None
        found = self._held.pop(self._next, None)
        if found is None:
            return self._gap(now)
        packet, came = found
        self._next += 1
        self._filled = 0
        self.delay_s = now - came
        self._watch(self._slot - came, now)
        self._slot = max(self._slot, came - TOLERANCE_S) + PACKET_S
        self._move_forward(min(self._to_shrink_s, _SHRINK_S))
        return Packet(packet.payload, packet.kind, may_be_left_out=self._to_shrink_s >= PACKET_S)

    def left_out(self) -> None:
        """The packet taken last was not played: the next is due at once."""
        self._move_forward(PACKET_S)
        self.dropped += 1

    def _begin(self, sequence: int, now: float) -> None:
        self._held.clear()
        self._missed.clear()
        self._next, self._slot, self._filled = sequence & 0xFFFF, now, 0
        self._to_shrink_s = 0.0
        self._measure_anew(now + _SPAN_S)

    def _gap(self, now: float) -> Gap:
        assert self._next is not None
        slot, self._slot = self._slot, max(self._slot, now - TOLERANCE_S) + PACKET_S
        if not self._held:
            self._filled += 1
            return Gap()  # late, and not overtaken yet: waited for
        self._miss(1)
        # Filled in time out of the packet behind it: the delay that allowed it is needed.
        overtaken = min(came for _, came in self._held.values()) + OVERTAKEN_S
        self._slack_s = min(self._slack_s, slot - overtaken + self._given_back_s)
        behind = self._held.get(self._next)
        return Gap(None if behind is None else behind[0])

    def _pass_over(self, ahead: int) -> int:
        """What comes tells that those before it were lost: as many as were filled are done with."""
        filled, self._filled = min(ahead, self._filled), 0
        self._miss(filled)
        return filled

    def _miss(self, count: int) -> None:
        assert self._next is not None
        self._missed.extend(range(self._next, self._next + count))
        self._next += count
        self.lost += count

    def _came_late(self, number: int, now: float) -> None:
        assert self._next is not None
        if number not in self._missed:
            return  # a copy
        self._missed.remove(number)
        self.late += 1
        its_slot = self._slot - (self._next - number) * PACKET_S
        if now - its_slot <= DELAY_MAX_S:
            self._slot = min(self._slot + now - its_slot, now + DELAY_MAX_S)
            # No earlier again for a while, and then by no more than all had to wait in it.
            self._measure_anew(now + _HOLD_S)

    def _move_forward(self, by_s: float) -> None:
        self._slot -= by_s
        self._given_back_s += by_s
        self._to_shrink_s = max(0.0, self._to_shrink_s - by_s)

    def _measure_anew(self, span_ends: float) -> None:
        self._slacks_s.clear()
        self._slack_s, self._span_ends = inf, span_ends

    def _watch(self, waited_s: float, now: float) -> None:
        self._slack_s = min(self._slack_s, waited_s + self._given_back_s)
        if now < self._span_ends:
            return
        self._slacks_s.append(self._slack_s)
        if len(self._slacks_s) == _SPANS:
            slack_s = min(self._slacks_s) - self._given_back_s
            self._to_shrink_s = max(0.0, slack_s + TOLERANCE_S - _SLACK_KEPT_S)
        self._slack_s, self._span_ends = inf, now + _SPAN_S
