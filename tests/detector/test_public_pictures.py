"""What everybody may see: a real portrait through the real models, and nobody can be made out in what comes of it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data as portraits
from skimage.feature import Cascade

from services.detector.adapters.blurred_pictures import BlurredPictures
from services.detector.adapters.camera_decoder import CameraDecoder
from services.detector.adapters.model_runner import load_pack
from services.detector.adapters.pack_folders import PackFolders
from services.detector.camera_feed import CameraFeed
from services.detector.camera_sight import HeadLook, PictureLook
from services.detector.diagnosis.keeping import Kept
from services.detector.geometry import Box
from services.detector.hidden_parts import parts_of, way_of_heads
from services.detector.loaded_pack import LoadedPack, begin_boxes
from services.detector.model_set import ModelSet
from services.detector.people import Found
from services.detector.picture import Bytes, Picture, in_memory
from services.detector.picture_eye import Shown, new_eye
from services.detector.pixels_hidden import hidden
from services.detector.public_sight import LEASE_US, PublicSight, size_of
from services.detector.wiring import DEFAULT_PACKS
from shared.clock import FakeClock
from shared.errors import RequestRefused
from shared.messages.cameras import AnalysisPolicy
from shared.messages.detector import PictureVerdict
from shared.messages.public_pictures import BlurredPicture, BlurredPictureWanted
from shared.subjects import CameraRef
from tests.detector.test_diagnosis import BEGAN_US, as_picture

CAMERA = CameraRef("school", "wok")
WELL = {"heads": "ab", "people": "cd"}
FACE = Box(0.4, 0.4, 0.5, 0.58)


@pytest.fixture(scope="module")
def packs() -> dict[str, LoadedPack]:
    there = [load_pack(one.manifest, one.weights, 1) for one in PackFolders((DEFAULT_PACKS,)).look().whole]
    return {pack.manifest.capability: pack for pack in there}


@pytest.fixture(scope="module")
def models(packs: dict[str, LoadedPack]) -> ModelSet:
    return ModelSet({name: packs[name] for name in ("heads", "people")}, missing=())


def kitchen(height_px: int, left: int = 500) -> Bytes:
    """A portrait of that height in a picture of 1280x720; the rest is noise on a slope of grey."""
    rng = np.random.default_rng(height_px)
    made = np.linspace(70, 150, 1280)[None, :, None] + rng.normal(0, 6, (720, 1280, 3))
    made = np.clip(made, 0, 255).astype(np.uint8)
    portrait = cv2.resize(portraits.astronaut(), (height_px, height_px), interpolation=cv2.INTER_AREA)
    made[720 - height_px :, left : left + height_px] = portrait[:, : 1280 - left]
    return made


def heads_in(pack: LoadedPack, rgb: Bytes, score: float = 0.25) -> list[float]:
    """Scores of what the face detector takes for a face, more easily than it does for facts."""
    eager = replace(pack, manifest=pack.manifest.model_copy(update={"thresholds": {"score": score}}))
    (found,) = begin_boxes(eager, [as_picture(rgb, 0)], 1)()
    return [one for _, _, one in found]


def faces_by_another(rgb: Bytes, height_px: int) -> int:
    """How often a detector of quite another kind (local binary patterns) finds a face where the portrait has its own."""
    cascade = Cascade(portraits.lbp_frontal_face_cascade_filename())
    found = cascade.detect_multi_scale(rgb, 1.15, 1, (24, 24), (360, 360))
    side = height_px / 2
    x, y = 250 + 0.44 * side, 360 - 0.79 * side
    centres = [(one["c"] + one["width"] / 2, one["r"] + one["height"] / 2) for one in found]
    return sum(abs(across - x) < 0.15 * side and abs(down - y) < 0.15 * side for across, down in centres)


class Camera:
    """A feed whose pictures are looked at by real models, and what is asked about it."""

    def __init__(self, models: ModelSet) -> None:
        plan = AnalysisPolicy(may_repeat=True)
        eye = new_eye(CAMERA, plan, lambda: None, Kept())
        self.feed = CameraFeed(CAMERA, plan, CameraDecoder(), eye, lambda picture: None)
        self.clock = FakeClock(BEGAN_US)
        self.models = models
        self.second = 0
        self.asked = 0
        self.public = BlurredPictures(lambda ref: self.feed if ref == CAMERA else None, self._look_at, self.clock)

    async def _look_at(self, pictures: Sequence[Picture]) -> list[PictureLook]:
        self.asked += 1
        return await asyncio.to_thread(self.models.look, pictures)

    async def show(self, rgb: Bytes, *, is_usable: bool = True) -> PictureLook:
        picture = as_picture(rgb, self.second)
        (look,) = self.models.look([picture])
        await self.tell(picture, look, is_usable=is_usable)
        return look

    async def tell(self, picture: Picture, look: PictureLook, *, is_usable: bool = True) -> None:
        await self.clock.advance(1.0)
        self.second += 1
        self.feed.public.prepare(picture, self.clock.now_us())
        self.feed.public.looked(Shown(picture, PictureVerdict(is_usable=is_usable)), look, self.clock.now_us())

    async def ask(self, width: int = 640, camera: CameraRef = CAMERA) -> BlurredPicture:
        wanted = BlurredPictureWanted(site=camera.site, camera=camera.camera, width=width)
        return await self.public.newest(wanted.encode())

    async def why_not(self, camera: CameraRef = CAMERA) -> str:
        with pytest.raises(RequestRefused) as refusal:
            await self.ask(camera=camera)
        assert refusal.value.status == 503
        return refusal.value.code


@pytest.fixture
def camera(models: ModelSet) -> Iterator[Camera]:
    made = Camera(models)
    yield made
    made.public.close()


def opened(answer: BlurredPicture) -> Bytes:
    with Image.open(io.BytesIO(answer.jpeg_bytes)) as image:
        assert (image.width, image.height) == (answer.width, answer.height)
        assert not image.getexif()
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("height_px", [720, 500, 300, 180, 110])
async def test_nobody_can_be_made_out_at_any_size(camera: Camera, packs: dict[str, LoadedPack], height_px: int) -> None:
    assert await camera.why_not() == "no_picture"
    rgb = kitchen(height_px)
    as_small = in_memory(as_picture(rgb, 0).canvas(640, 360))
    assert heads_in(packs["heads"], as_small, 0.35), "there is a face to be hidden"
    for _ in range(3):
        await camera.show(rgb)
    answer = await camera.ask()
    assert (answer.width, answer.height) == (640, 360)
    assert answer.captured_us == BEGAN_US + 1_000_000, "the one before the newest"
    shown = opened(answer)
    assert heads_in(packs["heads"], shown) == []
    if height_px >= 500:  # smaller ones it does not see at all
        assert faces_by_another(as_small, height_px) > 0
        assert faces_by_another(shown, height_px) == 0
    # Where nobody is, the kitchen is as it was.
    assert np.abs(shown[:100, :150].astype(int) - as_small[:100, :150].astype(int)).mean() < 6
    assert (await camera.ask(width=320)).width == 320


def test_without_a_second_look_nobody_can_be_made_out_either(models: ModelSet, packs: dict[str, LoadedPack]) -> None:
    for height_px in (720, 300, 110):
        sight = PublicSight(1.0)
        sight.asked(BEGAN_US)
        picture = as_picture(kitchen(height_px), 0)
        (look,) = models.look([picture])
        for second in range(3):
            tell(sight, seen(second, picture), look)
        settled = sight.settled(BEGAN_US + 2_000_000)
        assert heads_in(packs["heads"], hidden(in_memory(settled.canvas), settled.parts)) == []


def seen(
    second: float, picture: Picture | None = None, *, is_usable: bool = True, motion: tuple[Box, ...] = ()
) -> Shown:
    at = picture or as_picture(np.full((360, 640, 3), 90, np.uint8), second)
    return Shown(
        replace(at, captured_us=BEGAN_US + round(second * 1e6)), PictureVerdict(is_usable=is_usable), motion=motion
    )


def tell(sight: PublicSight, shown: Shown, look: PictureLook) -> None:
    """As the decoding thread and then the batcher do."""
    sight.prepare(shown.picture, BEGAN_US)
    sight.looked(shown, look, BEGAN_US)


def look_of(*faces: Box, bodies: Sequence[Found] = (), models: dict[str, str] = WELL) -> PictureLook:
    return PictureLook(bodies=bodies, heads=[HeadLook(face, 0.9, None) for face in faces], models=models)


def covers(parts: Sequence[Box], box: Box) -> bool:
    """Whether one of them holds all of it."""
    return any(
        part.left <= box.left and part.top <= box.top and part.right >= box.right and part.bottom >= box.bottom
        for part in parts
    )


def sight_of(*looks: PictureLook) -> PublicSight:
    sight = PublicSight(1.0)
    sight.asked(BEGAN_US)
    for second, look in enumerate(looks):
        tell(sight, seen(second), look)
    return sight


def parts_after(*looks: PictureLook) -> Sequence[Box]:
    return sight_of(*looks).settled(BEGAN_US + (len(looks) - 1) * 1_000_000).parts


def test_one_missed_look_shows_nobody() -> None:
    there, missed = look_of(FACE), look_of()
    assert covers(parts_after(there, there, missed, there), FACE)
    assert covers(parts_after(there, there, missed, missed), FACE), "nor do two"
    assert covers(parts_after(missed, missed, missed, there), FACE), "who comes is hidden before they are found"


def test_who_walks_is_hidden_on_the_way() -> None:
    before, between, after = FACE, FACE.moved(0.1, 0.02), FACE.moved(0.2, 0.04)
    assert covers(parts_after(look_of(before), look_of(before), look_of(), look_of(after)), between)
    assert way_of_heads([FACE], [FACE.moved(0.5, 0)]) == (), "too far for one and the same"


def test_who_is_gone_for_long_is_forgotten() -> None:
    looks = [look_of(FACE), *[look_of()] * 9]
    assert not covers(parts_after(*looks), FACE)
    assert covers(parts_after(*looks[:6]), FACE)


def test_a_body_without_a_sure_head_hides_its_upper_part() -> None:
    body = Found(Box(0.3, 0.3, 0.5, 0.9), 0.8)
    upper = Box(0.3, 0.28, 0.5, 0.55)
    assert covers(parts_of([body], [], [], 16 / 9), upper)
    head = Box(0.37, 0.31, 0.43, 0.42)
    assert covers(parts_of([body], [Found(head, 0.4)], [], 16 / 9), upper), "an unsure head is not trusted"
    with_head = parts_of([body], [Found(head, 0.9)], [], 16 / 9)
    assert covers(with_head, head)
    assert not covers(with_head, upper)


def test_what_large_moves_and_is_nobody_is_hidden_whole() -> None:
    blob = Box(0.6, 0.2, 0.8, 0.7)
    assert blob in parts_of([], [], [blob], 16 / 9)
    assert blob not in parts_of([Found(blob, 0.9)], [], [blob], 16 / 9)


def test_a_hidden_face_is_a_few_numbers() -> None:
    rng = np.random.default_rng(7)
    rgb = rng.integers(0, 255, (360, 640, 3), np.uint8).astype(np.uint8)
    made = hidden(rgb, parts_of([], [Found(FACE, 0.9)], [], 16 / 9))
    top, bottom, left, right = round(0.4 * 360), round(0.58 * 360), round(0.4 * 640), round(0.5 * 640)
    face = made[top:bottom, left:right].reshape(-1, 3)
    assert len(np.unique(face, axis=0)) <= 16
    assert set(np.unique(face % 16)) == {8}, "in few shades"
    assert (made[:50] == rgb[:50]).all()
    assert (rgb != made).any(), "the original is another array"


@pytest.mark.parametrize(
    ("looks", "why"),
    [
        ([look_of(), look_of()], "not_yet"),
        ([look_of(), look_of(), look_of(models={"people": "cd"})], "models_unavailable"),
        ([look_of(), look_of(), look_of(models={"heads": "ab"})], "models_unavailable"),
        ([look_of(), look_of(models={}), look_of()], "models_unavailable"),
        ([look_of(models={}), look_of(), look_of()], "models_unavailable"),
    ],
)
def test_what_cannot_be_hidden_for_certain_is_not_shown(looks: list[PictureLook], why: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        parts_after(*looks)
    assert refusal.value.code == why
    assert parts_after(*looks, look_of(), look_of(), look_of()) == ()


def test_a_picture_that_cannot_be_judged_or_is_old_is_not_shown() -> None:
    sight = sight_of(look_of(), look_of(), look_of())
    assert sight.settled(BEGAN_US + 2_000_000).parts == ()
    for late_s, why in ((20, "no_picture"), (2, "picture_unusable")):
        if why == "picture_unusable":
            sight.looked(seen(3, is_usable=False), look_of(), BEGAN_US)
        with pytest.raises(RequestRefused) as refusal:
            sight.settled(BEGAN_US + late_s * 1_000_000)
        assert refusal.value.code == why


def test_what_is_hidden_stays_where_it_is() -> None:
    parts = parts_after(*[look_of(FACE.moved(0.0005 * (at % 3), 0.0005)) for at in range(8)])
    assert len(set(parts)) == 1, "whoever hardly moves is one box"
    assert Box(0.111, 0.111, 0.119, 0.13).widened_to(100, 10) == Box(0.11, 0.1, 0.12, 0.2)


def test_after_a_hole_it_begins_anew() -> None:
    sight = sight_of(look_of(), look_of(), look_of())
    sight.looked(seen(60), look_of(), BEGAN_US)
    with pytest.raises(RequestRefused) as refusal:
        sight.settled(BEGAN_US + 60_000_000)
    assert refusal.value.code == "not_yet"


def test_pictures_are_kept_only_while_somebody_asks_and_two_of_them() -> None:
    sight = PublicSight(1.0)
    kept = lambda: [look.canvas is not None for look in sight._looks]  # noqa: E731
    for second in range(3):
        tell(sight, seen(second), look_of())
    assert not any(kept())
    sight.asked(BEGAN_US)
    for second in range(3, 7):
        tell(sight, seen(second), look_of())
    assert kept() == [False] * 5 + [True] * 2
    sight.let_go(BEGAN_US + LEASE_US)
    assert not any(kept())
    assert size_of(as_picture(np.zeros((720, 1280, 3), np.uint8), 0)) == (640, 360)
    assert size_of(as_picture(np.zeros((96, 160, 3), np.uint8), 0)) == (160, 96)


async def test_many_ask_and_it_is_made_once(camera: Camera) -> None:
    assert await camera.why_not(CameraRef("school", "other")) == "not_analysed"
    assert await camera.why_not() == "no_picture"
    rgb = kitchen(300)
    for _ in range(3):
        await camera.show(rgb)
    answers = await asyncio.gather(*(camera.ask() for _ in range(20)))
    assert len({answer.jpeg for answer in answers}) == 1
    looked = camera.asked
    assert looked <= 3
    await camera.ask()
    assert camera.asked == looked, "within the second"
    await camera.show(rgb)
    assert (await camera.ask()).captured_us == answers[0].captured_us + 1_000_000
    assert camera.asked > looked
    await camera.show(rgb, is_usable=False)
    assert await camera.why_not() == "picture_unusable", "nor what was made before"


async def test_a_face_that_remains_is_never_shown(camera: Camera) -> None:
    class Stubborn(ModelSet):
        def look(self, pictures: Sequence[Picture]) -> list[PictureLook]:
            return [look_of(FACE) for _ in pictures]

    await camera.why_not()
    for _ in range(3):
        await camera.show(kitchen(300))
    camera.models = Stubborn()
    assert await camera.why_not() == "face_remains"
    camera.models = ModelSet()
    assert await camera.why_not() == "models_unavailable"
