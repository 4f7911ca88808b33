"""What a broadcast joins, and what it may cost: sound, cameras, floors, records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared.messages.broadcasts import BroadcastStatus


class Narrator(Protocol):
    """Where the sound comes from, and its clock."""

    @property
    def heard_s(self) -> float:
        """When the talker was last heard, on the clock; 0.0: never. A recording is heard always."""
        ...

    @property
    def is_endless(self) -> bool:
        """A microphone; a recording ends by itself."""
        ...

    @property
    def seconds(self) -> float:
        """How long it is; 0.0 where nobody knows."""
        ...

    def press(self) -> None:
        """From here on sound counts. It is kept until `begin`."""
        ...

    def begin(self) -> None:
        """From here on cameras are given it, from the press on."""
        ...

    def release(self) -> None:
        """No more sound."""
        ...


class BroadcastBook(Protocol):
    """Where broadcasts are written down, some time after they happen."""

    def keep(self, status: BroadcastStatus) -> None:
        """Never waits; what is kept again under the same id replaces it."""
        ...


@dataclass(frozen=True, slots=True)
class BroadcastLimits:
    """Seconds.

    Attributes:
        start_s: how long a start waits for cameras that are not ready.
        press_s, idle_s, silent_s: of one press, without a press, without a packet of the browser while it is pressed.
        retry_s: how long after the start of a recording cameras are still tried that failed.
    """

    start_s: float = 0.5
    press_s: float = 300.0
    idle_s: float = 180.0
    silent_s: float = 3.0
    retry_s: float = 15.0
