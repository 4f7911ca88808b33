"""What every depacketizer offers, and the errors they share."""

from __future__ import annotations

from typing import Protocol


class Depacketizer(Protocol):
    """Takes RTP payloads in order and puts what is complete into a MediaSink."""

    def push(self, data: bytes, begin: int, end: int, pts: int, has_marker: bool, received_us: int) -> None:
        """One payload, data[begin:end]. `pts` is the packet's timestamp, extended.

        Raises:
            ProtocolViolation, IndexError, struct.error: the payload is not what the standard allows. The caller
            makes the first of all of them.
        """
        ...

    def lose(self) -> None:
        """Packets are missing between the last push and the next."""
        ...
