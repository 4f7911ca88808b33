"""The GOP so far, out of real fragments of our own, and the pictures that come while it is fetched."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest

from services.ingest.gop_joint import GopJoint, GopSoFar
from services.ingest.normaliser import Normaliser, Tracks
from shared.media.access_unit import AccessUnit
from shared.media.formats import StreamFormat, VideoFormat
from shared.media.fragment import Fragment

RUN_START_90K, PICTURE_90K = 90_000, 3600


class Camera:
    """Pictures into a normaliser whose fragments are the bus."""

    def __init__(self, picture: Callable[..., AccessUnit], sets: tuple[bytes, ...]):
        self.bus: list[Fragment] = []
        runs = itertools.count(1)
        self.normaliser = Normaliser(self.bus.append, self, lambda: f"{next(runs):016x}", 2_000_000)
        self.normaliser.describe(Tracks("h265", sets))
        self._picture = picture
        self._count = 0

    def on_run(self, run: str, stream: StreamFormat, why: str) -> None: ...

    def send(self, count: int, gop: int = 50) -> None:
        for _ in range(count):
            data = self._count.to_bytes(4)
            at = 1_000_000 + self._count * PICTURE_90K
            self.normaliser.on_video(
                self._picture(
                    at, is_idr=self._count % gop == 0, data=b"\0\0\0\4" + data, received_us=self._count * 40_000
                )
            )
            self._count += 1

    def stands(self) -> GopSoFar:
        gop = self.normaliser.publish_open()
        assert gop is not None
        return gop


@pytest.fixture
def camera(picture: Callable[..., AccessUnit], parameter_sets: Callable[..., tuple[bytes, ...]]) -> Camera:
    return Camera(picture, parameter_sets("h265", 640, 360))


def numbers(units: Sequence[AccessUnit]) -> list[int]:
    return [int.from_bytes(bytes(unit.parts[0])[4:]) for unit in units]


@pytest.mark.parametrize("count", [1, 3, 5, 37, 49])
def test_all_pictures_so_far(camera: Camera, count: int) -> None:
    camera.send(50 + count)
    units = camera.stands().units(camera.bus)
    assert numbers(units) == list(range(50, 50 + count))
    assert [unit.is_idr for unit in units] == [True] + [False] * (count - 1)
    assert [unit.pts_90k for unit in units] == [RUN_START_90K + at * PICTURE_90K for at in range(50, 50 + count)]
    assert camera.stands().idr_received_us == 50 * 40_000


def test_what_came_later_is_not_of_it(camera: Camera) -> None:
    camera.send(13)
    gop = camera.stands()
    camera.send(20)
    assert numbers(gop.units(camera.bus)) == list(range(13))


def test_nothing_where_the_bus_does_not_hold_all(camera: Camera) -> None:
    camera.send(28)
    gop = camera.stands()
    assert not gop.units([])
    assert not gop.units(camera.bus[:-1]), "the newest is not stored yet"
    assert not gop.units(camera.bus[1:]), "the IDR is not there"
    assert not gop.units(camera.bus[:2] + camera.bus[3:]), "a hole"


def test_of_another_run_nothing(camera: Camera) -> None:
    camera.send(28)
    before = list(camera.bus)
    camera.normaliser.finish()
    camera.send(60)
    units = camera.stands().units([*before, *camera.bus])
    assert numbers(units) == list(range(50, 88))


def test_nothing_is_open_before_the_first_picture(camera: Camera) -> None:
    assert camera.normaliser.publish_open() is None


class Heard:
    def __init__(self) -> None:
        self.past: list[AccessUnit] = []
        self.pushed: list[AccessUnit] = []
        self.joint = GopJoint(lambda units, _: self.past.extend(units), lambda unit, _: self.pushed.append(unit))


def test_pictures_that_come_early_follow_the_past(video: VideoFormat, picture: Callable[..., AccessUnit]) -> None:
    heard, units = Heard(), [picture(at, is_idr=at == 0) for at in range(6)]
    for unit in units[3:5]:
        heard.joint.live(unit, video)
    assert not heard.pushed
    heard.joint.past(units[:3], video)
    heard.joint.live(units[5], video)
    assert (heard.past, heard.pushed) == (units[:3], units[3:])


def test_an_idr_needs_no_past(video: VideoFormat, picture: Callable[..., AccessUnit]) -> None:
    heard, units = Heard(), [picture(at, is_idr=at in (0, 4)) for at in range(6)]
    for unit in units[3:]:
        heard.joint.live(unit, video)
    assert heard.joint.is_open
    heard.joint.past(units[:3], video)
    assert (heard.past, heard.pushed) == ([], units[4:])


def test_without_past_it_goes_on(video: VideoFormat, picture: Callable[..., AccessUnit]) -> None:
    heard, units = Heard(), [picture(at) for at in range(3)]
    heard.joint.live(units[0], video)
    heard.joint.past([], video)
    heard.joint.live(units[1], video)
    assert (heard.past, heard.pushed) == ([], units[:2])


@pytest.fixture
def video(camera: Camera) -> VideoFormat:
    camera.send(1)
    return camera.stands().video
