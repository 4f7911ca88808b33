"""From access units to runs: joins at IDRs, format changes, broken timelines, sound in its place, watching."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from services.ingest.normaliser import Normaliser, Tracks
from shared.media.access_unit import AccessUnit, AudioUnit
from shared.media.formats import AudioFormat, StreamFormat
from shared.media.fragment import Fragment

FRAME_90K = 3600
AAC_8K = AudioFormat(8000, 1, b"\x15\x88")


@dataclass
class Published:
    fragments: list[Fragment] = field(default_factory=list)
    runs: list[tuple[str, StreamFormat, str]] = field(default_factory=list)

    def on_run(self, run: str, stream: StreamFormat, why: str) -> None:
        self.runs.append((run, stream, why))


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def normaliser(published: Published) -> Normaliser:
    numbers = itertools.count(1)
    return Normaliser(published.fragments.append, published, lambda: f"{next(numbers):016x}", 2_000_000)


def feed(normaliser: Normaliser, picture: Callable[..., AccessUnit], start: int, count: int, gop: int = 25) -> None:
    for i in range(start, start + count):
        normaliser.on_video(picture(1_000_000 + i * FRAME_90K, is_idr=i % gop == 0))


def test_nothing_before_the_first_idr(normaliser, published, picture, parameter_sets) -> None:  # type: ignore[no-untyped-def]
    normaliser.describe(Tracks("h264", parameter_sets("h264", 640, 360)))
    feed(normaliser, picture, 3, 22 + 26)
    first = published.fragments[0].header
    assert first.is_idr
    assert first.seq == 0
    assert first.pts_90k == 90_000, "a run starts at one second"
    assert [fragment.header.seq for fragment in published.fragments] == list(range(len(published.fragments)))
    assert [fragment.header.duration_90k for fragment in published.fragments[:5]] == [FRAME_90K, *([18_000] * 4)]


def test_parameter_sets_only_in_band(normaliser, published, picture, parameter_sets) -> None:  # type: ignore[no-untyped-def]
    normaliser.describe(Tracks("h265"))
    normaliser.on_video(picture(0, is_idr=True))
    assert not published.runs
    normaliser.on_video(picture(FRAME_90K, is_idr=True, sets=parameter_sets("h265", 640, 360)))
    ((_, stream, why),) = published.runs
    assert why == "started"
    assert stream.codecs.startswith("hvc1.")
    assert stream.video.width == 640


def test_repeated_sets_change_nothing_and_new_ones_begin_a_run(normaliser, published, picture, parameter_sets) -> None:  # type: ignore[no-untyped-def]
    sets = parameter_sets("h264", 640, 360)
    normaliser.describe(Tracks("h264", sets))
    normaliser.on_video(picture(0, is_idr=True, sets=sets))
    normaliser.on_video(picture(FRAME_90K, is_idr=True, sets=sets[1:]))
    normaliser.on_video(picture(2 * FRAME_90K, is_idr=True, sets=parameter_sets("h264", 1280, 720)))
    normaliser.finish()
    assert [(stream.video.width, why) for _, stream, why in published.runs] == [(640, "started"), (1280, "format")]
    runs = [fragment.header.run for fragment in published.fragments]
    assert runs == sorted(runs)
    assert len(set(runs)) == 2
    assert published.fragments[-1].header.seq == 0


@pytest.mark.parametrize("jump", [-90_000, 11 * 90_000])
def test_broken_timeline_begins_a_run_at_the_next_idr(
    normaliser, published, picture, parameter_sets, jump: int
) -> None:  # type: ignore[no-untyped-def]
    normaliser.describe(Tracks("h264", parameter_sets("h264", 640, 360)))
    feed(normaliser, picture, 0, 30)
    for i in range(30, 60):
        normaliser.on_video(picture(1_000_000 + i * FRAME_90K + jump, is_idr=i == 35))
    assert [why for _, _, why in published.runs] == ["started", "timeline"]
    second = [f.header for f in published.fragments if f.header.run == published.runs[1][0]]
    assert second[0].is_idr
    assert second[0].pts_90k == 90_000


def test_watching_sends_each_picture_at_once(normaliser, published, picture, parameter_sets) -> None:  # type: ignore[no-untyped-def]
    normaliser.describe(Tracks("h264", parameter_sets("h264", 640, 360)))
    feed(normaliser, picture, 0, 3)
    assert len(published.fragments) == 1, "an IDR is sent at once"
    normaliser.watch(True)
    assert len(published.fragments) == 2, "what is open is sent when somebody begins to watch"
    feed(normaliser, picture, 3, 4)
    assert len(published.fragments) == 6
    normaliser.watch(False)
    feed(normaliser, picture, 7, 5)
    assert len(published.fragments) == 7


def test_sound_is_put_beside_the_picture_it_came_with(normaliser, published, picture, parameter_sets) -> None:  # type: ignore[no-untyped-def]
    normaliser.describe(Tracks("h264", parameter_sets("h264", 640, 360), AAC_8K, 8000))
    start_us = 1_000_000 * 100 // 9
    normaliser.on_video(picture(1_000_000, is_idr=True))
    for i in range(10):
        normaliser.on_audio(AudioUnit("aac", b"\x21" * 40, 7_000_000 + i * 1024, 8000, start_us + i * 128_000))
        feed(normaliser, picture, 1 + 3 * i, 3, gop=1000)
    normaliser.finish()
    assert len({fragment.header.run for fragment in published.fragments}) == 1
    assert all(fragment.header.codecs == published.runs[0][1].codecs for fragment in published.fragments)
    assert sum(fragment.payload.count(b"\x21" * 40) for fragment in published.fragments) == 10
    # the first sound came with the first picture: its decode time is one second of 8 kHz
    assert (8000).to_bytes(8, "big") in published.fragments[0].payload


def test_sender_report_dates_the_fragment(normaliser, published, picture, parameter_sets) -> None:  # type: ignore[no-untyped-def]
    normaliser.describe(Tracks("h264", parameter_sets("h264", 640, 360)))
    received_us = 1_700_000_000_000_000
    normaliser.on_sender_report("video", received_us - 300_000, 90_000, received_us)
    for i in range(6):
        normaliser.on_video(picture(90_000 + i * FRAME_90K, is_idr=i == 0, received_us=received_us + i * 40_000))
    idr, others = (fragment.header for fragment in published.fragments)
    assert (idr.captured_us, idr.received_us) == (received_us - 300_000, received_us)
    assert (others.captured_us, others.received_us) == (received_us - 260_000, received_us + 5 * 40_000)


def test_tap_sees_every_picture_of_a_run(normaliser, published, picture, parameter_sets) -> None:  # type: ignore[no-untyped-def]
    seen: list[int] = []
    normaliser.describe(Tracks("h264", parameter_sets("h264", 640, 360)))
    normaliser.tap = lambda unit, video: seen.append(unit.pts_90k)
    feed(normaliser, picture, 20, 10)
    assert seen == [90_000 + i * FRAME_90K for i in range(5)]
