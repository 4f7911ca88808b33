"""A channel: the GOP so far, and the join of what the bus held with what comes live."""

from __future__ import annotations

import json

import pytest

from services.gateway.live_channel import GOP_LIMIT_BYTES, LiveChannel
from services.gateway.live_viewer import LiveViewer, ViewerLimit
from shared.media.fragment import Fragment, FragmentHeader

NOW_US = 1_000_000_000


def a_fragment(seq: int, *, gop: int = 5, run: str = "aa", size: int = 10, received_us: int = NOW_US) -> Fragment:
    header = FragmentHeader(run, seq, seq * 3600, 3600, 0, received_us, seq % gop == 0, 0, "avc1.64002A", "")
    return Fragment(header, bytes(size))


def a_viewer() -> LiveViewer:
    return LiveViewer(ViewerLimit(), lambda: None)


def seqs(viewer: LiveViewer) -> list[str]:
    found = []
    while (messages := viewer.take()) is not None:
        for message in messages:
            if isinstance(message, str) and (words := json.loads(message))["type"] == "fragment":
                found.append(f"{words['run']}{words['seq']}")
    return found


def names(fragments: list[Fragment]) -> list[str]:
    return [f"{fragment.header.run}{fragment.header.seq}" for fragment in fragments]


@pytest.mark.parametrize(
    ("past", "early", "shown"),
    [
        # (run, first, after last)
        (("aa", 3, 8), ("aa", 8, 9), ["aa5", "aa6", "aa7", "aa8"]),  # they touch
        (("aa", 3, 9), ("aa", 7, 10), ["aa5", "aa6", "aa7", "aa8", "aa9"]),  # they overlap
        (("aa", 3, 9), ("aa", 0, 0), ["aa5", "aa6", "aa7", "aa8"]),  # nothing came live yet
        (("aa", 6, 9), ("aa", 9, 10), []),  # the past does not reach back to an IDR
        (("aa", 0, 0), ("aa", 6, 8), []),  # no past at all
        (("aa", 3, 8), ("bb", 1, 3), ["aa5", "aa6", "aa7"]),  # run changed, its beginning is in neither
    ],
)
def test_past_and_live_are_joined_by_run_and_number(
    past: tuple[str, int, int], early: tuple[str, int, int], shown: list[str]
) -> None:
    channel, viewer = LiveChannel(), a_viewer()
    channel.join(viewer, 0.0, NOW_US)
    for seq in range(*early[1:]):
        channel.on_fragment(a_fragment(seq, run=early[0]), 0.0)
    assert seqs(viewer) == [], "before the past is known it is not known where to begin"
    channel.seed([a_fragment(seq, run=past[0]) for seq in range(*past[1:])], 0.0)
    assert seqs(viewer) == shown


def test_an_idr_that_comes_live_makes_the_past_unnecessary() -> None:
    channel, viewer = LiveChannel(), a_viewer()
    channel.join(viewer, 0.0, NOW_US)
    for seq in (8, 9, 10, 11):
        channel.on_fragment(a_fragment(seq), 0.0)
    assert seqs(viewer) == ["aa10", "aa11"]
    channel.seed([a_fragment(seq) for seq in range(5, 12)], 0.0)
    assert seqs(viewer) == []


def open_channel(first: int, last: int, run: str = "aa") -> LiveChannel:
    channel = LiveChannel()
    channel.seed([], 0.0)
    for seq in range(first, last + 1):
        channel.on_fragment(a_fragment(seq, run=run), 0.0)
    return channel


def test_who_joins_in_the_middle_gets_the_gop_so_far_then_what_comes() -> None:
    channel, viewer = open_channel(0, 8), a_viewer()
    channel.join(viewer, 0.0, NOW_US)
    assert seqs(viewer) == ["aa5", "aa6", "aa7", "aa8"]
    channel.on_fragment(a_fragment(9), 0.0)
    assert seqs(viewer) == ["aa9"]


def test_a_gop_that_is_no_longer_the_present_is_not_shown() -> None:
    channel, viewer = open_channel(0, 8), a_viewer()
    channel.join(viewer, 0.0, NOW_US + 4_000_000)
    assert seqs(viewer) == []
    channel.on_fragment(a_fragment(10), 0.0)
    assert seqs(viewer) == ["aa10"]


def test_what_is_resent_is_shown_once() -> None:
    channel, viewer = open_channel(0, 6), a_viewer()
    channel.join(viewer, 0.0, NOW_US)
    for seq in (4, 5, 6, 7):
        channel.on_fragment(a_fragment(seq), 0.0)
    assert seqs(viewer) == ["aa5", "aa6", "aa7"]


def test_another_run_begins_anew_at_its_idr() -> None:
    channel, viewer = open_channel(0, 6), a_viewer()
    channel.join(viewer, 0.0, NOW_US)
    for seq in (0, 1):
        channel.on_fragment(a_fragment(seq, run="bb"), 0.0)
    assert seqs(viewer) == ["aa5", "aa6", "bb0", "bb1"]
    late = a_viewer()
    channel.join(late, 0.0, NOW_US)
    assert seqs(late) == ["bb0", "bb1"]


def test_the_newest_idr_is_kept_for_still_pictures() -> None:
    channel = open_channel(0, 8)
    assert channel.newest_idr is not None
    assert channel.newest_idr.header.seq == 5


def test_a_gop_without_end_is_not_kept() -> None:
    channel = LiveChannel()
    channel.seed([], 0.0)
    big = GOP_LIMIT_BYTES // 4
    for seq in range(8):
        channel.on_fragment(a_fragment(seq, gop=1000, size=big), 0.0)
    viewer = a_viewer()
    channel.join(viewer, 0.0, NOW_US)
    assert seqs(viewer) == []


def test_the_length_of_a_gop_is_told_once_it_was_seen() -> None:
    channel = open_channel(0, 11)
    viewer = a_viewer()
    channel.join(viewer, 0.0, NOW_US)
    messages = viewer.take()
    assert messages is not None
    stream = json.loads(next(iter(messages)))
    assert stream["type"] == "stream"
    assert stream["gop_seconds"] == pytest.approx(5 * 3600 / 90_000)
    assert stream["mime"] == 'video/mp4; codecs="avc1.64002A"'
