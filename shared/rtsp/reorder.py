"""Puts UDP packets that overtook each other back in order, within bounds of number and time."""

from __future__ import annotations

from collections.abc import Iterator

MOST_PACKETS = 128
LONGEST_WAIT_US = 100_000


class ReorderBuffer:
    """Holds packets that came too early, keyed by how far ahead of the due one they are.

    A gap is given up when 128 packets wait behind it, or the oldest of them has waited 100 ms: longer than networks
    reorder, shorter than anybody sees.
    """

    __slots__ = ("_oldest_us", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[int, bytes] = {}
        self._oldest_us = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def hold(self, sequence: int, packet: bytes, received_us: int) -> None:
        """Keep a packet for later; `sequence` is its 16-bit number. A second copy is dropped."""
        if not self._waiting:
            self._oldest_us = received_us
        self._waiting.setdefault(sequence, packet)

    def take(self, due: int, now_us: int) -> Iterator[bytes]:
        """Packets to hand on now, in order: those that follow `due` (16 bits) without a hole, and after a given-up gap
        those behind it. The caller's own sequence check sees the gap."""
        waiting = self._waiting
        while waiting:
            packet = waiting.pop(due, None)
            if packet is None:
                if len(waiting) < MOST_PACKETS and now_us - self._oldest_us < LONGEST_WAIT_US:
                    return
                due = min(waiting, key=lambda sequence: (sequence - due) & 0xFFFF)
                packet = waiting.pop(due)
            self._oldest_us = now_us
            due = (due + 1) & 0xFFFF
            yield packet
