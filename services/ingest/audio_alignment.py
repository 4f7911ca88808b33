"""Puts a track of sound on the timeline of its video: RTP gives each media track a clock of its own."""

from __future__ import annotations

_REANCHOR_90K = 90 * 40


class AudioAlignment:
    """Maps PTS of the audio clock to 90 kHz ticks of the video's timeline.

    Sender reports of both tracks fix the offset exactly (RFC 3550, 6.4.1); until both have come, and for
    cameras that send none, simultaneous arrival stands in. The offset is kept while it is right to 40 ms,
    because every change of it is audible.
    """

    __slots__ = ("_audio_report", "_clock_rate", "_offset_90k", "_video_report")

    def __init__(self, clock_rate: int):
        self._clock_rate = clock_rate
        self._offset_90k: int | None = None
        self._video_report: tuple[int, int] | None = None
        self._audio_report: tuple[int, int] | None = None

    def video_report(self, wall_us: int, pts_90k: int) -> None:
        """The video's sender report: `pts_90k` was at `wall_us`."""
        self._video_report = (wall_us, pts_90k)
        self._reanchor()

    def audio_report(self, wall_us: int, pts: int) -> None:
        """The sound's sender report, `pts` in its own clock."""
        self._audio_report = (wall_us, pts)
        self._reanchor()

    def anchor(self, pts: int, received_us: int, video_pts_90k: int, video_received_us: int) -> None:
        """Without reports: what arrives together was recorded together. Only the first call counts."""
        if self._offset_90k is None:
            at_90k = video_pts_90k + (received_us - video_received_us) * 9 // 100
            self._offset_90k = at_90k - self._ticks_90k(pts)
            self._reanchor()

    def pts_90k(self, pts: int) -> int | None:
        """The place of `pts` on the video's timeline, None before any anchor."""
        if self._offset_90k is None:
            return None
        return self._ticks_90k(pts) + self._offset_90k

    def _reanchor(self) -> None:
        if self._video_report is None or self._audio_report is None:
            return
        wall_us, pts = self._audio_report
        video_wall_us, video_pts_90k = self._video_report
        offset_90k = video_pts_90k + (wall_us - video_wall_us) * 9 // 100 - self._ticks_90k(pts)
        if self._offset_90k is None or abs(offset_90k - self._offset_90k) > _REANCHOR_90K:
            self._offset_90k = offset_90k

    def _ticks_90k(self, pts: int) -> int:
        return pts * 90_000 // self._clock_rate
