"""When each packet of a talker is played: at once where the network is even, later by as much as it is not. Pure.

Theory of operation. The first packet is played when it comes; the n-th is due n packets later. One that comes late is
played at once and everything after it later by as much: so the delay grows by exactly what the network wavers, and no
further than `DELAY_MAX_S`, beyond which the oldest is dropped. Where over two seconds every packet had to wait, the
delay shrinks again, a millisecond a packet; a whole packet is left out where nobody speaks.

Where nothing is there when it is due, a patience of one packet passes; then the listener is given something in its
place (`Gap`): what was lost is over, what is only late is still waited for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PACKET_S = 0.020
DELAY_MAX_S = 0.120
PATIENCE_S = PACKET_S
_WINDOW_S = 2.0
# Waiting that all packets of a window had, less what is kept against the next wave.
_SLACK_KEPT_S = 0.002
_SHRINK_S = 0.001
# A talker that jumps further than that has begun anew.
_JUMP = 100


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
        late: packets that came after their turn; dropped: those left out to keep up; lost: those that never came.
    """

    late: int = 0
    dropped: int = 0
    lost: int = 0
    delay_s: float = 0.0
    _next: int | None = None
    _at: float = 0.0
    _held: dict[int, tuple[Packet, float]] = field(default_factory=dict)
    _slack_s: float = DELAY_MAX_S
    _window_ends: float = 0.0
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
            self.late += 1
            return
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
        return self._at if self._next in self._held else self._at + PATIENCE_S

    def take(self, now: float) -> Packet | Gap:
        """What is to be played now that `due` has come."""
        assert self._next is not None
        found = self._held.pop(self._next, None)
        if found is None:
            return self._gap(now)
        packet, came = found
        self._next += 1
        # One that was due before it came moves everything after it.
        played = max(self._at, came)
        self.delay_s = now - came
        self._watch(played - came, now)
        shrink = min(self._to_shrink_s, _SHRINK_S)
        self._to_shrink_s -= shrink
        self._at = played + PACKET_S - shrink
        return Packet(packet.payload, packet.kind, may_be_left_out=self._to_shrink_s >= PACKET_S)

    def left_out(self) -> None:
        """The packet taken last was not played: the next is due at once."""
        self._at -= PACKET_S
        self._to_shrink_s = max(0.0, self._to_shrink_s - PACKET_S)
        self.dropped += 1

    def _begin(self, sequence: int, now: float) -> None:
        self._held.clear()
        self._next, self._at = sequence & 0xFFFF, now
        self._slack_s, self._window_ends, self._to_shrink_s = DELAY_MAX_S, now + _WINDOW_S, 0.0

    def _gap(self, now: float) -> Gap:
        assert self._next is not None
        self._at = max(self._at + PACKET_S, now + PACKET_S - PATIENCE_S)
        if not self._held:
            return Gap()  # late, and not overtaken yet: waited for
        self._next += 1
        self.lost += 1
        behind = self._held.get(self._next)
        return Gap(None if behind is None else behind[0])

    def _watch(self, waited_s: float, now: float) -> None:
        self._slack_s = min(self._slack_s, waited_s)
        if now >= self._window_ends:
            self._to_shrink_s = max(0.0, self._slack_s - _SLACK_KEPT_S)
            self._slack_s, self._window_ends = DELAY_MAX_S, now + _WINDOW_S
