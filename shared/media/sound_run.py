"""The sound that waits for its fragment to close: AAC access units with their times."""

from __future__ import annotations

from shared.media.access_unit import Buffer
from shared.media.init_segment import AUDIO_TRACK, VIDEO_TIMESCALE
from shared.media.moof import SampleRun
from shared.media.timeline import TimelineBroken


class SoundRun:
    """One track of sound; times in ticks of its sample rate. `parts` are those of the open fragment."""

    __slots__ = (
        "_end",
        "_entries",
        "_first_pts",
        "_last_pts",
        "_rate",
        "captured_us",
        "parts",
        "received_us",
    )

    def __init__(self, sample_rate: int):
        self._rate = sample_rate
        self.parts: list[Buffer] = []
        self._entries: list[int] = []
        self._end: int | None = None
        self._first_pts = 0
        self._last_pts = 0
        self.captured_us = 0
        self.received_us = 0

    @property
    def pts_90k(self) -> int:
        return self._first_pts * VIDEO_TIMESCALE // self._rate

    @property
    def span_90k(self) -> int:
        """How much sound waits."""
        if self._end is None or not self.parts:
            return 0
        return (self._end - self._first_pts) * VIDEO_TIMESCALE // self._rate

    def append(self, data: Buffer, pts: int, duration: int, captured_us: int, received_us: int) -> bool:
        """Take one access unit; False where it is older than the newest one and so was dropped.

        Raises:
            TimelineBroken: it is 1 s older than what came before, or 10 s newer.
        """
        if self._end is not None:
            step = pts - self._end
            if not -self._rate <= step <= 10 * self._rate:
                raise TimelineBroken(f"sound stepped by {step} ticks of {self._rate} Hz")
            if pts <= self._last_pts:
                return False
        if pts < 0:
            return False
        if self.parts:
            self._entries[-2] = pts - self._last_pts
        else:
            self._first_pts = pts
            self.captured_us = captured_us
        self._entries += (duration, len(data))
        self.parts.append(data)
        self._last_pts = pts
        self._end = pts + duration
        self.received_us = received_us
        return True

    def samples(self) -> SampleRun:
        return SampleRun(AUDIO_TRACK, self._first_pts, self._entries, sum(self._entries[1::2]))

    def clear(self) -> None:
        self.parts = []
        self._entries = []
