"""A transcode that begins in the middle of a GOP: with what the bus holds of it, and without where it holds nothing."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest

from services.ingest.adapters.transcodes import Transcodes
from services.ingest.normaliser import Normaliser, Tracks
from shared.errors import CameraUnreachable
from shared.media.access_unit import AccessUnit
from shared.media.formats import VideoFormat
from shared.media.fragment import Fragment
from shared.subjects import CameraRef

WOK = CameraRef("school", "wok")


class Transcoder:
    def __init__(self) -> None:
        self.given: list[int] = []
        self.past = 0

    def catch_up(self, units: Sequence[AccessUnit], video: VideoFormat) -> None:
        self.past = len(units)
        self.given += [unit.pts_90k for unit in units]

    def push(self, unit: AccessUnit, video: VideoFormat) -> None:
        self.given.append(unit.pts_90k)

    async def stop(self) -> None: ...


class Plant:
    """A main stream whose fragments are stored after as many looks as `is_late` says."""

    def __init__(self, picture: Callable[..., AccessUnit], sets: tuple[bytes, ...]):
        self.transcoder = Transcoder()
        self.stored: list[Fragment] = []
        self.looks = self.is_late = self.idrs_meanwhile = 0
        self.is_away = False
        self._runs = itertools.count(1)
        self._picture, self._sets, self._count = picture, sets, 0
        self.main = self._normaliser(WOK)
        self.hangs = False
        self.transcodes = Transcodes(lambda _: self.transcoder, self._normaliser, self._recent, 2)

    def send(self, count: int, *, is_idr: bool = False) -> None:
        for _ in range(count):
            self.main.on_video(self._picture(self._count * 3600, is_idr=is_idr or self._count == 0))
            self._count += 1

    async def keep(self) -> None:
        """And until the past is there, or will not come."""
        await self.keep_only()
        pasts = [task for task in asyncio.all_tasks() if task.get_name() == f"past of {WOK}"]
        await asyncio.gather(*pasts)

    async def keep_only(self, *, is_wanted: bool = True) -> None:
        mains = {WOK: SimpleNamespace(normaliser=self.main)}
        await self.transcodes.keep([WOK] if is_wanted else [], mains)  # type: ignore[arg-type]

    def on_run(self, *_: object) -> None: ...

    def _normaliser(self, camera: CameraRef) -> Normaliser:
        made = Normaliser(self.stored.append, self, lambda: f"{next(self._runs):016x}", 2_000_000)
        made.describe(Tracks("h265", self._sets))
        return made

    async def _recent(self, camera: CameraRef, since_us: int) -> Sequence[Fragment]:
        self.looks += 1
        self.send(1, is_idr=self.looks <= self.idrs_meanwhile)  # a picture comes while the bus is asked
        if self.hangs:
            await asyncio.Event().wait()
        if self.is_away:
            raise CameraUnreachable("the bus is away", code="closed")
        return self.stored if self.looks > self.is_late else self.stored[:1]


@pytest.fixture
def plant(picture: Callable[..., AccessUnit], parameter_sets: Callable[..., tuple[bytes, ...]]) -> Plant:
    return Plant(picture, parameter_sets("h265", 640, 360))


def times(first: int, count: int) -> list[int]:
    return [90_000 + at * 3600 for at in range(first, first + count)]


@pytest.mark.parametrize("is_late", [0, 3])
async def test_each_picture_of_the_gop_once(plant: Plant, is_late: int) -> None:
    plant.is_late = is_late
    plant.send(13)
    await plant.keep()
    plant.send(4)
    await plant.keep()
    assert plant.transcoder.past == 13
    assert plant.transcoder.given == times(0, 13 + is_late + 1 + 4)
    assert plant.looks == is_late + 1


async def test_an_idr_that_comes_meanwhile_is_enough(plant: Plant) -> None:
    plant.is_late = 99
    plant.idrs_meanwhile = 1
    plant.send(13)
    await plant.keep()
    assert (plant.looks, plant.transcoder.past) == (1, 0)
    assert plant.transcoder.given == times(13, 1)


@pytest.mark.parametrize("is_away", [False, True])
async def test_without_the_past_it_takes_what_comes(plant: Plant, is_away: bool) -> None:
    plant.is_away, plant.is_late = is_away, 999
    plant.send(13)
    await plant.keep()
    plant.send(2)
    assert plant.transcoder.past == 0
    assert plant.transcoder.given == times(13, plant.looks + 2)


async def test_before_the_first_picture_nothing_is_asked_for(plant: Plant) -> None:
    await plant.keep()
    plant.send(3)
    assert plant.looks == 0
    assert plant.transcoder.given == times(0, 3)


async def test_a_bus_that_hangs_keeps_no_other_change_waiting(plant: Plant) -> None:
    plant.hangs = True
    plant.send(13)
    async with asyncio.timeout(0.5):  # of the second for which the bus may be waited for
        await plant.keep_only()
        await plant.keep_only()
        assert plant.looks == 0, "nothing was waited for"
        await asyncio.sleep(0)
        assert plant.looks == 1, "asked once, by a task of its own"
        await plant.keep_only(is_wanted=False)
    plant.send(2, is_idr=True)
    assert plant.transcoder.given == [], "who is not wanted any more begins with nothing"


async def test_pictures_go_on_with_the_next_idr_while_the_bus_hangs(plant: Plant) -> None:
    plant.hangs = True
    plant.send(13)
    await plant.keep_only()
    plant.send(1, is_idr=True)
    plant.send(2)
    assert plant.transcoder.given == times(13, 3)
    await plant.transcodes.stop()
