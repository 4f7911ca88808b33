"""Training of the attribute network: heads are divided fairly, put together rightly, and a tiny training makes a pack."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.detector.adapters.head_training.label_list import LabelledHead, divided, read_labels, write_labels
from services.detector.adapters.head_training.mixing import mixed
from services.detector.adapters.head_training.train import chosen_band, main
from services.detector.adapters.model_runner import load_pack
from services.detector.adapters.pack_folders import PackFolders
from services.detector.attribute_report import Judged
from services.detector.loaded_pack import scores_of
from services.detector.wiring import DEFAULT_PACKS


def _heads(count: int) -> list[LabelledHead]:
    return [
        LabelledHead(
            f"h{at:03}",
            at % 2 == 0,
            at % 3 == 0,
            f"set{'AB'[at // 20 % 2]}/{'waiter' if at % 10 == 0 else 'chef'}/{at}",
        )
        for at in range(count)
    ]


def _crops(count: int, side: int = 96) -> np.ndarray:  # type: ignore[type-arg]
    rng = np.random.default_rng(3)
    rough = rng.integers(0, 255, (count, 8, 8, 3), np.uint8)
    return np.stack([cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC) for one in rough])


def test_heads_that_look_alike_are_in_the_same_part_and_unseen_sets_are_for_testing_alone() -> None:
    crops = _crops(200)
    # The same photos again, brighter, under other names.
    crops[100:] = np.clip(crops[:100].astype(np.int16) + 12, 0, 255).astype(np.uint8)
    heads = divided(_heads(200), crops, ["waiter"])
    assert {head.part for head in heads} == {"train", "tune", "test"}
    assert all(first.part == second.part for first, second in zip(heads[:100], heads[100:], strict=True))
    assert all(head.part == "test" for head in heads if "/waiter/" in head.source)


def test_labels_are_read_as_they_were_written(tmp_path: Path) -> None:
    heads = [*_heads(3), LabelledHead('a "b", c', None, True, "s/x", "tune")]
    write_labels(tmp_path / "l.csv", heads)
    assert read_labels(tmp_path / "l.csv") == heads


def test_a_mixed_head_has_the_upper_part_of_one_and_the_lower_of_the_other() -> None:
    upper, lower = np.full((96, 96, 3), 200, np.uint8), np.full((96, 96, 3), 60, np.uint8)
    eyes = np.array([[0.35, 0.45], [0.65, 0.45]], np.float32)
    head = mixed(upper, eyes, lower, eyes, np.random.default_rng(1))
    assert abs(float(head[90].mean()) - 60) < 2
    assert float(head[5].mean()) - 60 > 10


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_thresholds_leave_as_many_errors_as_they_may(share: float) -> None:
    rng = np.random.default_rng(5)
    judged = [Judged(float(score), True) for score in rng.normal(0.7, 0.2, 500)]
    judged += [Judged(float(score), False) for score in rng.normal(0.3, 0.2, 500)]
    band = chosen_band(judged, share, share)
    missed = np.mean([one.score < band.absent_below for one in judged if one.is_present])
    invented = np.mean([one.score > band.present_above for one in judged if not one.is_present])
    assert missed <= share + 0.005
    assert invented <= share + 0.005
    assert band.absent_below <= band.present_above


def test_where_both_kinds_lie_apart_nothing_is_unknown() -> None:
    band = chosen_band([Judged(0.9, True), Judged(0.8, True), Judged(0.1, False), Judged(0.2, False)], 0, 0)
    assert band.absent_below == band.present_above == pytest.approx(0.5)


def test_a_training_of_a_few_steps_goes_on_where_it_stopped_and_makes_a_pack_that_runs(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    heads, crops = _heads(60), _crops(60)
    for at, head in enumerate(heads):
        # White below: a mask; dark above: a cap. The eyes that mixing needs are not there, so none are found.
        crops[at, 60:] = 240 if head.mask else 120
        crops[at, :30] = 20 if head.headwear else 130
        cv2.imwrite(str(images / f"{head.crop}.jpg"), crops[at])
    face = _a_face()
    for name, mask, hat in (("f1", "mask", "hat"), ("f2", "no_mask", "bare"), ("f3", "mask", "bare")):
        cv2.imwrite(str(images / f"{name}.jpg"), face)
        heads.append(LabelledHead(name, mask == "mask", hat == "hat", f"setA/chef/{name}"))
    heads = [
        LabelledHead(
            head.crop,
            head.mask,
            head.headwear,
            head.source,
            "train" if at % 5 or at >= 60 else ("tune", "test")[at // 20 % 2],
        )
        for at, head in enumerate(heads)
    ]
    write_labels(tmp_path / "labels.csv", heads)
    words = ["--images", str(images), "--labels", str(tmp_path / "labels.csv"), "--out", str(tmp_path / "made")]
    assert main([*words, "--steps", "3"]) == 0
    (tmp_path / "made" / "model.onnx").unlink()
    # It finds that training is done, and writes the pack.
    assert main([*words, "--steps", "3"]) == 0
    assert main([*words, "--steps", "4"]) == 1
    (pack,) = PackFolders((tmp_path,)).look().whole
    assert set(pack.manifest.classes) == {"mask", "headwear"}
    scores = scores_of(load_pack(pack.manifest, pack.weights, 1), [cv2.resize(one, (64, 64)) for one in crops[:3]])
    assert all(0 <= score <= 1 for one in scores for score in one.values())


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--images", str(tmp_path), "--labels", str(tmp_path / "none.csv"), "--out", str(tmp_path / "out")]
    assert main(words) == 1
    assert "none.csv" in capsys.readouterr().err


def test_the_pack_that_comes_with_the_product_is_small_and_its_figures_are_those_it_must_reach() -> None:
    folder = DEFAULT_PACKS / "head-attributes"
    assert (folder / "model.onnx").stat().st_size <= 5_000_000
    figures = json.loads((folder / "manifest.json").read_text())["figures"]
    mask, headwear = figures["mask"], figures["headwear"]
    assert mask["all"]["present_found"] >= 0.95
    assert mask["all"]["absent_found"] >= 0.98
    assert mask["by_source"]["idenprof"]["absent_as_present"] <= 0.02
    assert min(headwear["all"]["present_found"], headwear["all"]["absent_found"]) >= 0.90


def _a_face() -> np.ndarray:  # type: ignore[type-arg]
    from skimage import data

    return np.ascontiguousarray(cv2.resize(data.astronaut()[0:220, 130:350, ::-1], (96, 96)))


def test_labels_without_a_kind_are_refused_before_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), _a_face())
    write_labels(tmp_path / "l.csv", [LabelledHead("a", True, None, "s/a", "train")])
    assert main(["--images", str(tmp_path), "--labels", str(tmp_path / "l.csv"), "--out", str(tmp_path / "o")]) == 1
    assert "no head without mask is in the part train" in capsys.readouterr().err
