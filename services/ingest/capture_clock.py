"""When a picture was taken: from the camera's sender reports where they can be believed, else from arrival.

Theory of operation. Arrival is never early: network and scheduling only add delay. So the least
(arrival - PTS) seen lately is the best guess at the fixed offset between the two clocks; it is allowed
to grow by 200 ppm so that a camera whose crystal runs slow is followed. A sender report (RFC 3550,
6.4.1) replaces the guess by the camera's own statement, but only while that statement is within
`tolerance_us` of ours: a camera that lives in 1970 must not date evidence.
"""

from __future__ import annotations

_LEAK_PPM = 200


class CaptureClock:
    """Maps PTS of one run to UTC microseconds, never backwards."""

    __slots__ = ("_arrival_base_us", "_last_pts_90k", "_last_us", "_report_base_us", "_tolerance_us", "drift_us")

    def __init__(self, tolerance_us: int):
        self._tolerance_us = tolerance_us
        self._arrival_base_us: int | None = None
        self._report_base_us: int | None = None
        self._last_pts_90k = 0
        self._last_us = 0
        self.drift_us: int | None = None
        """Camera's clock minus ours at its last sender report; None while it sent none."""

    @property
    def is_camera_believed(self) -> bool:
        """True while captured_at comes from the camera's own clock."""
        return self._report_base_us is not None

    def sender_report(self, wall_us: int, pts_90k: int, received_us: int) -> None:
        """Take the camera's statement that `pts_90k` was at `wall_us` (Unix, microseconds)."""
        self.drift_us = wall_us - received_us
        if abs(self.drift_us) <= self._tolerance_us:
            self._report_base_us = wall_us - pts_90k * 100 // 9
        else:
            self._report_base_us = None

    def captured_us(self, pts_90k: int, received_us: int) -> int:
        """UTC microseconds at which the picture with `pts_90k`, complete at `received_us`, was taken."""
        pts_us = pts_90k * 100 // 9
        sample_us = received_us - pts_us
        base_us = self._arrival_base_us
        if base_us is None:
            base_us = sample_us
        else:
            base_us += max(0, pts_90k - self._last_pts_90k) * 100 // 9 * _LEAK_PPM // 1_000_000
            if sample_us < base_us:
                base_us = sample_us
        self._arrival_base_us = base_us
        self._last_pts_90k = pts_90k
        if self._report_base_us is not None:
            base_us = self._report_base_us
        captured_us = base_us + pts_us
        # B-pictures arrive after a picture with a later PTS; only the fragment's first counts, so a
        # step back of one reorder window is right and is kept, a larger one is a clock being set.
        if captured_us < self._last_us - 1_000_000:
            captured_us = self._last_us
        self._last_us = captured_us
        return captured_us

    def captured_audio_us(self, pts_90k: int) -> int:
        """The same for sound already placed on the video's timeline; nothing is learnt from it."""
        base_us = self._report_base_us if self._report_base_us is not None else self._arrival_base_us
        return (base_us or 0) + pts_90k * 100 // 9
