"""Fragments into segments: where they end, what repeats, what is missing."""

from __future__ import annotations

import hashlib

import pytest

from services.recorder.segment import StreamRef, pack_gops, unpack_gops
from services.recorder.segmenter import Cut, Segmenter, StoredFragment
from shared.media.fragment import Fragment, FragmentHeader
from shared.subjects import CameraRef

OF = StreamRef(CameraRef("school-2", "cook-1"), "main")
FRAGMENT_90K = 18_000
GOP = 10  # fragments: 2 s
T0 = 1_790_000_000_000_000


def fragment(seq: int, run: str = "a" * 16) -> StoredFragment:
    is_idr = seq % GOP == 0
    payload = (b"init" if is_idr else b"") + f"{run}{seq}".encode()
    header = FragmentHeader(
        run, seq, seq * FRAGMENT_90K, FRAGMENT_90K, T0 + seq * 200_000, T0 + seq * 200_000 + 150_000, is_idr,
        4 if is_idr else 0, "avc1.64002A", hashlib.sha256(payload).hexdigest(),
    )  # fmt: skip
    return StoredFragment(1000 + seq, Fragment(header, payload))


def cuts(*fragments: StoredFragment, target_s: float = 4.0) -> list[Cut]:
    segmenter = Segmenter(OF, target_s)
    found = [cut for each in fragments if (cut := segmenter.take(each)) is not None]
    last = segmenter.close()
    return found if last is None else [*found, last]


def spans(found: list[Cut]) -> list[tuple[str, int, int]]:
    return [(cut.segment.run[0], cut.segment.first_seq, cut.segment.last_seq) for cut in found]


@pytest.mark.parametrize(
    ("fragments", "expected"),
    [
        ([fragment(n) for n in range(45)], [("a", 0, 19), ("a", 20, 39), ("a", 40, 44)]),
        ([fragment(n) for n in range(12)] + [fragment(n, "b" * 16) for n in range(5)], [("a", 0, 11), ("b", 0, 4)]),
        ([fragment(n) for n in (*range(12), *range(14, 32))], [("a", 0, 11), ("a", 14, 19), ("a", 20, 31)]),
        ([fragment(n) for n in (*range(8), *range(3, 15))], [("a", 0, 14)]),
        ([fragment(n) for n in range(5, 25)], [("a", 5, 9), ("a", 10, 24)]),
    ],
    ids=["by length, before an IDR", "run ends", "hole", "repeats", "begins without an IDR"],
)
def test_where_segments_end(fragments: list[StoredFragment], expected: list[tuple[str, int, int]]) -> None:
    assert spans(cuts(*fragments)) == expected


def test_a_segment_holds_its_fragments_unchanged_and_says_where_gops_are() -> None:
    fragments = [fragment(n) for n in range(20)]
    (cut,) = cuts(*fragments)
    whole = b"".join(cut.parts)
    assert whole == b"".join(each.fragment.payload for each in fragments)
    segment = cut.segment
    assert (segment.size_bytes, segment.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert (segment.starts_us, segment.ends_us, cut.media_seq) == (T0, T0 + 4_000_000, 1019)
    for gop in segment.gops:
        assert whole[gop.offset :].startswith(b"init")
    assert [(gop.pts_90k, gop.duration_90k) for gop in segment.gops] == [(0, 180_000), (180_000, 180_000)]
    assert sum(gop.size_bytes for gop in segment.gops) == len(whole)
    assert unpack_gops(pack_gops(segment.gops)) == segment.gops


def test_reading_again_from_the_position_gives_the_same_names() -> None:
    fragments = [fragment(n) for n in range(60)]
    first = cuts(*fragments)
    again = Segmenter(OF, 4.0)
    again.go_on_after(first[0].segment.run, first[0].segment.last_seq)
    found = [cut for each in fragments if (cut := again.take(each)) is not None]
    assert [cut.segment for cut in found] == [cut.segment for cut in first[1:-1]]
    assert found[0].segment.object_name == first[1].segment.object_name


def test_a_camera_whose_clock_is_set_back_gets_no_segment_that_ends_before_it_begins() -> None:
    late = fragment(1)
    header = late.fragment.header
    back = FragmentHeader(
        header.run, 1, header.pts_90k, header.duration_90k, T0 - 60_000_000, header.received_us, False, 0,
        header.codecs, header.sha256,
    )  # fmt: skip
    (cut,) = cuts(fragment(0), StoredFragment(1001, Fragment(back, late.fragment.payload)))
    assert cut.segment.ends_us >= cut.segment.starts_us
