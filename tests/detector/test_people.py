"""Bodies and heads become people, people keep their numbers, attributes are judged over several looks."""

from __future__ import annotations

import numpy as np
import pytest

from services.detector.attribute_memory import Band
from services.detector.camera_sight import CameraSight, HeadLook, PictureLook
from services.detector.geometry import Box, is_inside
from services.detector.motion import Motion
from services.detector.people import Found, united
from services.detector.picture import Bytes, Picture
from services.detector.picture_eye import Shown
from services.detector.planes import MemoryPlanes
from shared.messages.cameras import Zone
from shared.messages.detector import FrameAnalysed, PictureVerdict
from shared.subjects import CameraRef

BODY = Box(0.3, 0.2, 0.5, 0.9)
HEAD = Box(0.37, 0.22, 0.43, 0.32)
BANDS = {"mask": Band(0.3, 0.7)}
USABLE = PictureVerdict(is_usable=True)


def picture(second: float) -> Picture:
    grey = np.full((108, 192), 128, np.uint8)
    return Picture(MemoryPlanes(grey, grey[::2, ::2], grey[::2, ::2]), round(second * 1e6) + 10**15, 0)


def seen(sight: CameraSight, second: float, *, body: Box | None = BODY, head: Box | None = HEAD,
         score: float | None = 0.1, motion: tuple[Box, ...] = ()) -> FrameAnalysed:  # fmt: skip
    scores = None if score is None else {"mask": score}
    heads = [] if head is None else [HeadLook(head, 0.9, scores)]
    bodies = [] if body is None else [Found(body, 0.9)]
    return sight.see(Shown(picture(second), USABLE, motion=motion), PictureLook(bodies, heads, bands=BANDS), 0)


def sight(zones: tuple[Zone, ...] = (), masks: tuple[Zone, ...] = ()) -> CameraSight:
    return CameraSight(CameraRef("school", "cook-1"), "main", zones, masks)


def test_a_head_belongs_to_its_body_and_a_lone_head_is_a_person() -> None:
    (one,) = united([Found(BODY, 0.9)], [Found(HEAD, 0.8)], 16 / 9)
    assert one.head is not None
    assert one.has_body
    people = united([Found(BODY, 0.9)], [Found(Box(0.8, 0.1, 0.85, 0.2), 0.8)], 16 / 9)
    assert sorted(person.has_body for person in people) == [False, True]


def test_the_same_person_keeps_the_number_and_another_gets_a_new_one() -> None:
    camera = sight()
    numbers = []
    for step in range(6):
        across = step * 0.03
        fact = seen(camera, step, body=BODY.moved(across, 0), head=HEAD.moved(across, 0))
        numbers.append(fact.people[0].track)
    assert len(set(numbers)) == 1
    assert seen(camera, 30).people[0].track not in numbers, "gone for long is somebody else"


def test_an_attribute_is_unknown_absent_present_and_unknown_again() -> None:
    camera = sight()

    def state(second: float, score: float | None) -> str:
        return seen(camera, second, score=score).people[0].attributes[0].state

    assert state(0, None) == "unknown"
    assert [state(second, 0.05) for second in (1, 2)] == ["absent", "absent"]
    assert state(3, 0.95) != "present", "one look turns nothing over"
    assert [state(second, 0.95) for second in range(4, 12)][-1] == "present"
    assert [state(second, None) for second in range(12, 24)][-1] == "unknown", "a head that cannot be judged any more"


def test_zones_hold_by_feet_or_head_and_masks_hide() -> None:
    stove = Zone(id="stove", purpose="cooking", polygon=((0.2, 0.8), (0.6, 0.8), (0.6, 1.0), (0.2, 1.0)))
    assert seen(sight((stove,)), 0).people[0].zones == ("stove",)
    hidden = Zone(id="window", purpose="street", polygon=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    assert not seen(sight((), (hidden,)), 0).people


def test_who_moves_is_there_however_unsure_the_model_is() -> None:
    unsure = [Found(BODY, 0.42)]
    still, moving = sight(), sight()
    for second in range(3):
        fact = still.see(Shown(picture(second), USABLE), PictureLook(unsure), 0)
        assert fact.people == ()
        fact = moving.see(Shown(picture(second), USABLE, motion=(BODY,)), PictureLook(unsure), 0)
        assert [person.score for person in fact.people] == [0.42]
        assert fact.movers == (), "it is they who move"


def test_what_moves_and_is_nobody_is_a_large_mover_and_keeps_its_number() -> None:
    """A worker from straight above: no body, no head."""
    camera = sight((Zone(id="stove", purpose="cooking", polygon=((0.2, 0.2), (1.0, 0.2), (1.0, 1.0), (0.2, 1.0))),))
    movers = []
    for second in range(4):
        place = Box(0.3, 0.3, 0.45, 0.6).moved(0.05 * second, 0)
        fact = camera.see(Shown(picture(second), USABLE, motion=(place,)), PictureLook(), 0)
        movers += fact.movers
    assert [(mover.kind, mover.is_suspected, mover.zones) for mover in movers] == [("large", False, ("stove",))] * 4
    assert len({mover.track for mover in movers}) == 1
    at_night = camera.see(Shown(picture(9), USABLE, (), True, (BODY,)), PictureLook(), 0)
    assert at_night.movers == (), "there the night watch tells"


def room(second: float, at: tuple[int, int] | None = None, light: int = 0) -> Bytes:
    """160 by 90, noisy; somebody of 14 by 22 at a place."""
    grey = np.random.default_rng(round(second * 100)).normal(90 + light, 3, (90, 160))
    grey[30:60, 100:140] += 40
    if at is not None:
        grey[at[1] : at[1] + 22, at[0] : at[0] + 14] = 30
    return np.clip(grey, 0, 255).astype(np.uint8)


def test_motion_is_found_where_something_large_moves_and_nowhere_else() -> None:
    motion = Motion()
    assert [motion.look(room(at), at * 1_000_000) for at in range(10)] == [()] * 10
    for step in range(8):
        found = motion.look(room(10 + step, (20 + 6 * step, 40)), (10 + step) * 1_000_000)
        assert len(found) == 1
        assert found[0].overlap(Box((20 + 6 * step) / 160, 40 / 90, (34 + 6 * step) / 160, 62 / 90)) > 0.5
    stands = [motion.look(room(18 + at, (62, 40)), (18 + at) * 1_000_000) for at in range(4)]
    assert stands[-1] == (), "what stands still does not move"


def test_light_that_changes_is_no_motion_and_masked_parts_are_not_looked_at() -> None:
    motion = Motion()
    lights = [0, 0, 0, 0, 60, 60, 60, 0, 0, 12, 24, 12]
    assert [motion.look(room(at, None, light), at * 1_000_000) for at, light in enumerate(lights)] == [()] * 12
    hidden = Motion([((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))])
    places = [None, None, (20, 40), (30, 40)]
    assert [hidden.look(room(at, place), at * 1_000_000) for at, place in enumerate(places)] == [()] * 4


@pytest.mark.parametrize(("point", "is_in"), [((0.5, 0.5), True), ((0.1, 0.9), False), ((0.9, 0.2), False)])
def test_inside_a_concave_polygon(point: tuple[float, float], is_in: bool) -> None:
    polygon = ((0.2, 0.2), (0.6, 0.2), (0.6, 0.4), (0.9, 0.9), (0.2, 0.9))
    assert is_inside(point, polygon) is is_in


def test_canvas_and_crop_keep_the_colours_of_both_ranges() -> None:
    # Red in BT.601: Y 81, Cb 90, Cr 240 in the range of television; Y 76, Cb 85, Cr 255 in full range.
    for is_full, (y, cb, cr) in ((False, (81, 90, 240)), (True, (76, 85, 255))):
        planes = [np.full(shape, level, np.uint8) for shape, level in (((96, 160), y), ((48, 80), cb), ((48, 80), cr))]
        red = Picture(MemoryPlanes(*planes, is_full), 0, 0)
        for pixels in (red.canvas(64, 32), red.crop(-20, -20, 40, 40, 32)):
            assert np.abs(pixels.reshape(-1, 3).mean(axis=0) - (255, 0, 0)).max() < 8
    masked = Picture(MemoryPlanes(*planes, True), 0, 0, masks=(((0, 0), (0.5, 0), (0.5, 1), (0, 1)),))
    assert tuple(masked.canvas(64, 32)[16, 8]) == (114, 114, 114)
