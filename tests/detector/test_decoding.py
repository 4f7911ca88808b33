"""Which pictures are decoded out of a stream at a rate, with the real decoder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

from services.detector.adapters.camera_decoder import CameraDecoder, Undecodable, memory_planes
from services.detector.adapters.device_planes import DevicePlanes
from services.detector.adapters.gpu_decoding import GpuDecoding
from services.detector.gop_intake import GopIntake
from services.detector.picture import Canvas, Picture, in_memory
from shared.media.formats import VideoCodec
from shared.media.fragment import Fragment
from shared.media.samples import video_samples
from tests.detector.filmed import BEGAN_US, filmed, number_of, numbered


def looked_at(fragments: Sequence[Fragment], rate_hz: float) -> tuple[list[Picture], GopIntake]:
    """All jobs done at once, as with enough threads."""
    intake, decoder, pictures = GopIntake(rate_hz), CameraDecoder(), []
    for fragment in fragments:
        if intake.take(fragment, fragment.header.received_us):
            pictures += decoder.decode(intake.job())
    return pictures, intake


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_idrs_alone_where_gops_are_short_enough(codec: VideoCodec) -> None:
    pictures, intake = looked_at(filmed(numbered(250), codec=codec), 1.0)
    assert intake.uses_idrs_alone
    # The first GOP's length is known when the second begins.
    assert [number_of(picture.planes.whole()) for picture in pictures[2:]] == [
        (25 * n) % 50 for n in range(2, len(pictures))
    ]
    assert len(pictures) == pytest.approx(10, abs=1)


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("rate_hz", [1.0, 5.0, 25.0])
def test_a_long_gop_gives_pictures_at_the_rate(rate_hz: float, b_frames: int) -> None:
    pictures, _ = looked_at(filmed(numbered(250), gop=250, b_frames=b_frames), rate_hz)
    gaps = [later.captured_us - one.captured_us for one, later in pairwise(pictures)]
    assert len(pictures) == pytest.approx(10 * rate_hz, abs=2 if rate_hz < 25 else 8)
    assert max(gaps) <= 1.3e6 / rate_hz + 40_000
    for picture in pictures:
        place = (picture.captured_us - BEGAN_US) * 25 // 1_000_000
        assert number_of(picture.planes.whole()) == round(place) % 50


def test_a_hole_waits_for_the_next_idr() -> None:
    fragments = filmed(numbered(250), gop=50)
    hole = next(at for at, each in enumerate(fragments) if each.header.captured_us > BEGAN_US + 3_000_000)
    pictures, _ = looked_at([*fragments[:hole], *fragments[hole + 2 :]], 5.0)
    for picture in pictures:
        place = (picture.captured_us - BEGAN_US) * 25 // 1_000_000
        assert number_of(picture.planes.whole()) == round(place) % 50
    times = [picture.captured_us - BEGAN_US for picture in pictures]
    assert not [at for at in times if 3_100_000 < at < 3_900_000], "nothing is decoded on top of a hole"
    assert [at for at in times if at >= 4_000_000]


def broken(fragment: Fragment) -> Fragment:
    """The same with nothing but noise where its pictures are."""
    noise = bytearray(fragment.payload)
    for sample in video_samples(fragment.payload, fragment.header.init_bytes):
        noise[sample.begin : sample.end] = np.random.default_rng(1).bytes(sample.end - sample.begin)
    return Fragment(fragment.header, bytes(noise))


def decoded(fragments: Sequence[Fragment], decoder: CameraDecoder, rate_hz: float = 1.0) -> tuple[list[int], int]:
    """Numbers of the pictures, and how many jobs were undecodable."""
    intake, numbers, undecodable = GopIntake(rate_hz), [], 0
    for fragment in fragments:
        if intake.take(fragment, 0):
            try:
                numbers += [number_of(picture.planes.whole()) for picture in decoder.decode(intake.job())]
            except Undecodable:
                undecodable += 1
    return numbers, undecodable


@pytest.mark.parametrize("rate_hz", [1.0, 5.0])
def test_broken_bytes_are_told_and_the_next_idr_is_seen(rate_hz: float) -> None:
    fragments = filmed(numbered(150), gop=25)
    fragments = [broken(one) if at in range(5, 8) else one for at, one in enumerate(fragments)]
    numbers, undecodable = decoded(fragments, CameraDecoder(), rate_hz)
    assert undecodable >= 1
    assert {0, 25} <= set(numbers[-int(3 * rate_hz) :]), "every IDR after it"


def test_a_waiting_picture_is_overtaken_by_a_newer_one() -> None:
    intake, late_us = GopIntake(1.0), []
    for fragment in filmed(numbered(150), gop=25):
        intake.take(fragment, 0)  # and nobody decodes
        late_us += intake.overtaken()
    assert late_us == [BEGAN_US + second * 1_000_000 for second in range(5)], "each once, when it was filmed"
    pictures = list(CameraDecoder().decode(intake.job()))
    assert pictures[-1].captured_us >= BEGAN_US + 5_000_000, "the newest wins"


@pytest.mark.parametrize(("gop", "rate_hz", "wanted"), [(12, 1.0, 9), (25, 5.0, 45), (250, 1.0, 0), (50, 2.0, 16)])
def test_what_nobody_decodes_is_late_as_often_as_it_was_wanted(gop: int, rate_hz: float, wanted: int) -> None:
    """Ten seconds. Two IDRs in the time of one picture are one; a GOP of ten seconds waits as a whole."""
    intake, late_us = GopIntake(rate_hz), []
    for fragment in filmed(numbered(250), gop=gop):
        intake.take(fragment, 0)
        late_us += intake.overtaken()
    assert len(late_us) == pytest.approx(wanted, abs=1)
    assert len(set(late_us)) == len(late_us)


def test_without_a_gpu_the_cpu_decodes_and_the_device_is_asked_once() -> None:
    """The machine of the tests has no device; where one is, this says that its pictures are the same."""
    gpu, fragments = GpuDecoding(2), filmed(numbered(75))
    seen = []
    for decoder in (CameraDecoder(gpu), CameraDecoder(gpu), CameraDecoder()):
        intake, pictures = GopIntake(5.0), []
        for fragment in fragments:
            if intake.take(fragment, fragment.header.received_us):
                pictures += decoder.decode(intake.job())
        decoder.close()
        seen.append([number_of(picture.planes.whole()) for picture in pictures])
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) >= 12


class Device(GpuDecoding):
    """A GPU in the test: decoders of the CPU, counted as a device counts its own; or of another codec, which fail."""

    def __init__(self, cameras: int, broken_as: str | None = None):
        super().__init__(cameras)
        self.broken_as = broken_as

    def _opened(self, codec: str) -> av.CodecContext:
        return av.CodecContext.create(self.broken_as or codec, "r")


def test_no_more_cameras_than_agreed_are_given_to_the_gpu() -> None:
    gpu = Device(2)
    assert [gpu.open("h264") is not None for _ in range(3)] == [True, True, False]
    gpu.free()
    assert gpu.open("h264") is not None


def test_a_device_that_refuses_is_not_asked_again() -> None:
    gpu = Device(2, broken_as="no_such_codec")
    assert gpu.open("h264") is None
    gpu.broken_as = None
    assert gpu.open("h264") is None


def test_a_stream_that_the_gpu_cannot_decode_goes_to_the_cpu_and_no_picture_is_lost() -> None:
    gpu = Device(1, broken_as="hevc")
    assert decoded(filmed(numbered(75)), CameraDecoder(gpu)) == ([0, 25, 0], 0)
    assert gpu.open("h264") is not None, "its place is free again"


def test_what_is_broken_for_both_says_nothing_about_the_gpu() -> None:
    gpu = Device(1)
    fragments = [broken(one) if at < 5 else one for at, one in enumerate(filmed(numbered(100)))]
    numbers, undecodable = decoded(fragments, CameraDecoder(gpu))
    assert undecodable == 1
    assert numbers
    assert gpu.open("h264") is None, "the stream is the device's again"


def test_frames_of_a_device_become_the_same_pictures() -> None:
    """NV12 planes handed over without a copy, as a GPU's are; here they lie in memory."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 255, (12, 20, 3), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(cv2.resize(coarse, (640, 384)), format="rgb24").reformat(format="yuv420p")
    mask = ((0.0, 0.0), (0.3, 0.0), (0.3, 0.4), (0.0, 0.4))
    for is_full_range in (False, True):
        here = memory_planes(frame)
        here.is_full_range = is_full_range
        there = DevicePlanes.of(frame.reformat(format="nv12"), is_full_range)
        assert (there.width, there.height) == (640, 384)
        for size in ((300, 300), (640, 384), (960, 544)):
            _alike(there.canvas(*size, [mask]), here.canvas(*size, [mask]))
        for part in ((50, 60, 211, 190), (-30, -20, 40, 44), (600, 350, 700, 420), (700, 10, 760, 40)):
            _alike(there.crop(*part, 64), here.crop(*part, 64))
        for ours, theirs in zip(there.small(320, 180), here.small(320, 180), strict=True):
            _alike(ours, theirs)
        assert np.array_equal(there.whole(), here.whole())
        assert np.array_equal(there.part(-5, 20, 30, 60), here.part(-5, 20, 30, 60))
        assert np.array_equal(there.every(3, 4), here.every(3, 4))


def _alike(there: Canvas, here: Canvas) -> None:
    """Up to the rounding of two resizers."""
    difference = np.abs(in_memory(there).astype(int) - in_memory(here))
    assert difference.mean() < 1.5
    assert np.percentile(difference, 99) <= 8
