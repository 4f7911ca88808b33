"""What one viewer is yet to be sent: bounded, begun at an IDR, thinned where the network loses too much. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.intercom.picture_channel import Picture

# A GOP so far is shown in fast motion: its pictures a millisecond apart, the newest at its own time.
_FAST_90K = 90
# = how often a viewer who lost pictures is given the GOP so far again; in between it waits for the next IDR
AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class QueueLimit:
    """Behind either, everything up to the next IDR is lost."""

    size_bytes: int = 8 * 1024 * 1024
    age_s: float = 2.0


@dataclass(slots=True)
class LossWatch:
    """Whether a viewer's network loses so much that only every IDR is sent: a slow show instead of a broken one.

    Reports come about once a second (RFC 3550); it takes three bad ones, and five good ones to go back.
    """

    bad: float = 0.10
    good: float = 0.02
    is_thin: bool = False
    _streak: int = 0

    def report(self, lost: float) -> bool:
        """Args: lost: share of the packets since the last report. Returns `is_thin`."""
        if self.is_thin:
            self._streak = self._streak + 1 if lost <= self.good else 0
            if self._streak >= 5:
                self.is_thin, self._streak = False, 0
        else:
            self._streak = self._streak + 1 if lost >= self.bad else 0
            if self._streak >= 3:
                self.is_thin, self._streak = True, 0
        return self.is_thin


@dataclass(slots=True, eq=False)
class PictureQueue:
    """Implements `Looker`.

    Args:
        wake: called whenever there is something to take.

    Attributes:
        pictures: taken so far. shed: lost here, because the viewer did not keep up or because it is thinned.
    """

    wake: Callable[[], None]
    limit: QueueLimit = field(default_factory=QueueLimit)
    is_thin: bool = False
    pictures: int = 0
    shed: int = 0
    _queue: deque[tuple[Picture, int, float]] = field(default_factory=deque)
    _queued_bytes: int = 0
    _needs_idr: bool = True
    _last_90k: int = -1
    _began_s: float = -AGAIN_S

    @property
    def is_behind(self) -> bool:
        """More is waiting than what comes."""
        return len(self._queue) > 1

    def may_begin(self, now_s: float) -> bool:
        """Whether to send the GOP so far (again): not to a network that is full, and not all the time."""
        if self.is_thin or now_s - self._began_s < AGAIN_S:
            return False
        self._began_s = now_s
        return True

    def begin(self, gop: Sequence[Picture], now_s: float) -> None:
        """From this IDR on, whatever was queued. The newest is shown at its own time, the others right before it."""
        self._clear()
        first_90k = gop[-1].at_90k - (len(gop) - 1) * _FAST_90K
        for place, picture in enumerate(gop):
            self._put(picture, first_90k + place * _FAST_90K, now_s)
        self._needs_idr = False
        self.wake()

    def offer(self, picture: Picture, now_s: float) -> None:
        """One more picture of the stream."""
        if (self._needs_idr or self.is_thin) and not picture.is_idr:
            self.shed += self._last_90k >= 0
            # Pictures after a hole say nothing without those that are missing.
            self._needs_idr = True
            return
        self._needs_idr = False
        self._put(picture, picture.at_90k, now_s)
        if self._queued_bytes > self.limit.size_bytes or now_s - self._queue[0][2] > self.limit.age_s:
            self.shed += len(self._queue)
            self._clear()
            self._needs_idr = True
            return
        self.wake()

    def take(self) -> tuple[Picture, int] | None:
        """The next picture and its RTP time; None where there is nothing."""
        if not self._queue:
            return None
        picture, at_90k, _ = self._queue.popleft()
        self._queued_bytes -= picture.size_bytes
        self.pictures += 1
        return picture, at_90k

    def _put(self, picture: Picture, at_90k: int, now_s: float) -> None:
        # RTP times of one viewer only ever go on, whatever is shown again.
        self._last_90k = max(self._last_90k + 1, at_90k)
        self._queue.append((picture, self._last_90k, now_s))
        self._queued_bytes += picture.size_bytes

    def _clear(self) -> None:
        self._queue.clear()
        self._queued_bytes = 0
