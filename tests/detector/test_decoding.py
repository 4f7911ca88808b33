"""Which pictures are decoded out of a stream at a rate, with the real decoder."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from services.detector.adapters.camera_decoder import CameraDecoder, Undecodable
from services.detector.adapters.gpu_decoding import GpuDecoding
from services.detector.gop_intake import GopIntake
from services.detector.picture import Picture
from shared.media.formats import VideoCodec
from shared.media.fragment import Fragment
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
    assert [number_of(picture.luma) for picture in pictures[2:]] == [(25 * n) % 50 for n in range(2, len(pictures))]
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
        assert number_of(picture.luma) == round(place) % 50


def test_a_hole_waits_for_the_next_idr() -> None:
    fragments = filmed(numbered(250), gop=50)
    hole = next(at for at, each in enumerate(fragments) if each.header.captured_us > BEGAN_US + 3_000_000)
    pictures, _ = looked_at([*fragments[:hole], *fragments[hole + 2 :]], 5.0)
    for picture in pictures:
        place = (picture.captured_us - BEGAN_US) * 25 // 1_000_000
        assert number_of(picture.luma) == round(place) % 50
    times = [picture.captured_us - BEGAN_US for picture in pictures]
    assert not [at for at in times if 3_100_000 < at < 3_900_000], "nothing is decoded on top of a hole"
    assert [at for at in times if at >= 4_000_000]


def test_broken_bytes_are_told_and_the_next_idr_is_seen() -> None:
    fragments = filmed(numbered(100), gop=25)
    intake, decoder = GopIntake(1.0), CameraDecoder()
    broken, pictures = 0, 0
    for number, fragment in enumerate(fragments):
        if number < 6:
            size = len(fragment.payload) - fragment.header.init_bytes
            fragment = Fragment(fragment.header, fragment.payload[: fragment.header.init_bytes] + bytes(size))
        if intake.take(fragment, 0):
            try:
                pictures += len(decoder.decode(intake.job()))
            except Undecodable:
                broken += 1
    assert pictures >= 2


def test_a_waiting_picture_is_overtaken_by_a_newer_one() -> None:
    intake = GopIntake(1.0)
    for fragment in filmed(numbered(150), gop=25):
        intake.take(fragment, 0)  # and nobody decodes
    assert intake.late >= 3
    pictures = CameraDecoder().decode(intake.job())
    assert pictures[-1].captured_us >= BEGAN_US + 5_000_000, "the newest wins"


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
        seen.append([number_of(picture.luma) for picture in pictures])
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) >= 12


def test_no_more_cameras_than_agreed_are_given_to_the_gpu() -> None:
    gpu = GpuDecoding(2)
    assert [gpu.take() is not None for _ in range(3)] == [True, True, False]
    gpu.free()
    assert gpu.take() is not None
    gpu.refused(OSError("out of memory"))
    assert gpu.take() is None, "a device that refused is not asked again"
