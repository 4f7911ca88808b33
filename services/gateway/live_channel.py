"""One stream of one camera: its GOP so far, and everybody who looks at it."""

from __future__ import annotations

from collections.abc import Sequence

from services.gateway.live_fragment import LiveFragment, LiveRun
from services.gateway.live_viewer import LiveViewer
from shared.media.fragment import Fragment
from shared.media.joined_stream import JoinedStream

# A GOP larger than this is not kept: who joins then waits for the next IDR.
GOP_LIMIT_BYTES = 16 * 1024 * 1024
# A GOP whose newest fragment is older would be taken for the present.
STALE_S = 3.0


class LiveChannel:
    """Fed by one subscription, whatever the number of viewers.

    It opens in two halves: what came live since the subscription, and the past that the bus still holds (`seed`).
    """

    def __init__(self) -> None:
        self.viewers: set[LiveViewer] = set()
        self.idle_since_s = 0.0
        self.newest_idr: Fragment | None = None
        self._stream = JoinedStream()
        self._gop: list[LiveFragment] = []
        self._gop_bytes = 0
        self._run: LiveRun | None = None
        self._last_idr_pts = 0

    @property
    def codecs(self) -> str | None:
        """Of the newest run, None before there is one."""
        return None if self._run is None else self._run.codecs

    def on_fragment(self, fragment: Fragment, now_s: float) -> None:
        """From the live subscription."""
        for shown in self._stream.live(fragment):
            self._add(shown, now_s)

    def seed(self, past: Sequence[Fragment], now_s: float) -> None:
        """What the bus still held, oldest first; empty where it holds nothing or could not be asked."""
        for shown in self._stream.past(past):
            self._add(shown, now_s)

    def join(self, viewer: LiveViewer, now_s: float, now_us: int) -> None:
        """The GOP so far at once, then each fragment as it comes."""
        self.viewers.add(viewer)
        if self._run is None or not self._gop or now_us - self._gop[-1].received_us > STALE_S * 1e6:
            return
        for fragment in self._gop:
            viewer.offer(fragment, self._run, now_s)

    def _add(self, fragment: Fragment, now_s: float) -> None:
        header = fragment.header
        if header.is_idr:
            self._begin_gop(fragment, self._run is not None and header.run == self._run.run)
        live = LiveFragment(fragment)
        self._keep(live)
        assert self._run is not None
        for viewer in self.viewers:
            viewer.offer(live, self._run, now_s)

    def _begin_gop(self, fragment: Fragment, is_same_run: bool) -> None:
        pts_90k = fragment.header.pts_90k
        gop_seconds = (pts_90k - self._last_idr_pts) / 90_000 if is_same_run else None
        if not is_same_run or (self._run is not None and self._run.gop_seconds is None):
            self._run = LiveRun(fragment, gop_seconds)
        self._last_idr_pts = pts_90k
        self.newest_idr = fragment
        self._gop.clear()
        self._gop_bytes = 0

    def _keep(self, live: LiveFragment) -> None:
        self._gop_bytes += live.size_bytes
        if self._gop_bytes > GOP_LIMIT_BYTES:
            self._gop.clear()
        elif live.is_idr or self._gop:
            self._gop.append(live)
