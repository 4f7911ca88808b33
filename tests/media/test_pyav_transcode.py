"""H.265 in, H.264 out: small enough, an IDR a second, times kept, and nobody held up."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

import av
import pytest

from services.ingest.adapters.pyav_transcode import H264Transcoder
from shared.media.access_unit import AccessUnit
from shared.media.formats import StreamFormat, VideoFormat
from shared.media.fragmenter import Fragmenter

Units = tuple[tuple[AccessUnit, int], ...]
Encoded = Callable[..., Units]
FormatOf = Callable[..., VideoFormat]


NO_B = (("x265-params", "log-level=none:bframes=0"),)
SHORT_GOPS = (("x265-params", "log-level=none:bframes=0:keyint=10:scenecut=0"),)


class Shown:
    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.formats: list[VideoFormat] = []

    def __call__(self, unit: AccessUnit, video: VideoFormat) -> None:
        self.units.append(unit)
        self.formats.append(video)


async def until(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.01)


SIZES = [((640, 360), (640, 360)), ((1920, 1080), (1280, 720)), ((1440, 1080), (960, 720)), ((322, 246), (322, 246))]


@pytest.mark.parametrize(("size", "shown_size"), SIZES)
async def test_pictures_come_out_as_h264(
    size: tuple[int, int], shown_size: tuple[int, int], encoded: Encoded, video_of: FormatOf
) -> None:
    units = encoded("h265", size=size, pictures=52, first_pts=90_000, options=NO_B)
    video = video_of("h265", units)
    shown = Shown()
    transcoder = H264Transcoder(shown)
    for unit, _ in units:
        transcoder.push(unit, video)
        await asyncio.sleep(0.005)
    await until(lambda: len(shown.units) >= 51)
    await transcoder.stop()
    assert (shown.formats[-1].width, shown.formats[-1].height) == shown_size
    assert shown.formats[-1].codec == "h264"
    assert shown.formats[-1].reorder_depth == 0
    assert [unit.pts_90k for unit in shown.units] == [unit.pts_90k for unit, _ in units[: len(shown.units)]]
    assert [unit.received_us for unit in shown.units] == [unit.received_us for unit, _ in units[: len(shown.units)]]
    assert [index for index, unit in enumerate(shown.units) if unit.is_idr][:3] == [0, 25, 50]
    # They make a stream of our own that plays.
    fragmenter = Fragmenter(StreamFormat(shown.formats[-1]), "0" * 16)
    payloads = [one.payload for unit in shown.units for one in fragmenter.push_video(unit, 0)]
    with av.open(io.BytesIO(b"".join(payloads)), "r") as container:
        frames = list(container.decode(video=0))
    assert len(frames) >= 50
    assert (frames[0].width, frames[0].height) == shown_size


async def test_b_pictures_keep_their_times(encoded: Encoded, video_of: FormatOf) -> None:
    options = (("x265-params", "log-level=none:bframes=3:open-gop=0"),)
    units = encoded("h265", pictures=40, max_b_frames=3, options=options)
    shown = Shown()
    transcoder = H264Transcoder(shown)
    for unit, _ in units:
        transcoder.push(unit, video_of("h265", units))
    await until(lambda: len(shown.units) >= 35)
    await transcoder.stop()
    assert [unit.pts_90k for unit in shown.units] == [index * 3600 for index in range(len(shown.units))]


async def test_what_does_not_fit_is_dropped_by_whole_gops(encoded: Encoded, video_of: FormatOf) -> None:
    """The event loop never yields here, as when the machine is overloaded: a queue of 50 fills, then GOPs go."""
    units = encoded("h265", size=(1920, 1080), pictures=40, gop=10, options=SHORT_GOPS)
    video = video_of("h265", units)
    shown = Shown()
    transcoder = H264Transcoder(shown)
    again = [
        AccessUnit(unit.parts, unit.size_bytes, unit.pts_90k + 40 * 3600 * turn, unit.is_idr, unit.received_us)
        for turn in range(10)
        for unit, _ in units
    ]
    for unit in again:
        transcoder.push(unit, video)
    figures = transcoder.figures
    await until(lambda: figures.pictures_out >= 40, limit_s=20)
    await transcoder.stop()
    assert figures.pictures_in == 400
    assert figures.dropped_gops >= 1
    assert figures.undecodable == 0
    kept = {unit.pts_90k for unit in shown.units}
    for pts_90k in sorted(kept):
        index = pts_90k // 3600
        assert all((index - back) * 3600 in kept for back in range(index % 10))  # none came without those before it


async def test_damaged_pictures_cost_only_their_gop(encoded: Encoded, video_of: FormatOf) -> None:
    units = encoded("h265", pictures=50, options=NO_B)
    video = video_of("h265", units)
    shown = Shown()
    transcoder = H264Transcoder(shown)
    noise = b"\x02\x01" + bytes(range(256))
    damaged = AccessUnit([len(noise).to_bytes(4), noise], len(noise) + 4, units[5][0].pts_90k, False, 0)
    for index, (unit, _) in enumerate(units):
        transcoder.push(damaged if index == 5 else unit, video)
        await asyncio.sleep(0.002)
    await until(lambda: bool(shown.units) and shown.units[-1].pts_90k >= 40 * 3600)
    await transcoder.stop()
    assert len([unit for unit in shown.units if unit.pts_90k >= 25 * 3600]) >= 15


async def test_a_new_format_of_the_camera(encoded: Encoded, video_of: FormatOf) -> None:
    shown = Shown()
    transcoder = H264Transcoder(shown)
    for size in ((640, 360), (320, 240)):
        units = encoded("h265", size=size, pictures=20, options=NO_B)
        for unit, _ in units:
            transcoder.push(unit, video_of("h265", units))
    await until(lambda: bool(shown.formats) and shown.formats[-1].width == 320)
    await transcoder.stop()
    assert next(unit.is_idr for unit, video in zip(shown.units, shown.formats, strict=True) if video.width == 320)


async def test_nothing_after_stop(encoded: Encoded, video_of: FormatOf) -> None:
    units = encoded("h265", pictures=30, options=NO_B)
    shown = Shown()
    transcoder = H264Transcoder(shown)
    for unit, _ in units:
        transcoder.push(unit, video_of("h265", units))
    await transcoder.stop()
    count = len(shown.units)
    await asyncio.sleep(0.2)
    assert len(shown.units) == count
