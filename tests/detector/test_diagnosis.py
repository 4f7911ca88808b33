"""Picture diagnosis on single scenes: faults begin and end, verdicts blind at once, baselines survive a worker."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from services.detector.diagnosis.baseline import Baselines
from services.detector.diagnosis.episodes import Episodes
from services.detector.diagnosis.eye import HOLDS_S, Diagnosis
from services.detector.diagnosis.keeping import Kept, KeptBaselines
from services.detector.diagnosis.measures import measure
from services.detector.diagnosis.told import told_strengths
from services.detector.picture import Picture
from services.detector.planes import MemoryPlanes
from shared.messages.cameras import CameraState
from shared.messages.detector import PictureDegraded, PictureRecovered
from shared.subjects import CameraRef
from tests.detector import degradations as made
from tests.detector.degradations import RGB, Scene

CAMERA = CameraRef("school", "wok")
BEGAN_US = 1_700_010_000_000_000


def as_picture(rgb: RGB, at_s: float) -> Picture:
    import cv2

    yuv = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2YUV_I420)
    height, width = rgb.shape[:2]
    chroma = yuv[height:].reshape(-1)
    quarter = width * height // 4
    cb, cr = (chroma[begin : begin + quarter].reshape(height // 2, width // 2) for begin in (0, quarter))
    return Picture(MemoryPlanes(yuv[:height], cb, cr), BEGAN_US + round(at_s * 1e6), 0)


class Watched:
    """A scene shown to a diagnosis once a second."""

    def __init__(self, scene: Scene, kept: Kept | None = None, state: CameraState | None = None):
        self.scene = scene
        self.kept = kept or Kept()
        self.diagnosis = Diagnosis(CAMERA, KeptBaselines(self.kept), lambda: state)
        self.second = 0
        self.rng = np.random.default_rng(2)

    def show(self, seconds: int, fault: made.Fault | None = None) -> tuple[list[str], list[bool]]:
        """What was said to begin (+) and to end (-), and whether each picture could be judged."""
        said, usable = [], []
        for _ in range(seconds):
            rgb = self.scene.filmed(self.second * made.FPS, self.rng)
            if fault is not None:
                rgb = fault(rgb, self.second * made.FPS, self.rng)
            verdict, facts = self.diagnosis.observe(as_picture(rgb, self.second))
            said += [("+" if isinstance(fact, PictureDegraded) else "-") + fact.fault for fact in facts]
            usable.append(verdict.is_usable)
            self.second += 1
        return said, usable


@pytest.mark.parametrize(
    ("fault", "name", "blinds"),
    [
        (made.black, "black", True),
        (made.blue_screen, "no_signal", True),
        (made.covered(0.7), "covered", True),
        (made.blurred(0.6), "blurred", True),
        (made.moved(6, 3), "moved", False),
        (made.noisy(22), "noise", False),
        (made.striped(12, 24), "stripes", False),
        (made.colour_cast(1.3, 1.0, 0.65), "colour_cast", False),
    ],
)
def test_a_fault_is_said_once_and_taken_back(fault: made.Fault, name: str, blinds: bool) -> None:
    watched = Watched(made.photo_scene("chelsea"))
    assert watched.show(40) == ([], [True] * 40)
    said, usable = watched.show(25, fault)
    assert said == [f"+{name}"]
    assert usable[2:] == [not blinds] * 23
    said, usable = watched.show(25)
    assert said == [f"-{name}"]
    assert usable[-1]


def test_a_picture_that_stands_still_is_frozen_and_an_empty_room_is_not() -> None:
    scene = made.photo_scene("coffee", noise=3)
    still = scene.picture(0)
    watched = Watched(Scene("empty", lambda number: still, 3.0))
    assert watched.show(60)[0] == []
    frozen = made.with_noise(still, 3, np.random.default_rng(1))
    said, usable = watched.show(40, lambda picture, number, rng: frozen)
    assert said == ["+frozen"]
    assert not usable[-1]
    assert watched.show(15)[0] == ["-frozen"]


def test_a_film_that_repeats_is_looped_unless_it_may() -> None:
    scene = made.photo_scene("astronaut", seed=3)
    loop = Scene("loop", lambda number: scene.picture(number % 40), 2.0)
    assert "+looped" in Watched(loop).show(60)[0]
    allowed = Watched(loop)
    allowed.diagnosis = Diagnosis(CAMERA, KeptBaselines(Kept()), lambda: None, may_repeat=True)
    assert allowed.show(60)[0] == []


def test_nothing_coming_is_no_signal() -> None:
    watched = Watched(made.photo_scene("chelsea"))
    watched.show(5)
    facts = [fact for second in range(20) for fact in watched.diagnosis.nothing_came(BEGAN_US + (5 + second) * 10**6)]
    (began,) = facts
    assert isinstance(began, PictureDegraded)
    assert began.fault == "no_signal"
    assert not began.is_usable
    assert 8e6 <= began.at_us - BEGAN_US - 5e6 <= 13e6
    watched.second = 25
    assert watched.show(20)[0] == ["-no_signal"]


def test_another_worker_knows_what_the_camera_usually_shows() -> None:
    first = Watched(made.photo_scene("chelsea"))
    first.show(70)
    assert first.kept.news is not None
    second = Watched(made.photo_scene("chelsea"), Kept(found=first.kept.news))
    second.second = 80
    # From its first picture on: without what was learned this could not be told.
    assert second.show(20, made.moved(6, 3))[0] == ["+moved"]


def test_what_was_learned_before_a_view_was_accepted_counts_no_more() -> None:
    first = Watched(made.photo_scene("chelsea"))
    first.show(70)
    second = Watched(made.photo_scene("chelsea"), Kept(found=first.kept.news))
    accepted = KeptBaselines(second.kept, accepted_us=BEGAN_US + 75 * 10**6)
    second.diagnosis = Diagnosis(CAMERA, accepted, lambda: None)
    second.second = 80
    assert second.show(20, made.moved(6, 3))[0] == []


@pytest.mark.parametrize("data", [b"", b"x", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_what_is_no_baseline_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Baselines.unpack(data)


def test_a_baseline_comes_back_as_it_was() -> None:
    baselines = Baselines()
    scene = made.photo_scene("coffee")
    measures = [measure(as_picture(scene.picture(at * 5), at)) for at in range(30)]
    for one in measures:
        baselines.learn(one)
    again = Baselines.unpack(baselines.pack()).nearest(measures[-1])
    before = baselines.nearest(measures[-1])
    assert again is not None
    assert before is not None
    assert again.count == before.count
    assert np.abs(again.edges - before.edges).max() < 0.01


def test_a_fault_that_flickers_is_not_believed() -> None:
    episodes = Episodes({"noise": 8.0})
    said = [episodes.take({"noise": 0.9 * (at % 3 == 0)}, BEGAN_US + at * 10**6) for at in range(60)]
    assert all(began == [] and ended == [] for began, ended in said)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"frame_rate": 8.0}, "low_frame_rate"),
        ({"bitrate_kbps": 100.0, "width": 1920, "height": 1080}, "low_bitrate"),
        ({"clock_drift_s": -30.0}, "wrong_clock"),
    ],
)
def test_ingests_figures_become_faults(change: dict[str, float], fault: str) -> None:
    def state(**more: float) -> CameraState:
        base = {"site": "s", "camera": "c", "condition": "online", "reason": "", "reason_code": "ok", "since_us": 0}
        usual = {"worker": "w", "frame_rate": 25.0, "bitrate_kbps": 2000.0, "width": 1280, "height": 720}
        return CameraState.model_validate(base | usual | {"clock_drift_s": 0.1} | more)

    assert all(strength < 0.35 for strength in told_strengths(state()).values())
    assert told_strengths(state(**change))[fault] >= 0.5
    assert set(told_strengths(state())) <= set(HOLDS_S)


def test_recovery_names_when_it_began() -> None:
    watched = Watched(made.photo_scene("chelsea"))
    watched.show(30)
    watched.show(15, made.black)
    facts: list[PictureDegraded | PictureRecovered] = []
    observe: Callable[[Picture], object] = lambda picture: facts.extend(watched.diagnosis.observe(picture)[1])  # noqa: E731
    for second in range(45, 70):
        observe(as_picture(watched.scene.filmed(second * 5, watched.rng), second))
    (ended,) = facts
    assert isinstance(ended, PictureRecovered)
    assert abs(ended.since_us - BEGAN_US - 30 * 10**6) < 2 * 10**6
