"""Figures of one stream as it runs: rate, picture rate, GOP length, losses."""

from __future__ import annotations

_WINDOW_90K = 5 * 90_000


class StreamFigures:
    """Counts pictures; a window of about 5 s closes at an IDR and gives the figures that clients see."""

    __slots__ = (
        "_bytes",
        "_idr_pts_90k",
        "_longest_gop_90k",
        "_pictures",
        "_window_pts_90k",
        "bitrate_kbps",
        "frame_rate",
        "gop_seconds",
        "lost_packets",
        "pictures",
    )

    def __init__(self) -> None:
        self.bitrate_kbps: float | None = None
        self.frame_rate: float | None = None
        self.gop_seconds: float | None = None
        self.lost_packets = 0
        self.pictures = 0
        self.begin_run()

    def begin_run(self) -> None:
        """PTS start anew; totals go on."""
        self._window_pts_90k: int | None = None
        self._idr_pts_90k: int | None = None
        self._longest_gop_90k = 0
        self._pictures = 0
        self._bytes = 0

    def picture(self, pts_90k: int, size_bytes: int, is_idr: bool) -> None:
        self.pictures += 1
        if is_idr:
            self._idr(pts_90k)
        self._pictures += 1
        self._bytes += size_bytes

    def _idr(self, pts_90k: int) -> None:
        if self._idr_pts_90k is not None:
            self._longest_gop_90k = max(self._longest_gop_90k, pts_90k - self._idr_pts_90k)
            self.gop_seconds = round(self._longest_gop_90k / 90_000, 2)
        self._idr_pts_90k = pts_90k
        if self._window_pts_90k is None:
            self._window_pts_90k = pts_90k
            return
        span_90k = pts_90k - self._window_pts_90k
        if span_90k < _WINDOW_90K:
            return
        seconds = span_90k / 90_000
        self.bitrate_kbps = round(self._bytes * 8 / 1000 / seconds, 1)
        self.frame_rate = round(self._pictures / seconds, 2)
        self._window_pts_90k = pts_90k
        self._longest_gop_90k = 0
        self._pictures = 0
        self._bytes = 0
