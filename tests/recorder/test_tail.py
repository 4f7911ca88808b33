"""The newest seconds: GOPs from fragments on the bus, each read once, whatever was sent twice or is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.recorder.segment import StreamRef
from services.recorder.segmenter import StoredFragment
from services.recorder.tail import TailGop, Tails
from shared.media.fragment import Fragment, FragmentHeader
from shared.subjects import CameraRef

OF = StreamRef(CameraRef("school", "wok"), "main")
BEGAN_US = 1_700_000_000_000_000


def fragment(seq: int, run: str = "aa") -> Fragment:
    """200 ms, 100 bytes, an IDR every second."""
    header = FragmentHeader(
        run=run,
        seq=seq,
        pts_90k=seq * 18_000,
        duration_90k=18_000,
        captured_us=BEGAN_US + seq * 200_000,
        received_us=BEGAN_US + seq * 200_000,
        is_idr=seq % 5 == 0,
        init_bytes=10 if seq % 5 == 0 else 0,
        codecs="avc1.64002A",
        sha256="",
    )
    return Fragment(header, bytes(100))


class Log:
    """The bus in memory."""

    def __init__(self) -> None:
        self.stored: list[StoredFragment] = []
        self.read = 0

    def add(self, *fragments: Fragment) -> None:
        for one in fragments:
            self.stored.append(StoredFragment(len(self.stored) + 1, one))

    async def after(
        self, of: StreamRef, media_seq: int, since_us: int | None = None
    ) -> tuple[Sequence[StoredFragment], bool]:
        found = [
            one
            for one in self.stored
            if (one.media_seq > media_seq if since_us is None else one.fragment.header.received_us >= since_us)
        ]
        self.read += len(found[:7])
        return found[:7], len(found) > 7


def seqs(gops: Sequence[TailGop]) -> list[tuple[str, int, int, bool]]:
    return [(gop.run, gop.gop.pts_90k // 18_000, gop.last_seq, gop.is_whole) for gop in gops]


def tails(log: Log, now_s: float = 3.0) -> Tails:
    return Tails(log, lambda: BEGAN_US + int(now_s * 1e6))


async def test_gops_are_whole_when_the_next_has_begun() -> None:
    log = Log()
    log.add(*(fragment(seq) for seq in range(12)))
    found = await tails(log).gops(OF, 0, 0)
    assert seqs(found) == [("aa", 0, 4, True), ("aa", 5, 9, True), ("aa", 10, 11, False)]
    assert [(gop.gop.size_bytes, gop.gop.duration_90k) for gop in found] == [
        (500, 90_000),
        (500, 90_000),
        (200, 36_000),
    ]
    assert [(gop.first_media_seq, gop.last_media_seq) for gop in found] == [(1, 5), (6, 10), (11, 12)]


async def test_what_was_read_is_not_read_again_and_what_is_stored_is_let_go() -> None:
    log = Log()
    log.add(*(fragment(seq) for seq in range(12)))
    follower = tails(log)
    await follower.gops(OF, 0, 0)
    log.add(fragment(12), fragment(13))
    read_before = log.read
    assert seqs(await follower.gops(OF, 5, BEGAN_US)) == [("aa", 5, 9, True), ("aa", 10, 13, False)]
    assert log.read == read_before + 2


async def test_a_late_joiner_begins_behind_what_is_stored() -> None:
    log = Log()
    log.add(*(fragment(seq) for seq in range(20)))
    assert seqs(await tails(log).gops(OF, 10, BEGAN_US)) == [("aa", 10, 14, True), ("aa", 15, 19, False)]


async def test_what_was_sent_twice_counts_once() -> None:
    log = Log()
    log.add(*(fragment(seq) for seq in (0, 1, 2, 0, 1, 2, 3, 4, 5)))
    found = await tails(log).gops(OF, 0, 0)
    assert seqs(found) == [("aa", 0, 4, True), ("aa", 5, 5, False)]
    assert found[0].gop.size_bytes == 500


async def test_a_hole_ends_the_gop_and_what_lacks_its_idr_is_left_out() -> None:
    log = Log()
    log.add(*(fragment(seq) for seq in (2, 3, 5, 6, 8, 9, 10)), fragment(3, "bb"), fragment(5, "bb"))
    assert seqs(await tails(log).gops(OF, 0, 0)) == [("aa", 5, 6, True), ("aa", 10, 10, True), ("bb", 5, 5, False)]


async def test_it_reaches_back_two_minutes_and_no_further() -> None:
    log = Log()
    log.add(*(fragment(seq) for seq in range(10)))
    old = fragment(5000)
    log.add(Fragment(replace(old.header, is_idr=True, init_bytes=10), old.payload))
    assert seqs(await tails(log, now_s=1001.0).gops(OF, 0, 0)) == [("aa", 5000, 5000, False)]
