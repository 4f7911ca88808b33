"""Fragments that the bus has not confirmed yet: in order, bounded by age and bytes, and what had to be forgotten."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from shared.media.fragment import Fragment

KEEP_S = 10.0  # = how much of each camera outlives a restart of NATS

Kept = tuple[int, float, str, Fragment]
"""Number in this process, when it was given (monotonic), subject, fragment."""


class Backlog:
    """`sent` may have arrived and is not confirmed; `waiting` was never sent, or must be sent again. Both in order.

    Args:
        keep_bytes: bound for all cameras together; the oldest goes first.
    """

    def __init__(self, keep_bytes: int):
        self._keep_bytes = keep_bytes
        self.sent: deque[Kept] = deque()
        self.waiting: deque[Kept] = deque()
        self.bytes = 0
        self.sent_bytes = 0
        self._lost: dict[tuple[str, str], tuple[Fragment, Fragment]] = {}

    @property
    def is_empty(self) -> bool:
        return not self.sent and not self.waiting

    @property
    def has_losses(self) -> bool:
        return bool(self._lost)

    def add_sent(self, kept: Kept) -> None:
        size = len(kept[3].payload)
        self.sent.append(kept)
        self.bytes += size
        self.sent_bytes += size
        if self.bytes > self._keep_bytes:
            self._forget_surplus()

    def add_waiting(self, kept: Kept) -> None:
        self.waiting.append(kept)
        self.bytes += len(kept[3].payload)
        if self.bytes > self._keep_bytes:
            self._forget_surplus()

    def take_waiting(self) -> Kept:
        """The oldest that waits; it counts as sent from now on."""
        kept = self.waiting.popleft()
        self.sent.append(kept)
        self.sent_bytes += len(kept[3].payload)
        return kept

    def confirm(self, number: int) -> None:
        """The bus has this one and everything before it."""
        sent = self.sent
        while sent and sent[0][0] <= number:
            size = len(sent.popleft()[3].payload)
            self.bytes -= size
            self.sent_bytes -= size

    def unsend(self) -> None:
        """Nothing of what was sent is known to have arrived: all of it waits again."""
        self.waiting.extendleft(reversed(self.sent))
        self.sent.clear()
        self.sent_bytes = 0

    def forget_older(self, monotonic: float) -> None:
        """Lose what was given before then."""
        while (oldest := self._oldest()) is not None and oldest[1] < monotonic:
            self._forget_oldest()

    def report_losses(self, on_gap: Callable[[str, Fragment, Fragment], None]) -> None:
        """One gap for each run of each subject, however long it took; their payloads are gone."""
        lost, self._lost = self._lost, {}
        for (subject, _), (first, last) in lost.items():
            on_gap(subject, first, last)

    def _forget_surplus(self) -> None:
        while self.bytes > self._keep_bytes:
            self._forget_oldest()

    def _oldest(self) -> Kept | None:
        if self.sent:
            return self.sent[0]
        return self.waiting[0] if self.waiting else None

    def _forget_oldest(self) -> None:
        if self.sent:
            _, _, subject, fragment = self.sent.popleft()
            self.sent_bytes -= len(fragment.payload)
        else:
            _, _, subject, fragment = self.waiting.popleft()
        self.bytes -= len(fragment.payload)
        forgotten = Fragment(fragment.header, b"")
        first, _ = self._lost.get((subject, fragment.header.run), (forgotten, forgotten))
        self._lost[subject, fragment.header.run] = (first, forgotten)
