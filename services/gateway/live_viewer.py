"""One viewer's queue: bounded in bytes and in age, and what is lost is lost in whole GOPs.

Theory of operation: the channel offers every fragment to every viewer; the connection takes as fast as its network
lets it. When the queue is too large or its oldest fragment too old, everything before the newest IDR in it is thrown
away (or everything, and then nothing is taken in until the next IDR), because a picture whose references are missing
is worse than none. The fragments are shared with the other viewers: a queue costs pointers, not pictures.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.gateway.live_fragment import LiveFragment, LiveRun, gap_message, skipped_message


@dataclass(frozen=True, slots=True)
class ViewerLimit:
    """`age_s` is how far behind a viewer may fall before it loses a GOP; `size_bytes` bounds what it keeps alive."""

    size_bytes: int = 16 * 1024 * 1024
    age_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a viewer is sent away: a WebSocket close code (RFC 6455, 7.4.2: 4000-4999 are ours) and a reason."""

    code: int
    reason: str


class LiveViewer:
    """`wake` is called whenever there is something to take."""

    def __init__(self, limit: ViewerLimit, wake: Callable[[], None], wants_each_picture: bool = True):
        self._limit = limit
        # A fragment for each picture, as it comes; else groups of 200 ms, which cost everybody less, are good enough.
        self.wants_each_picture = wants_each_picture
        self._wake = wake
        self._queue: deque[tuple[LiveFragment, LiveRun, float]] = deque()
        self._words: deque[str] = deque()
        self._queued_bytes = 0
        self._needs_idr = True
        self._offered_run: str | None = None
        self._skipped_gops = 0
        self._taken_run: str | None = None
        self._next_seq = -1
        self.skipped_total = 0
        # Of the newest run offered: known before the first of its bytes is taken.
        self.codecs: str | None = None
        self.ending: Ending | None = None

    @property
    def queued_bytes(self) -> int:
        return self._queued_bytes

    def offer(self, fragment: LiveFragment, run: LiveRun, now_s: float) -> None:
        """One more fragment of the stream."""
        if fragment.run != self._offered_run:
            # Pictures of another run say nothing without its init segment, which only an IDR brings.
            self._offered_run = fragment.run
            self._needs_idr = True
            self.codecs = run.codecs
        if self._needs_idr:
            if not fragment.is_idr:
                return
            self._needs_idr = False
        self._queue.append((fragment, run, now_s))
        self._queued_bytes += fragment.size_bytes
        if self._queued_bytes > self._limit.size_bytes or now_s - self._queue[0][2] > self._limit.age_s:
            self._shed()
        self._wake()

    def tell(self, words: str) -> None:
        """A message that goes before whatever is queued; only the newest few are kept."""
        self._words.append(words)
        while len(self._words) > 8:
            self._words.popleft()
        self._wake()

    def restart(self) -> None:
        """Forget what is queued: another stream follows."""
        self._queue.clear()
        self._queued_bytes = 0
        self._needs_idr = True
        self._offered_run = None
        self.codecs = None

    def end(self, code: int, reason: str) -> None:
        """Send this viewer away; the first reason stays."""
        self.ending = self.ending or Ending(code, reason)
        self._wake()

    def take(self) -> Iterable[str | bytes] | None:
        """The messages to send next, in order; None where there is nothing."""
        if self._words:
            return (self._words.popleft(),)
        if not self._queue:
            return None
        fragment, run, _ = self._queue.popleft()
        self._queued_bytes -= fragment.size_bytes
        expected_seq, self._next_seq = self._next_seq, fragment.seq + 1
        if fragment.seq == expected_seq and fragment.run == self._taken_run:
            return (fragment.announcement, fragment.payload)
        return self._after_break(fragment, run, expected_seq)

    def _after_break(self, fragment: LiveFragment, run: LiveRun, expected_seq: int) -> list[str | bytes]:
        messages: list[str | bytes] = []
        if self._skipped_gops:
            messages.append(skipped_message(self._skipped_gops))
            self._skipped_gops = 0
        elif fragment.run == self._taken_run:
            messages.append(gap_message(fragment.seq - expected_seq))
        if fragment.run != self._taken_run:
            messages.append(run.announcement)
            self._taken_run = fragment.run
        messages += (fragment.announcement, fragment.payload)
        return messages

    def _shed(self) -> None:
        """Keep the newest whole GOP where it alone fits, else wait for the next IDR."""
        newest_idr = max((i for i, (fragment, _, _) in enumerate(self._queue) if fragment.is_idr), default=0)
        lost = [self._queue.popleft()[0] for _ in range(newest_idr or len(self._queue))]
        self._queued_bytes -= sum(fragment.size_bytes for fragment in lost)
        if self._queued_bytes > self._limit.size_bytes:
            lost += (fragment for fragment, _, _ in self._queue)
            self._queue.clear()
            self._queued_bytes = 0
        self._needs_idr = not self._queue
        # The rest of a GOP whose beginning was sent counts as one that was lost.
        gops = sum(fragment.is_idr for fragment in lost) + (not lost[0].is_idr)
        self._skipped_gops += gops
        self.skipped_total += gops
