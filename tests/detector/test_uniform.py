"""A kitchen's uniform from a few photos: its own is known, another is not, and what cannot be is refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from services.detector.adapters.model_runner import load_pack
from services.detector.adapters.pack_folders import PackFolders
from services.detector.camera_sight import CameraSight, HeadLook, PictureLook
from services.detector.geometry import Box
from services.detector.model_set import ModelSet
from services.detector.picture import Picture
from services.detector.picture_eye import Shown
from services.detector.planes import MemoryPlanes
from services.detector.uniform.enrolment import Enrolment
from services.detector.uniform.torso import (
    DESCRIBES,
    SIDE,
    Description,
    describe,
    description_of,
    packed,
    torso_of,
    unpacked,
)
from services.detector.uniform.wardrobe import Wardrobe
from shared.messages.detector import PictureVerdict
from shared.messages.uniforms import UniformEnrolled
from shared.subjects import CameraRef
from tests.detector.packs import attribute_pack
from tests.detector.test_diagnosis import as_picture

USABLE = PictureVerdict(is_usable=True)
WHITE, NAVY, RED = (225, 222, 215), (38, 48, 92), (170, 40, 45)


def worn(colour: tuple[int, int, int], seed: int, light: float = 1.0) -> Description:
    """A torso in that colour: folds, a shadow, somebody else's kitchen at its edges."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
    folds = 1 + 0.12 * np.sin(9 * x + rng.uniform(0, 6) + 2 * y) - rng.uniform(0, 0.25) * y
    torso = np.array(colour) * (light * folds)[..., None] + rng.normal(0, 6, (SIDE, SIDE, 3))
    torso[:, : int(rng.uniform(0, 8))] = rng.integers(0, 255, 3)
    torso[:, SIDE - int(rng.uniform(1, 8)) :] = rng.integers(0, 255, 3)
    return description_of(np.clip(torso, 0, 255).astype(np.uint8))


def test_the_uniform_is_known_and_other_clothes_are_not() -> None:
    enrolled = Enrolment.of([worn(WHITE, seed, 0.8 + 0.05 * seed) for seed in range(6)])
    absent_below, present_from = enrolled.band
    own = [enrolled.score(worn(WHITE, 100 + seed, 0.8 + 0.02 * seed)) for seed in range(12)]
    others = [enrolled.score(worn(colour, seed)) for colour in (NAVY, RED) for seed in range(6)]
    assert np.mean([score >= present_from for score in own]) >= 0.8
    assert all(score >= absent_below for score in own)
    assert all(score < absent_below for score in others)


def test_too_few_photos_and_photos_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="4 photos: give 5 to 20"):
        Enrolment.of([worn(WHITE, seed) for seed in range(4)])
    odd = [worn(colour, 1) for colour in (WHITE, NAVY, RED, (30, 150, 60), (230, 200, 20))]
    with pytest.raises(ValueError, match="do not show the same uniform"):
        Enrolment.of(odd)


def test_a_torso_lies_under_the_head_and_a_small_one_is_not_judged() -> None:
    body, head = Box(0.4, 0.1, 0.6, 0.9), Box(0.46, 0.1, 0.54, 0.24)
    torso = torso_of(body, head)
    assert torso.top >= head.bottom
    assert abs(torso.centre[0] - head.centre[0]) < 1e-6
    assert torso_of(body, None).top > body.top
    picture = as_picture(np.full((360, 640, 3), 200, np.uint8), 0)
    assert describe(picture, torso) is not None
    assert describe(picture, Box(0.5, 0.5, 0.52, 0.52)) is None
    assert describe(picture, Box(0.95, 0.5, 1.15, 0.8)) is None


def test_a_description_travels_and_what_is_none_is_refused() -> None:
    one = worn(NAVY, 3)
    again = unpacked(packed(one))
    assert float(one @ again) > 0.999
    for nonsense in ("", "????", "AAAA", packed(one)[:-8], packed(np.full(DESCRIBES, np.nan, np.float32))):
        with pytest.raises(ValueError, match=r"base64|numbers|buffer"):
            unpacked(nonsense)


def test_people_are_judged_by_their_own_kitchens_uniform_and_it_says_who_trusts_it() -> None:
    wardrobe = Wardrobe()
    photos = tuple(packed(worn(WHITE, seed, 0.8 + 0.05 * seed)) for seed in range(6))
    enrolled = UniformEnrolled(site="north", photos=photos, changed_us=0, changed_by="li")
    wardrobe.hang("north", enrolled)
    look = PictureLook(heads=[HeadLook(LEFT, 0.9, None), HeadLook(RIGHT, 0.9, None)])
    picture = dressed_in(WHITE, RED)

    assert wardrobe.dressed("south", picture, look) is look, "a kitchen that enrolled nothing"
    sight = CameraSight(CameraRef("north", "cook"), "main")
    seen = sight.see(Shown(picture, USABLE), wardrobe.dressed("north", picture, look), 0)
    by_place = {person.box.x > 0.5: person.attributes[0] for person in seen.people}
    assert (by_place[False].name, by_place[False].state) == ("uniform", "present")
    assert by_place[True].state == "absent"
    assert by_place[True].is_advisory

    wardrobe.hang("north", enrolled.model_copy(update={"is_trusted": True}))
    assert not wardrobe.dressed("north", picture, look).advisory
    wardrobe.hang("north", enrolled.model_copy(update={"photos": photos[:4]}))
    assert wardrobe.dressed("north", picture, look) is look, "four photos judge nobody"


def test_by_infrared_light_nobody_can_say() -> None:
    wardrobe = Wardrobe()
    photos = tuple(packed(worn(WHITE, seed)) for seed in range(6))
    wardrobe.hang("north", UniformEnrolled(site="north", photos=photos, changed_us=0, changed_by="li"))
    picture = dressed_in(WHITE, RED)
    planes = picture.planes
    assert isinstance(planes, MemoryPlanes)
    planes.cb[:] = planes.cr[:] = 128
    look = wardrobe.dressed("north", picture, PictureLook(heads=[HeadLook(LEFT, 0.9, None)]))
    seen = CameraSight(CameraRef("north", "cook"), "main").see(Shown(picture, USABLE), look, 0)
    assert [attribute.state for attribute in seen.people[0].attributes] == ["unknown"]


def test_photos_that_cannot_be_used_leave_a_kitchen_without_a_uniform() -> None:
    wardrobe = Wardrobe()
    enrolled = UniformEnrolled(site="north", photos=("nonsense",) * 5, changed_us=0, changed_by="li")
    with pytest.raises(ValueError, match=r"numbers|base64|buffer"):
        wardrobe.hang("north", enrolled)
    look = PictureLook(heads=[HeadLook(LEFT, 0.9, None)])
    assert wardrobe.dressed("north", dressed_in(WHITE, RED), look) is look


def test_a_pack_of_uniforms_goes_before_photos_and_needs_no_advice(tmp_path: Path) -> None:
    """Redness of the torso, where a real classifier would be."""
    pack = attribute_pack(tmp_path / "red-coats", task="uniform", classes=["uniform", "apron"])
    (found,) = PackFolders((tmp_path,)).look().whole
    models = ModelSet({"uniform": load_pack(found.manifest, found.weights, 1)})
    assert pack.name == "red-coats"
    wardrobe = Wardrobe()
    photos = tuple(packed(worn(WHITE, seed)) for seed in range(6))
    wardrobe.hang("north", UniformEnrolled(site="north", photos=photos, changed_us=0, changed_by="li"))
    picture = dressed_in(NAVY, RED)
    heads = PictureLook(heads=[HeadLook(LEFT, 0.9, None), HeadLook(RIGHT, 0.9, None)])
    (look,) = models.dressed([picture], [heads])
    assert wardrobe.dressed("north", picture, look) is look
    seen = CameraSight(CameraRef("north", "cook"), "main").see(Shown(picture, USABLE), look, 0)
    states = {person.box.x > 0.5: person.attributes[0] for person in seen.people}
    assert (states[False].state, states[True].state) == ("absent", "present")
    assert not states[True].is_advisory


LEFT, RIGHT = Box(0.2, 0.2, 0.26, 0.3), Box(0.7, 0.2, 0.76, 0.3)


def dressed_in(left: tuple[int, int, int], right: tuple[int, int, int]) -> Picture:
    """Two people side by side before a kitchen's wall."""
    rng = np.random.default_rng(5)
    rgb = np.full((720, 1280, 3), (120, 130, 120), np.float64)
    for head, colour in ((LEFT, left), (RIGHT, right)):
        torso = torso_of(head, head)
        rows = slice(int(torso.top * 720), int(torso.bottom * 720))
        columns = slice(int(torso.left * 1280), int(torso.right * 1280))
        height = rows.stop - rows.start
        rgb[rows, columns] = np.array(colour) * np.linspace(1.0, 0.85, height)[:, None, None]
    return as_picture(np.clip(rgb + rng.normal(0, 6, rgb.shape), 0, 255).astype(np.uint8), 0)
