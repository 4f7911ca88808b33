"""One stream of one camera: its GOP so far, and everybody who looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.gateway.live_fragment import LiveFragment, LiveRun
from services.gateway.live_viewer import LiveViewer
from shared.media.fragment import Fragment

# A GOP larger than this is not kept: who joins then waits for the next IDR.
GOP_LIMIT_BYTES = 16 * 1024 * 1024
# A GOP whose newest fragment is older would be taken for the present.
STALE_S = 3.0


class LiveChannel:
    """Fed by one subscription, whatever the number of viewers.

    It opens in two halves that are joined by run and sequence number: what came live since the subscription, and the
    past that the bus still holds (`seed`). An IDR that comes live before the past does makes the past unnecessary.
    """

    def __init__(self) -> None:
        self.viewers: set[LiveViewer] = set()
        self.idle_since_s = 0.0
        self.newest_idr: Fragment | None = None
        self._is_open = False
        self._early: list[Fragment] = []
        self._gop: list[LiveFragment] = []
        self._gop_bytes = 0
        self._run: LiveRun | None = None
        self._last_seq = -1
        self._last_idr_pts = 0

    @property
    def codecs(self) -> str | None:
        """Of the newest run, None before there is one."""
        return None if self._run is None else self._run.codecs

    def on_fragment(self, fragment: Fragment, now_s: float) -> None:
        """From the live subscription."""
        if not self._is_open:
            if not fragment.header.is_idr:
                self._early.append(fragment)
                return
            self._is_open = True
            self._early.clear()
        self._add(fragment, now_s)

    def seed(self, past: Sequence[Fragment], now_s: float) -> None:
        """What the bus still held, oldest first; empty where it holds nothing or could not be asked."""
        if self._is_open:
            return
        self._is_open = True
        early, self._early = self._early, []
        for fragment in joined(past, early):
            self._add(fragment, now_s)

    def join(self, viewer: LiveViewer, now_s: float, now_us: int) -> None:
        """The GOP so far at once, then each fragment as it comes."""
        self.viewers.add(viewer)
        if self._run is None or not self._gop or now_us - self._gop[-1].received_us > STALE_S * 1e6:
            return
        for fragment in self._gop:
            viewer.offer(fragment, self._run, now_s)

    def _add(self, fragment: Fragment, now_s: float) -> None:
        header = fragment.header
        is_same_run = self._run is not None and header.run == self._run.run
        if is_same_run and header.seq <= self._last_seq:
            return  # resent after ingest lost the bus for a moment
        if header.is_idr:
            self._begin_gop(fragment, is_same_run)
        elif not is_same_run:
            return  # of a run whose beginning we did not see: nobody can decode it
        self._last_seq = header.seq
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


def joined(past: Sequence[Fragment], early: Iterable[Fragment]) -> list[Fragment]:
    """Past and live as one, from the last IDR on; empty where there is none.

    The past was asked for after the subscription stood, so they overlap or touch: what is in both is taken once.
    """
    seen = {(fragment.header.run, fragment.header.seq) for fragment in past}
    whole = [*past, *(f for f in early if (f.header.run, f.header.seq) not in seen)]
    for index in range(len(whole) - 1, -1, -1):
        if whole[index].header.is_idr:
            return whole[index:]
    return []
