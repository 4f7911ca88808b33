"""One track of one camera while somebody receives it: the next unit, when it is due, to whom it goes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from shared.clock import Clock
from shared.rtsp.packetize_block import PacketBlock
from shared.rtsp.rtcp import SenderReport, SourceDescription, build_rtcp, ntp_from_unix_us
from shared.rtsp.server_outlet import Outlet
from shared.simulator.pacer import Pacer
from shared.simulator.reel import Reel

REPORT_INTERVAL_S = 5.0  # RFC 3550 6.2: not more often
LATEST_S = 1.0  # later than this (the process was stopped) time is jumped over, as a camera does that hung
_KEPT_WRITES = 512  # > 10 s at 25 to 50 pictures a second


@dataclass(slots=True)
class Receiver:
    """One client of one track."""

    outlet: Outlet
    first: int
    report_due_s: float
    packets: int = 0
    octets: int = 0


class Playout:
    """`begin_s` is when unit 0 was due, on the pacer's clock. Nothing runs while there are no receivers."""

    def __init__(self, reel: Reel, pacer: Pacer, clock: Clock, begin_s: float, cname: str, pieces: int = 1):
        self.reel = reel
        self.written: deque[tuple[int, int]] = deque(maxlen=_KEPT_WRITES)
        self._pacer = pacer
        self._clock = clock
        self._begin_s = begin_s
        self._cname = cname
        self._pieces = pieces
        self._receivers: list[Receiver] = []
        self._number = 0
        self._is_running = False

    def position(self) -> int:
        """The unit with which a client that plays now begins. It stays so until that unit is due."""
        if not self._is_running:
            self._is_running = True
            self._number = self._next_number()
            self._schedule()
        return self.reel.next_start(self._number)

    def add(self, outlet: Outlet) -> Receiver:
        receiver = Receiver(outlet, self.position(), self._pacer.now_s())
        self._receivers.append(receiver)
        return receiver

    def remove(self, receiver: Receiver) -> None:
        self._receivers.remove(receiver)

    def _next_number(self) -> int:
        return self.reel.next_from(self._ticks_at(self._pacer.now_s()))

    def _ticks_at(self, now_s: float) -> int:
        return round((now_s - self._begin_s) * self.reel.clock_rate)

    def _due_s(self) -> float:
        return self._begin_s + self.reel.due_ticks(self._number) / self.reel.clock_rate

    def _schedule(self) -> None:
        self._pacer.call_at(self._due_s(), self._send_next)

    def _send_next(self) -> None:
        if not self._receivers:
            self._is_running = False
            return
        now_s, number, reel = self._pacer.now_s(), self._number, self.reel
        if now_s - self._due_s() > LATEST_S:
            self._number = self._next_number()
            self._schedule()
            return
        block = reel.block(number)
        rendered = block.render(reel.sequence(number), reel.timestamp(number))
        is_start = reel.next_start(number) == number
        for receiver in self._receivers:
            if number < receiver.first:
                continue
            if now_s >= receiver.report_due_s:
                self._report(receiver, now_s)
            if self._pieces > 1 or receiver.outlet.write_block(block, rendered, is_start):
                receiver.packets += block.count
                receiver.octets += block.octets
        self.written.append((time.time_ns() // 1000, reel.place(number)))
        self._number = number + 1
        if self._pieces > 1:
            self._send_pieces(number, block, rendered)
        self._schedule()

    def _send_pieces(self, number: int, block: PacketBlock, rendered: bytes) -> None:
        """Spread one unit over nine tenths of the time to the next: it must be out before that is due."""
        receivers = [receiver for receiver in self._receivers if number >= receiver.first]
        begin_s = self._pacer.now_s()
        step_s = max(0.0, self._due_s() - begin_s) * 0.9 / self._pieces

        def piece_sender(piece: int) -> Callable[[], None]:
            def send() -> None:
                for receiver in receivers:
                    receiver.outlet.write_piece(block, rendered, piece, self._pieces)

            return send

        for piece in range(self._pieces):
            self._pacer.call_at(begin_s + piece * step_s, piece_sender(piece))

    def _report(self, receiver: Receiver, now_s: float) -> None:
        """A sender report: this moment on the wall clock and in RTP time (RFC 3550 6.4.1)."""
        receiver.report_due_s = now_s + REPORT_INTERVAL_S
        ssrc = self.reel.ssrc
        moment = self.reel.timestamp_at(self._ticks_at(self._pacer.now_s())) & 0xFFFF_FFFF
        ntp = ntp_from_unix_us(self._clock.now_us())
        report = SenderReport(ssrc, ntp, moment, receiver.packets, receiver.octets)
        receiver.outlet.write_report(build_rtcp(report, SourceDescription(ssrc, self._cname)))
