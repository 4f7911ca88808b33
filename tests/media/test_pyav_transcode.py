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


async def test_who_begins_in_the_middle_of_a_gop_waits_for_no_idr(encoded: Encoded, video_of: FormatOf) -> None:
    units = [unit for unit, _ in encoded("h265", pictures=50, gop=50, options=NO_B)]
    video = video_of("h265", encoded("h265", pictures=50, gop=50, options=NO_B))
    shown = Shown()
    transcoder = H264Transcoder(shown)
    transcoder.catch_up(units[:30], video)
    for unit in units[30:40]:
        transcoder.push(unit, video)
    await until(lambda: len(shown.units) >= 11)
    await transcoder.stop()
    # The newest of the past, then all that came.
    assert [unit.pts_90k for unit in shown.units] == [unit.pts_90k for unit in units[29:40]]
    assert [unit.received_us for unit in shown.units] == [unit.received_us for unit in units[29:40]]
    assert shown.units[0].is_idr


async def test_what_is_displayed_after_the_newest_is_shown_though_it_came_before(
    encoded: Encoded, video_of: FormatOf
) -> None:
    options = (("x265-params", "log-level=none:bframes=3:b-adapt=0:open-gop=0"),)
    made = encoded("h265", pictures=40, gop=40, max_b_frames=3, options=options)
    units = [unit for unit, _ in made]
    newest = next(at for at in range(10, 40) if units[at].pts_90k < units[at - 1].pts_90k)
    shown = Shown()
    transcoder = H264Transcoder(shown)
    transcoder.catch_up(units[: newest + 1], video_of("h265", made))
    for unit in units[newest + 1 :]:
        transcoder.push(unit, video_of("h265", made))
    await until(lambda: bool(shown.units) and shown.units[-1].pts_90k >= 35 * 3600)
    await transcoder.stop()
    times = [unit.pts_90k for unit in shown.units]
    assert times == list(range(times[0], times[-1] + 1, 3600)), "none is left out"
    # The one between them had not come yet.
    assert units[newest].pts_90k - 3600 <= times[0] <= units[newest].pts_90k


async def test_an_idr_makes_the_past_unnecessary(encoded: Encoded, video_of: FormatOf) -> None:
    """The event loop never yields between the two: the machine has decoded hardly any of the past when the IDR comes."""
    made = encoded("h265", size=(1920, 1080), pictures=40, gop=20, options=NO_B)
    units = [unit for unit, _ in made]
    shown = Shown()
    transcoder = H264Transcoder(shown)
    transcoder.catch_up(units[:20], video_of("h265", made))
    transcoder.push(units[20], video_of("h265", made))
    await until(lambda: bool(shown.units))
    await transcoder.stop()
    assert shown.units[0].pts_90k == units[20].pts_90k


async def test_a_camera_that_connects_anew_is_shown_on(encoded: Encoded, video_of: FormatOf) -> None:
    """Its run begins anew and so do its times: they go back."""
    made = encoded("h265", pictures=50, gop=10, first_pts=90_000, options=SHORT_GOPS)
    video = video_of("h265", made)
    units = [unit for unit, _ in made]
    shown = Shown()
    transcoder = H264Transcoder(shown)
    for unit in units:
        transcoder.push(unit, video)
        await asyncio.sleep(0.005)
    await until(lambda: len(shown.units) >= 49)
    count = len(shown.units)
    for unit in units:
        transcoder.push(unit, video)
        await asyncio.sleep(0.005)
    await until(lambda: len(shown.units) >= count + 20)
    await transcoder.stop()
    again = shown.units[count:]
    assert again[0].is_idr
    assert again[0].pts_90k == units[0].pts_90k, "nothing of the new run is lost"
