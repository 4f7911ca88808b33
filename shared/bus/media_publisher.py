"""Publishes fragments: no task, no copy and no acknowledgement of its own for each.

Theory of operation. Messages of one connection to one stream are stored in the order in which they were
sent, so one acknowledgement speaks for everything before it. A message asks for one only while none is
outstanding: the faster the bus answers, the more often we know; under load one ack covers many messages.
What is not acknowledged is kept, in order, and sent again after a reconnect or when an ack stays away; the
receiver knows a repeat by run and sequence number.

The commands are written past nats-py's own pending buffer, which would take each through two coroutines.
That seam is private and is held by a test and by the pinned version.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from shared.bus.media_headers import encode_headers
from shared.clock import Clock
from shared.media.fragment import Fragment

ACK_LIMIT_S = 5.0
KEEP_S = 10.0  # = how much of each camera outlives a restart of NATS


class Wire(Protocol):
    """The connection as the publisher needs it: `shared.bus.connection` implements it over nats-py."""

    @property
    def is_connected(self) -> bool: ...

    def write(self, commands: list[bytes]) -> None:
        """Send bytes that are whole commands."""
        ...


Gap = Callable[[str, Fragment, Fragment], None]


class MediaPublisher:
    """`publish` is synchronous and never waits.

    Args:
        inbox: subject under which acknowledgements come to `on_ack`.
        on_gap: told (subject, first, last) of what had to be forgotten before the bus took it.
        keep_bytes: bound for all cameras together; the oldest goes first.
    """

    def __init__(self, wire: Wire, inbox: str, clock: Clock, on_gap: Gap, keep_bytes: int):
        self._wire = wire
        self._inbox = inbox
        self._clock = clock
        self._on_gap = on_gap
        self._keep_bytes = keep_bytes
        self._kept: deque[tuple[int, float, str, Fragment]] = deque()
        self._number = 0
        self._asked: int | None = None
        self._asked_at = 0.0
        self._out: list[bytes] = []
        self._is_flush_due = False
        self._is_held = False
        self.kept_bytes = 0
        self.published = 0
        self.published_bytes = 0

    def publish(self, subject: str, fragment: Fragment) -> None:
        """Send one fragment, and keep it until the bus has it."""
        number = self._number = self._number + 1
        size = len(fragment.payload)
        self._kept.append((number, self._clock.monotonic(), subject, fragment))
        self.kept_bytes += size
        self.published += 1
        self.published_bytes += size
        if self.kept_bytes > self._keep_bytes:
            self._forget(lambda at: self.kept_bytes > self._keep_bytes)
        if not self._is_held and self._wire.is_connected:
            self._send(number, subject, fragment)

    def on_ack(self, number_text: str, headers: Any, data: bytes) -> None:
        """An answer of JetStream to the message with that number."""
        number = int(number_text)
        if not _is_stored(headers, data):
            # No stream, or it refuses: what was sent is not there. `tick` tries again in a while.
            self._is_held = True
            self._asked = None
            return
        if number == self._asked:
            self._asked = None
        kept = self._kept
        while kept and kept[0][0] <= number:
            self.kept_bytes -= len(kept.popleft()[3].payload)

    def disconnected(self) -> None:
        """Nothing more is written; what was written may be lost and is kept."""
        self._asked = None
        self._out.clear()

    def resend(self) -> None:
        """Connected again: everything that was not acknowledged goes out once more, in order."""
        self._is_held = False
        self._asked = None
        for number, _, subject, fragment in self._kept:
            self._send(number, subject, fragment)

    def tick(self) -> None:
        """About once a second: forget what is too old, and send again where an ack stayed away."""
        now = self._clock.monotonic()
        oldest = now - KEEP_S
        self._forget(lambda at: at < oldest)
        if not self._wire.is_connected:
            return
        is_overdue = self._asked is not None and now - self._asked_at > ACK_LIMIT_S
        if (self._is_held or is_overdue) and self._kept:
            self.resend()
        elif self._asked is None and self._kept and now - self._kept[-1][1] > 1.0:
            # It went quiet behind the last ack: the newest fragment once more asks for one that covers all.
            number, _, subject, fragment = self._kept[-1]
            self._send(number, subject, fragment)

    @property
    def is_settled(self) -> bool:
        """True when the bus has everything."""
        return not self._kept

    def _send(self, number: int, subject: str, fragment: Fragment) -> None:
        headers = encode_headers(fragment.header)
        payload = fragment.payload
        if self._asked is None:
            self._asked = number
            self._asked_at = self._clock.monotonic()
            head = f"HPUB {subject} {self._inbox}.{number} {len(headers)} {len(headers) + len(payload)}\r\n"
        else:
            head = f"HPUB {subject} {len(headers)} {len(headers) + len(payload)}\r\n"
        self._out += (head.encode("ascii") + headers, payload, b"\r\n")
        if not self._is_flush_due:
            self._is_flush_due = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Once in a turn of the loop, whatever many cameras had to say."""
        self._is_flush_due = False
        out, self._out = self._out, []
        if out and self._wire.is_connected:
            self._wire.write(out)

    def _forget(self, is_too_much: Callable[[float], bool]) -> None:
        lost: dict[tuple[str, str], list[Fragment]] = {}
        while self._kept and is_too_much(self._kept[0][1]):
            _, _, subject, fragment = self._kept.popleft()
            self.kept_bytes -= len(fragment.payload)
            lost.setdefault((subject, fragment.header.run), []).append(fragment)
        for (subject, _), fragments in lost.items():
            self._on_gap(subject, fragments[0], fragments[-1])


def _is_stored(headers: Any, data: bytes) -> bool:
    if headers and headers.get("Status"):
        return False
    try:
        answer = json.loads(data)
    except ValueError:
        return False
    return isinstance(answer, dict) and "error" not in answer and "seq" in answer
