"""The night watch on composed nights: a run is suspected, and what is none is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.detector.geometry import Box
from services.detector.people import Person
from services.detector.small_movers.company import Company
from services.detector.small_movers.watch import NightWatch
from shared.messages.cameras import Zone
from shared.messages.detector import SeenBox, SeenMover
from tests.detector import night_scenes as made
from tests.detector.degradations import FPS
from tests.detector.test_diagnosis import as_picture


def watched(act: made.Act | None, seconds: float, watch: NightWatch | None = None) -> list[SeenMover]:
    night, rng, watch = made.nights()[0], np.random.default_rng(1), watch or NightWatch()
    return [
        mover
        for number in range(round(seconds * FPS))
        for mover in watch.look(as_picture(night.filmed(act, number, rng), number / FPS))
        if mover.is_suspected
    ]


@pytest.mark.parametrize("size", [6, 14, 40])
def test_a_run_along_the_floor_is_suspected(size: int) -> None:
    seen = watched(made.rodent(size, seed=5), 20)
    assert seen
    assert len({mover.track for mover in seen}) <= 2
    last = seen[-1]
    assert last.kind == "small"
    assert len(last.path) >= 5
    assert all(0 <= y <= 1 for _, y in last.path)
    assert 3 <= len(last.pictures) <= 8
    times = [one.captured_us for one in last.pictures]
    assert times == sorted(times)
    assert times[0] == last.since_us
    assert last.clip is not None
    crop = last.clip.crop
    assert last.clip.from_us < times[0] < times[-1] < last.clip.to_us
    for one in last.pictures:
        assert crop.x <= one.box.x <= one.box.x + one.box.width <= crop.x + crop.width
        assert crop.y <= one.box.y <= one.box.y + one.box.height <= crop.y + crop.height
    assert 12e6 - 1e6 <= last.since_us - as_picture(made.nights()[0].room, 0).captured_us <= 14e6


@pytest.mark.parametrize(
    "act",
    [
        None,
        made.insect(3),
        made.insect_passing(4),
        made.light_switching(2),
        made.headlights(1),
        made.cat(2),
        made.person(3),
    ],
    ids=["noise", "insect", "insect passing", "light", "headlights", "cat", "person"],
)
def test_what_is_no_rodent_is_not_suspected(act: made.Act | None) -> None:
    assert watched(act, 25) == []


def test_a_large_mover_is_seen_as_one_and_hides_small_ones() -> None:
    night, rng, watch = made.nights()[0], np.random.default_rng(1), NightWatch()
    kinds = set()
    person, rodent = made.person(3), made.rodent(14, seed=5)
    for number in range(20 * FPS):
        both = lambda picture, at, noise: rodent(person(picture, at, noise), at, noise)  # noqa: E731
        for mover in watch.look(as_picture(night.filmed(both, number, rng), number / FPS)):
            kinds.add(mover.kind)
            assert not mover.is_suspected
    assert "large" in kinds


def test_what_runs_beside_the_floor_is_not_suspected_where_a_camera_says_where_its_floor_is() -> None:
    ceiling = Zone(id="ceiling", purpose="wall", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 0.4), (0.0, 0.4)))
    floor = Zone(id="floor", purpose="floor", polygon=((0.0, 0.4), (1.0, 0.4), (1.0, 1.0), (0.0, 1.0)))
    assert watched(made.rodent(14, seed=5), 20, NightWatch(zones=(ceiling,))) == []
    assert watched(made.rodent(14, seed=5), 20, NightWatch(zones=(ceiling, floor)))


def mover(is_suspected: bool = True) -> SeenMover:
    box = SeenBox(x=0.8, y=0.8, width=0.02, height=0.02)
    return SeenMover(track=1, kind="small", is_suspected=is_suspected, box=box, score=0.8, since_us=0)


def test_nobody_suspects_a_rodent_while_a_person_is_found_and_a_coat_blinds_nobody() -> None:
    company, somebody = Company(), Person(Box(0.1, 0.2, 0.2, 0.6), 0.9, None, True)
    coat = replace(somebody, box=Box(0.5, 0.2, 0.6, 0.6))

    def suspected(second: float, *people: Person) -> bool:
        (one,) = company.judged([mover()], people, round(second * 1e6))
        return one.is_suspected

    assert suspected(0)
    assert not suspected(1, somebody)
    assert not suspected(8), "he may be behind the shelf"
    assert suspected(12)
    assert suspected(13, replace(somebody, score=0.5)), "a pot that is taken for somebody"
    for second in range(20, 95, 5):
        suspected(second, coat)
    assert suspected(95, coat), "it has hung there for a minute"
    assert not suspected(96, somebody)


def test_masked_parts_are_not_looked_at_and_zones_are_named() -> None:
    everything = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    floor = Zone(id="floor", purpose="floor", polygon=everything)
    assert watched(made.rodent(14, seed=5), 20, NightWatch(masks=(floor,))) == []
    assert watched(made.rodent(14, seed=5), 20, NightWatch(zones=(floor,)))[0].zones == ("floor",)
