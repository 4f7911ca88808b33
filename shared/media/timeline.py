"""Decoding times for pictures that come with presentation times only."""

from __future__ import annotations

from bisect import insort

from shared.errors import BrightKitchenError

JUMP_90K = 10 * 90_000
_REORDER_LIMIT_90K = 90_000
_DEFAULT_INTERVAL_90K = 3600


class TimelineBroken(BrightKitchenError):
    """Presentation time went backwards or jumped by more than 10 s: flush, and begin a new run at the next IDR."""


class Timeline:
    """DTS of one run of video.

    With B-pictures a camera sends pictures before their turn, and RTP carries no DTS. Output order sorted is decoding
    time delayed: the DTS of picture i is the i-th smallest PTS of the run, `reorder_depth` pictures ago. That one is
    known when picture i arrives, so nothing waits. Without B-pictures DTS is PTS.

    `interval_90k` estimates how long the newest picture lasts.
    """

    __slots__ = ("_highest", "_last", "_shift", "_window", "interval_90k")

    def __init__(self, reorder_depth: int, frame_rate: float | None, first_pts_90k: int):
        self.interval_90k = max(1, round(90_000 / frame_rate)) if frame_rate else _DEFAULT_INTERVAL_90K
        # Pictures from before the run stand in until as many have come as the window holds.
        self._window = [first_pts_90k - k * self.interval_90k for k in range(reorder_depth, 0, -1)]
        # tfdt is unsigned: close to zero everything is shifted, and composition offsets get negative instead.
        self._shift = max(0, -self._window[0]) if self._window else 0
        self._highest = first_pts_90k
        first_dts = (self._window[0] if self._window else first_pts_90k) + self._shift
        self._last = first_dts - self.interval_90k

    def dts_of(self, pts_90k: int, is_idr: bool) -> int:
        """The decoding time of the next picture, always later than the one before.

        Raises:
            TimelineBroken: `pts_90k` cannot belong to this run.
        """
        window, last = self._window, self._last
        if not window:
            step = pts_90k - last
            if 0 < step <= JUMP_90K:
                self._last = pts_90k
                if step != self.interval_90k:
                    self._learn(step)
                return pts_90k
            # Cameras stamp two pictures alike, or correct their clock by less than a picture: one tick apart will do.
            if -self.interval_90k < step <= 0:
                self._last = last + 1
                return last + 1
            raise TimelineBroken(f"PTS stepped by {step} ticks of 90 kHz")
        ahead = pts_90k - self._highest
        lowest = 0 if is_idr else -_REORDER_LIMIT_90K  # all before an IDR are shown before it (H.264 7.4.1.2.4)
        if not lowest <= ahead <= JUMP_90K:
            raise TimelineBroken(f"PTS stepped by {ahead} ticks of 90 kHz")
        self._highest = max(self._highest, pts_90k)
        insort(window, pts_90k)
        # A stream that reorders deeper than it says still gets rising DTS; its offsets then are negative.
        dts = max(window.pop(0) + self._shift, last + 1)
        self._last = dts
        self._learn(dts - last)
        return dts

    def _learn(self, step_90k: int) -> None:
        """The newest interval is the estimate of the next; a hole or a double moves it by a factor of 2 at most."""
        interval = self.interval_90k
        self.interval_90k = max(1, interval // 2, min(step_90k, interval * 2))
