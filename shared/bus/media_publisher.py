"""Publishes fragments: no task, no copy and no acknowledgement of its own for each.

Theory of operation (decision 0002). Messages of one connection to one stream are stored in the order in which they
were sent, so one acknowledgement speaks for everything before it. A message asks for one only while none is
outstanding, every two seconds or, once half a megabyte is on its way, every 50 ms: what acks cost us does not grow with
the number of cameras. What is not confirmed is kept; after a reconnect it is sent again in order, a window at a time
and before anything newer. The receiver knows a repeat by run and sequence number.

Where JetStream refuses or is silent while the connection stands (disk full, no leader), live goes on: messages are
sent once without asking, and the oldest that is not confirmed is offered again once a second. When it is taken,
everything after it is sent again in order.

The commands are written past nats-py's own pending buffer, which would take each through two coroutines and a copy.
That seam is `Wire`; it is private to nats-py and held by a test and by the pinned version.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Protocol

from shared.bus.media_backlog import KEEP_S, Backlog, Kept
from shared.bus.media_headers import header_text
from shared.clock import Clock
from shared.media.fragment import Fragment
from shared.pulse import pulse
from shared.telemetry import log

# Asked this often, or as soon as so much is on its way: an answer wakes the process, which few cameras pay dearly.
ASK_EVERY_S = 2.0
ASK_SOONEST_S = 0.05
ASK_BYTES = 512 * 1024
# = how long the last fragments of a camera that stopped stay unconfirmed
QUIET_S = 1.0
# = how soon a JetStream that lost an ack, or has no leader, is asked again
ACK_LIMIT_S = 5.0
# = how much a NATS that just came back is given at once; far below what nats-server buffers for a stream (128 MB)
RESEND_WINDOW_BYTES = 16 * 1024 * 1024
# = how far the socket may lag behind; beyond it we hold back, instead of the transport growing without bound
WRITE_BUFFER_BYTES = 8 * 1024 * 1024
CLOGGED_RETRY_S = 0.02


class Wire(Protocol):
    """The connection as the publisher needs it: `shared.bus.client_wire` implements it over nats-py."""

    @property
    def is_connected(self) -> bool: ...

    @property
    def buffered_bytes(self) -> int:
        """What was written and has not left this process."""
        ...

    def write(self, pieces: list[bytes]) -> int:
        """Send bytes that together are whole commands, while connected; returns `buffered_bytes`."""
        ...


Gap = Callable[[str, Fragment, Fragment], None]


class MediaPublisher:
    """`publish` is synchronous and never waits.

    Args:
        inbox: subject under which acknowledgements come to `on_ack`.
        on_gap: told (subject, first, last; without payload) what had to be forgotten before the bus took it: once for
            each run, when the bus takes fragments again.
        keep_bytes: bound of the backlog for all cameras together; the oldest goes first.
    """

    def __init__(self, wire: Wire, inbox: str, clock: Clock, on_gap: Gap, keep_bytes: int):
        self._wire = wire
        self._inbox = inbox
        self._monotonic = clock.monotonic
        self._on_gap = on_gap
        self._backlog = Backlog(keep_bytes)
        self._number = 0
        self._asked: int | None = None
        self._asked_at = float("-inf")
        self._out: list[bytes] = []
        self._is_flush_due = False
        self._is_quiet_check_due = False
        self._is_up = wire.is_connected
        self._is_clogged = False
        # JetStream refuses or is silent: asking is left to `tick`
        self._is_refused = False
        self.published = 0
        self.published_bytes = 0

    @property
    def is_settled(self) -> bool:
        """True when the bus has everything."""
        return self._backlog.is_empty

    @property
    def kept_bytes(self) -> int:
        return self._backlog.bytes

    def publish(self, subject: str, fragment: Fragment) -> None:
        """Send one fragment, and keep it until the bus has it."""
        number = self._number = self._number + 1
        self.published += 1
        self.published_bytes += len(fragment.payload)
        now = self._monotonic()
        kept = (number, now, subject, fragment)
        backlog = self._backlog
        if not self._is_up or self._is_clogged:
            backlog.add_waiting(kept)
        elif backlog.waiting:
            backlog.add_waiting(kept)
            if self._is_refused:
                # Live goes on without JetStream; in its turn it is sent again.
                self._send(kept, now)
        else:
            backlog.add_sent(kept)
            self._send(kept, now)

    def on_ack(self, number_text: str, headers: Mapping[str, str] | None, data: bytes) -> None:
        """An answer of JetStream to the message with that number."""
        number = int(number_text)
        if number == self._asked:
            self._asked = None
        if not _is_stored(headers, data):
            if not self._is_refused:
                log().warning("JetStream does not take media; live goes on", detail=data[:200].decode(errors="replace"))
            self._is_refused = True
            return
        backlog = self._backlog
        backlog.confirm(number)
        if backlog.has_losses:
            backlog.report_losses(self._on_gap)
        if self._is_refused:
            # What was sent after the one offered again may have been refused too.
            self._is_refused = False
            backlog.unsend()
        self._send_waiting()

    def disconnected(self) -> None:
        """Nothing is written any more; what was written may be lost."""
        self._is_up = False
        self._asked = None
        self._out.clear()

    def connected(self) -> None:
        """Everything that was not confirmed goes out once more, in order."""
        self._is_up = True
        self._is_clogged = False
        self._is_refused = False
        self._asked = None
        self._backlog.unsend()
        self._send_waiting()

    def tick(self) -> None:
        """About once a second: forget what is too old, and offer again what the bus did not confirm."""
        now = self._monotonic()
        backlog = self._backlog
        backlog.forget_older(now - KEEP_S)
        if not self._is_up or self._is_clogged:
            return
        if self._asked is not None and now - self._asked_at > ACK_LIMIT_S:
            if not self._is_refused:
                log().warning("JetStream is silent; live goes on without it", waited_s=ACK_LIMIT_S)
            self._is_refused = True
            self._asked = None
        if self._is_refused and self._asked is None:
            if not backlog.sent and backlog.waiting:
                backlog.take_waiting()
            if backlog.sent:
                self._send(backlog.sent[0], now, is_asking=True)

    def _send_waiting(self) -> None:
        """As much as may be on its way at once; the next ack sends on, so one is always outstanding."""
        backlog = self._backlog
        if not backlog.waiting or not self._is_up or self._is_clogged or self._is_refused:
            return
        now = self._monotonic()
        while backlog.waiting and backlog.sent_bytes < RESEND_WINDOW_BYTES:
            self._send(backlog.take_waiting(), now, is_asking=self._asked is None)
        if backlog.waiting and self._asked is None:
            # The window is full of what was sent without asking (before a clogged socket): no ack would ever come.
            self._send(backlog.sent[-1], now, is_asking=True)

    def _send(self, kept: Kept, now: float, *, is_asking: bool = False) -> None:
        number, _, subject, fragment = kept
        header, payload = header_text(fragment.header), fragment.payload
        size = len(header)
        if not (is_asking or self._is_refused) and self._asked is None:
            since_s = now - self._asked_at
            is_asking = since_s >= ASK_EVERY_S or (since_s >= ASK_SOONEST_S and self._backlog.sent_bytes >= ASK_BYTES)
        if is_asking:
            self._asked = number
            self._asked_at = now
            command = f"HPUB {subject} {self._inbox}.{number} {size} {size + len(payload)}\r\n{header}"
        else:
            command = f"HPUB {subject} {size} {size + len(payload)}\r\n{header}"
            if not self._is_quiet_check_due:
                self._check_for_quiet(number)
        self._out += (command.encode("ascii"), payload, b"\r\n")
        if not self._is_flush_due:
            self._is_flush_due = True
            pulse().call_last(self._flush)

    def _flush(self) -> None:
        """Once in a beat or in a turn of the loop, whatever many cameras had to say."""
        self._is_flush_due = False
        out, self._out = self._out, []
        if not out:
            return
        # The status of the connection may be newer than what we were told; `connected` sends it all again.
        if self._wire.write(out) > WRITE_BUFFER_BYTES and not self._is_clogged:
            self._is_clogged = True
            asyncio.get_running_loop().call_later(CLOGGED_RETRY_S, self._look_if_clear)

    def _look_if_clear(self) -> None:
        if not self._is_clogged or not self._is_up:
            return
        if self._wire.buffered_bytes > WRITE_BUFFER_BYTES // 2:
            asyncio.get_running_loop().call_later(CLOGGED_RETRY_S, self._look_if_clear)
            return
        self._is_clogged = False
        self._send_waiting()

    def _check_for_quiet(self, number: int) -> None:
        self._is_quiet_check_due = True
        now = asyncio.get_running_loop().time()
        pulse().call(now + QUIET_S / 2, now + QUIET_S, lambda: self._ask_if_quiet(number))

    def _ask_if_quiet(self, number: int) -> None:
        """The newest may be one that did not ask: with nothing behind it, it is sent once more and asks for all."""
        self._is_quiet_check_due = False
        backlog = self._backlog
        if not self._is_up or self._is_refused or not backlog.sent:
            return
        newest = backlog.sent[-1]
        if newest[0] == number and self._asked is None and not backlog.waiting:
            self._send(newest, self._monotonic(), is_asking=True)
        else:
            self._check_for_quiet(newest[0])


def _is_stored(headers: Mapping[str, str] | None, data: bytes) -> bool:
    if headers and headers.get("Status"):
        return False
    try:
        answer = json.loads(data)
    except ValueError:
        return False
    return isinstance(answer, dict) and "error" not in answer and "seq" in answer
