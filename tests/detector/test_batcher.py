"""Pictures of all cameras through the real batcher and real models: when a batch goes, in which order, what fails."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from services.detector.adapters.batcher import Batcher
from services.detector.adapters.camera_decoder import CameraDecoder
from services.detector.adapters.model_runner import load_pack
from services.detector.adapters.pack_folders import PackFolders
from services.detector.camera_feed import CameraFeed, Seen
from services.detector.diagnosis.keeping import Kept
from services.detector.geometry import Box
from services.detector.head_crop import can_be_judged
from services.detector.loaded_pack import DeviceLost, LoadedPack
from services.detector.model_set import ModelSet
from services.detector.picture import Picture
from services.detector.picture_eye import Shown, new_eye
from shared.clock import SystemClock
from shared.errors import ResourceExhausted
from shared.media.fragment import Fragment
from shared.messages.base import Fact
from shared.messages.cameras import AnalysisPolicy, Zone
from shared.messages.detector import FrameAnalysed, PictureVerdict
from shared.subjects import CameraRef
from tests.detector.degradations import photo_scene
from tests.detector.filmed import filmed, numbered
from tests.detector.packs import attribute_pack, things_pack
from tests.detector.test_diagnosis import as_picture


def loaded(*folders: Path) -> dict[str, LoadedPack]:
    roots = tuple({folder.parent for folder in folders})
    packs = [load_pack(one.manifest, one.weights, 1) for one in PackFolders(roots).look().whole]
    return {pack.manifest.capability: pack for pack in packs}


def feed_of(name: str, **policy: object) -> CameraFeed:
    camera, plan = CameraRef("school", name), AnalysisPolicy.model_validate({"may_repeat": True} | policy)
    return CameraFeed(camera, plan, CameraDecoder(), new_eye(camera, plan, lambda: None, Kept()), lambda picture: None)


def shown(second: float, *, has_phone: bool = True, level: int = 60, is_usable: bool = True) -> Shown:
    """A grey kitchen with a red thing in it."""
    rgb = np.full((192, 320, 3), level, np.uint8)
    if has_phone:
        rgb[96:144, 160:240] = (230, 20, 20)
    return Shown(as_picture(rgb, second), PictureVerdict(is_usable=is_usable))


class Running:
    """A batcher that runs until the test ends."""

    def __init__(self, models: ModelSet, *, batch_max: int = 4, wait_s: float = 0.0, side_by_side: int = 1):
        self.facts: list[FrameAnalysed] = []
        self.models = models
        self.batcher = Batcher(
            lambda: self.models,
            batch_max,
            wait_s,
            SystemClock(),
            self._hear,
            lambda: None,
            lambda differs: None,
            lambda site, picture, look: look,
            side_by_side,
        )
        self._tasks: list[asyncio.Task[None]] = []

    def _hear(self, fact: Fact) -> None:
        assert isinstance(fact, FrameAnalysed)
        self.facts.append(fact)

    async def __aenter__(self) -> Running:
        self._tasks = [asyncio.create_task(self._for_ever()) for _ in range(self.batcher.side_by_side)]
        return self

    async def __aexit__(self, *ended: object) -> None:
        for task in self._tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks)
        self.batcher.close()

    async def _for_ever(self) -> None:
        while True:
            await self.batcher.run_once()
            await asyncio.sleep(0)

    def put(self, feed: CameraFeed, *some: Shown) -> None:
        self.batcher.put(feed, Seen(deque(some)))

    async def until(self, is_enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_enough():
                await asyncio.sleep(0.005)


async def test_a_class_of_the_open_catalogue_is_in_the_facts_without_a_line_of_code(tmp_path: Path) -> None:
    table = Zone(id="table", purpose="preparing", polygon=((0.4, 0.4), (0.9, 0.4), (0.9, 0.9), (0.4, 0.9)))
    feed = feed_of("cook", zones=[table.model_dump()])
    packs = loaded(things_pack(tmp_path / "phones"))
    async with Running(ModelSet(packs, missing=())) as running:
        running.put(feed, shown(0))
        running.put(feed, shown(1))
        await running.until(lambda: len(running.facts) >= 1)
        running.put(feed, shown(2, has_phone=False))
        await running.until(lambda: running.facts[-1].at_us == shown(2).picture.captured_us)
    (phone,) = running.facts[0].things
    assert (phone.label, phone.zones, phone.model) == ("phone", ("table",), packs["things.phones"].digest)
    assert phone.box.x == pytest.approx(0.5, abs=0.02)
    assert phone.box.width == pytest.approx(0.25, abs=0.02)
    assert running.facts[0].models == {"things.phones": packs["things.phones"].digest}
    assert running.facts[-1].things == ()


async def test_a_batch_goes_when_it_is_full_and_else_when_its_first_picture_has_waited(tmp_path: Path) -> None:
    feeds = [feed_of(f"c{number}") for number in range(4)]
    async with Running(ModelSet(missing=()), wait_s=3600.0) as running:
        for feed in feeds[:3]:
            running.put(feed, shown(0))
        await asyncio.sleep(0.05)
        assert running.facts == [], "an hour has not passed, and there is room for one more"
        running.put(feeds[3], shown(0))
        await running.until(lambda: len(running.facts) == 4)
    async with Running(ModelSet(missing=()), wait_s=0.02) as running:
        running.put(feeds[0], shown(1))
        await running.until(lambda: len(running.facts) == 1)


async def test_two_batches_side_by_side_tell_each_camera_in_order(tmp_path: Path) -> None:
    feed = feed_of("fast", rate_hz=25.0)
    packs = loaded(things_pack(tmp_path / "phones"))
    async with Running(ModelSet(packs, missing=()), batch_max=1, side_by_side=2) as running:
        for at in range(40):
            running.put(feed, shown(at / 25))
            await running.until(lambda at=at: len(running.facts) > at - 4)  # type: ignore[misc]
        await running.until(lambda: len(running.facts) == 40)
    assert [fact.at_us for fact in running.facts] == sorted(fact.at_us for fact in running.facts)


async def test_a_model_that_fails_costs_its_own_capability(tmp_path: Path) -> None:
    """One fails on what is bright, the other goes on; the bright picture is analysed without it, and says so."""
    failed: list[str] = []
    packs = loaded(things_pack(tmp_path / "fragile", broken_above=0.8), things_pack(tmp_path / "phones"))

    def outcome(capability: str, pack: LoadedPack, error: Exception | None) -> None:
        failed.extend([capability] if error is not None else [])

    async with Running(ModelSet(packs, missing=(), outcome=outcome)) as running:
        for second, level in ((0, 60), (1, 250), (2, 60)):
            running.put(feed_of("cook"), shown(second, level=level))
            await running.until(lambda second=second: len(running.facts) == second + 1)  # type: ignore[misc]
    told = [(fact.unavailable, set(fact.models), len(fact.things)) for fact in running.facts]
    assert told[0] == told[2] == ((), {"things.fragile", "things.phones"}, 2)
    assert told[1][:2] == (("things.fragile",), {"things.phones"})
    assert failed == ["things.fragile"]


async def test_a_device_that_is_lost_ends_the_worker(tmp_path: Path) -> None:
    """Nothing in this process will be answered again: it must start anew."""

    class Lost:
        device, at_once = "cuda:0", 8

        def begin(self, canvases: object) -> object:
            raise DeviceLost("the device failed")

    (pack,) = loaded(things_pack(tmp_path / "phones")).values()
    models = ModelSet({"things.phones": replace(pack, runner=Lost())}, missing=())  # type: ignore[arg-type]
    running = Running(models)
    running.put(feed_of("cook"), shown(0))
    with pytest.raises(DeviceLost):
        await running.batcher.run_once()
    running.batcher.close()


async def test_what_cannot_be_judged_is_told_without_any_model(tmp_path: Path) -> None:
    feed = feed_of("cook")
    async with Running(ModelSet(loaded(things_pack(tmp_path / "phones")), missing=("people",))) as running:
        running.put(feed, shown(0, is_usable=False))
        await running.until(lambda: len(running.facts) == 1)
    (fact,) = running.facts
    assert (fact.things, fact.models, fact.unavailable) == ((), {}, ("people",))
    assert not fact.picture.is_usable


@pytest.mark.parametrize("rate_hz", [1.0, 5.0, 10.0, 25.0])
async def test_pictures_are_analysed_at_the_rate_that_was_asked_for(rate_hz: float) -> None:
    """Fragments bring the pictures of 200 ms at once; those of one fragment wait together."""
    feed = feed_of("fast", rate_hz=rate_hz)
    async with Running(ModelSet(missing=())) as running:
        for fragment in filmed(numbered(100, (320, 192)), gop=25):
            await looked_at(running, feed, fragment)
    assert len(running.facts) == pytest.approx(4 * rate_hz, abs=max(1, 0.15 * 4 * rate_hz))
    minutes = feed.coverage.ended(running.facts[-1].at_us + 120_000_000)
    assert sum(minute.late for minute in minutes) == 0


async def looked_at(running: Running, feed: CameraFeed, fragment: Fragment) -> None:
    """Every job is done before the next fragment comes, as with enough threads."""
    if not feed.take(fragment, fragment.header.received_us):
        return
    seen = feed.show(feed.intake.job(), fragment.header.received_us)
    count = len(running.facts) + len(seen.shown)
    feed.coverage.late(seen.late_us)
    running.batcher.put(feed, replace(seen, facts=[]))
    await running.until(lambda: len(running.facts) >= count)


def test_a_full_device_costs_a_picture_and_the_next_idr_is_looked_at() -> None:
    camera, plan = CameraRef("school", "cook"), AnalysisPolicy(rate_hz=5.0, may_repeat=True)
    is_full = True

    def prepare(picture: Picture) -> None:
        if is_full:
            raise ResourceExhausted("the GPU's memory is full")

    feed = CameraFeed(camera, plan, CameraDecoder(), new_eye(camera, plan, lambda: None, Kept()), prepare)
    broken, whole = 0, 0
    scene, rng = photo_scene("chelsea"), np.random.default_rng(1)
    film = filmed([scene.filmed(at // 5, rng) for at in range(75)], gop=25)
    for at, fragment in enumerate(film):
        is_full = at < 4
        if feed.take(fragment, fragment.header.received_us):
            seen = feed.show(feed.intake.job(), 0)
            broken += seen.broken is not None
            whole += seen.broken is None
    assert broken >= 2
    assert whole >= 8, "two GOPs of five pictures"


def test_a_head_below_24_pixels_or_blurred_is_never_asked_about(tmp_path: Path) -> None:
    scene = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    sharp = as_picture(scene, 0)
    blurred = as_picture(np.full_like(scene, 120), 0)
    small, large = Box(0.1, 0.1, 0.1 + 22 / 640, 0.1 + 23 / 480), Box(0.1, 0.1, 0.1 + 24 / 640, 0.1 + 25 / 480)
    assert not can_be_judged(small, sharp)
    assert can_be_judged(large, sharp)
    assert not can_be_judged(large, blurred)
    packs = loaded(attribute_pack(tmp_path / "redness"))
    scores = ModelSet(packs)._judged([sharp], [[("head", small, 0.9), ("head", large, 0.9)]], set())
    assert set(scores) == {(0, large)}
