"""A viewer's queue: order, joins, breaks, and what a slow viewer loses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.gateway.live_fragment import LiveFragment, LiveRun
from services.gateway.live_viewer import LiveViewer, ViewerLimit
from shared.media.fragment import Fragment, FragmentHeader


def a_fragment(seq: int, *, is_idr: bool = False, run: str = "aa", size: int = 100, received_us: int = 0) -> Fragment:
    header = FragmentHeader(run, seq, seq * 3600, 3600, seq * 40_000, received_us, is_idr, 0, "avc1.64002A", "")
    return Fragment(header, bytes([seq % 256]) * size)


def a_run(name: str = "aa") -> LiveRun:
    return LiveRun(a_fragment(0, is_idr=True, run=name), 2.0)


def drain(viewer: LiveViewer) -> list[str]:
    """What was taken, one word each: an announced fragment is "run:seq"."""
    words: list[str] = []
    while (messages := viewer.take()) is not None:
        announced: dict[str, Any] = {}
        for message in messages:
            if isinstance(message, bytes):
                assert announced["type"] == "fragment"
                assert message[0] == announced["seq"] % 256
                words.append(f"{announced['run']}:{announced['seq']}")
                continue
            announced = json.loads(message)
            if announced["type"] == "stream":
                words.append("stream")
            elif announced["type"] == "gap":
                words.append(f"gap {announced['missing']}")
            elif announced["type"] == "skipped":
                words.append(f"skipped {announced['gops']}")
            elif announced["type"] == "state":
                words.append("state")
    return words


def a_viewer(size_bytes: int = 1_000_000, age_s: float = 3.0) -> LiveViewer:
    return LiveViewer(ViewerLimit(size_bytes, age_s), lambda: None)


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ([("aa", 0, True), ("aa", 1, False)], ["stream", "aa:0", "aa:1"]),
        # Nothing before an IDR: it could not be decoded.
        ([("aa", 3, False), ("aa", 4, True), ("aa", 5, False)], ["stream", "aa:4", "aa:5"]),
        ([("aa", 0, True), ("aa", 3, False)], ["stream", "aa:0", "gap 2", "aa:3"]),
        ([("aa", 5, True), ("bb", 0, True)], ["stream", "aa:5", "stream", "bb:0"]),
        # The first IDR of the new run was missed: wait for the next one.
        ([("aa", 5, True), ("bb", 1, False), ("bb", 9, True)], ["stream", "aa:5", "stream", "bb:9"]),
    ],
)
def test_what_is_taken_is_decodable_and_breaks_are_told(offered: list[tuple[str, int, bool]], taken: list[str]) -> None:
    viewer, runs = a_viewer(), {name: a_run(name) for name in ("aa", "bb")}
    for run, seq, is_idr in offered:
        viewer.offer(LiveFragment(a_fragment(seq, is_idr=is_idr, run=run)), runs[run], 0.0)
    assert drain(viewer) == taken


def offer_gops(viewer: LiveViewer, run: LiveRun, gops: int, length: int, *, first: int = 0, step_s: float = 0.0) -> int:
    seq = first
    for _ in range(gops):
        for index in range(length):
            viewer.offer(LiveFragment(a_fragment(seq, is_idr=index == 0, run=run.run)), run, seq * step_s)
            seq += 1
    return seq


def test_a_slow_viewer_loses_whole_gops_by_bytes() -> None:
    viewer, run = a_viewer(size_bytes=1000), a_run()
    offer_gops(viewer, run, gops=5, length=4)
    # 10 fragments fit: with the 11th the first two GOPs went, and so on.
    assert viewer.queued_bytes <= 1000
    words = drain(viewer)
    assert words[0] == f"skipped {viewer.skipped_total}"
    assert words[1] == "stream"
    first = int(words[2].removeprefix("aa:"))
    assert first % 4 == 0, "begins with an IDR"
    assert words[2:] == [f"aa:{seq}" for seq in range(first, 20)]
    assert viewer.skipped_total == first // 4
    assert viewer.queued_bytes == 0


def test_a_slow_viewer_loses_whole_gops_by_age() -> None:
    viewer, run = a_viewer(age_s=3.0), a_run()
    offer_gops(viewer, run, gops=3, length=50, step_s=0.04)  # 6 s, nothing taken
    words = drain(viewer)
    assert words[:3] == ["skipped 2", "stream", "aa:100"]
    assert words[-1] == "aa:149"


def test_the_rest_of_a_gop_half_sent_counts_as_lost() -> None:
    viewer, run = a_viewer(size_bytes=500), a_run()
    offer_gops(viewer, run, gops=1, length=4)
    viewer.take()
    offer_gops(viewer, run, gops=1, length=4, first=4)
    assert drain(viewer) == ["skipped 1", "aa:4", "aa:5", "aa:6", "aa:7"]


def test_a_gop_larger_than_the_queue_waits_for_the_next_idr() -> None:
    viewer, run = a_viewer(size_bytes=350), a_run()
    offer_gops(viewer, run, gops=1, length=10)
    assert drain(viewer) == []
    offer_gops(viewer, run, gops=1, length=2, first=10)
    assert drain(viewer) == ["skipped 1", "stream", "aa:10", "aa:11"]


def test_memory_is_bounded_whatever_is_offered() -> None:
    viewer, run = a_viewer(size_bytes=2000), a_run()
    most = 0
    for seq in range(5000):
        viewer.offer(LiveFragment(a_fragment(seq, is_idr=seq % 50 == 0)), run, seq * 0.04)
        most = max(most, viewer.queued_bytes)
    assert most <= 2000


def test_words_go_before_pictures_and_are_bounded() -> None:
    viewer, run = a_viewer(), a_run()
    viewer.offer(LiveFragment(a_fragment(0, is_idr=True)), run, 0.0)
    for _ in range(100):
        viewer.tell('{"type":"state"}')
    words = drain(viewer)
    assert words == ["state"] * 8 + ["stream", "aa:0"]


def test_every_change_wakes() -> None:
    woken: list[int] = []
    viewer = LiveViewer(ViewerLimit(), lambda: woken.append(1))
    viewer.offer(LiveFragment(a_fragment(0, is_idr=True)), a_run(), 0.0)
    viewer.tell("{}")
    viewer.end(4401, "first")
    viewer.end(4404, "second")
    assert len(woken) == 4
    assert viewer.ending is not None
    assert viewer.ending.code == 4401
