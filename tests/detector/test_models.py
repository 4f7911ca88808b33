"""Packs of every format are loaded, tried and refused; the commands print what they are asked for."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from shutil import which

import av
import numpy as np
import pytest
from PIL import Image
from skimage import data as portraits

from services.detector.adapters.model_runner import PackBroken, load_pack
from services.detector.adapters.pack_folders import Found, PackFolders
from services.detector.adapters.torchvision_import import import_torchvision
from services.detector.loaded_pack import scores_of
from services.detector.wiring import DEFAULT_PACKS
from tests.detector.degradations import FPS
from tests.detector.filmed import filmed, numbered
from tests.detector.night_scenes import nights, rodent
from tests.detector.packs import attribute_pack

RED, GREY = (220, 20, 20), (128, 128, 128)


def crop(colour: tuple[int, int, int]) -> np.ndarray:  # type: ignore[type-arg]
    return np.full((32, 32, 3), colour, np.uint8)


def found(root: Path) -> Found:
    return PackFolders((root,)).look()


@pytest.mark.parametrize("kind", ["torchscript", "torch_export"])
def test_a_pack_of_torch_is_loaded_and_asked(tmp_path: Path, kind: str) -> None:
    attribute_pack(tmp_path / "redness", kind)
    (pack,) = found(tmp_path).whole
    loaded = load_pack(pack.manifest, pack.weights, 1)
    red, grey = scores_of(loaded, [crop(RED), crop(GREY)])
    assert red["mask"] > 0.9
    assert grey["mask"] == pytest.approx(0.5, abs=0.05)


def test_the_default_packs_are_whole_and_have_a_licence() -> None:
    there = found(DEFAULT_PACKS)
    assert not there.broken
    assert {pack.manifest.capability for pack in there.whole} >= {"people", "heads"}
    for pack in there.whole:
        assert pack.manifest.licence
        assert pack.manifest.source
        load_pack(pack.manifest, pack.weights, 1)


def test_a_changed_weights_file_is_told(tmp_path: Path) -> None:
    folder = attribute_pack(tmp_path / "redness")
    folders = PackFolders((tmp_path,))
    assert len(folders.look().whole) == 1
    (folder / "model.bin").write_bytes((folder / "model.bin").read_bytes() + b"x")
    there = folders.look()
    assert not there.whole
    assert "not what the manifest names" in there.broken["head_attributes"]["redness@1"]


def test_a_pack_that_answers_wrongly_is_refused(tmp_path: Path) -> None:
    attribute_pack(tmp_path / "redness", classes=["mask", "headwear", "beard"])
    (pack,) = found(tmp_path).whole
    with pytest.raises(PackBroken, match="expected"):
        load_pack(pack.manifest, pack.weights, 1)


def test_a_manifest_that_is_wrong_says_where(tmp_path: Path) -> None:
    attribute_pack(tmp_path / "redness", weights={"file": "../x", "format": "onnx", "sha256": "ab" * 32})
    assert "weights.file" in found(tmp_path).broken[""]["redness"]


@pytest.mark.skipif(which("gcc") is None or which("nm") is None, reason="no compiler: torchvision packs are refused")
def test_torchvision_can_be_imported_beside_a_cpu_torch() -> None:
    torchvision = import_torchvision()
    import torch

    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])
    assert torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.5).tolist() == [0, 2]


def bk(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.cli.main", "models", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_run_prints_the_people_of_a_picture(tmp_path: Path) -> None:
    Image.fromarray(portraits.astronaut()).save(tmp_path / "portrait.png")
    done = bk("run", "--image", str(tmp_path / "portrait.png"), "--json")
    seen = json.loads(done.stdout)
    assert (seen["width"], seen["height"]) == (512, 512)
    assert len([person for person in seen["people"] if "head" in person]) == 1
    assert bk("run", "--image", str(tmp_path / "portrait.png")).stdout.count("1 heads") == 1


def test_run_prints_a_line_for_each_picture_of_a_film(tmp_path: Path) -> None:
    film = filmed(numbered(50), gop=25)
    (tmp_path / "film.mp4").write_bytes(
        b"".join(fragment.payload for fragment in film[:1] + [f for f in film[1:] if not f.header.is_idr])
    )
    done = bk("run", "--video", str(tmp_path / "film.mp4"), "--json")
    assert done.returncode == 0, done.stderr
    assert [round(json.loads(line)["at_us"] / 1e6) for line in done.stdout.splitlines()][:2] == [0, 1]


def test_run_shows_what_the_night_watch_sees_and_asks_no_model_what_cannot_be_judged(tmp_path: Path) -> None:
    night, rng, act = nights()[0], np.random.default_rng(1), rodent(20, seed=5)
    pictures = [night.filmed(act, number, rng) for number in range(18 * FPS)]
    with av.open(str(tmp_path / "night.mp4"), "w") as file:
        stream = file.add_stream("libx264", FPS, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for picture in [*pictures, *[np.zeros((360, 640, 3), np.uint8)] * FPS]:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        file.mux(stream.encode(None))
    done = bk("run", "--video", str(tmp_path / "night.mp4"), "--night", "--json")
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    suspected = [mover for one in seen for mover in one["movers"] if mover["is_suspected"]]
    assert suspected
    assert suspected[-1]["clip"]["crop"]["width"] > 0
    assert not seen[-1]["picture"]["is_usable"]
    assert seen[-1]["models"] == {}


def test_evaluate_prints_figures_by_source(tmp_path: Path) -> None:
    folder = attribute_pack(tmp_path / "packs" / "redness")
    rows = [
        ("a_red", RED, "mask"),
        ("a_grey", (20, 20, 200), "no_mask"),
        ("b_red", RED, "no_mask"),
        ("b_even", GREY, "mask"),
    ]
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["crop", "mask", "headwear"])
        writer.writerows((name, label, "") for name, _, label in rows)
        writer.writerow(["not_there", "mask", ""])
    for name, colour, _ in rows:
        Image.fromarray(crop(colour)).save(tmp_path / f"{name}.png")
    words = ["evaluate", "--pack", str(folder), "--labels", str(tmp_path / "labels.csv"), "--images", str(tmp_path)]
    figures = json.loads(bk(*words, "--json").stdout)
    assert (figures["heads"], figures["missing_files"]) == (4, 1)
    mask = figures["attributes"]["mask"]
    assert mask["all"]["present_found"] == 0.5
    assert mask["all"]["present_unknown"] == 0.5
    assert mask["by_source"]["b"]["absent_as_present"] == 1.0
    assert "redness@1" in bk(*words).stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "--image", "/no/such.png"], "cannot be read"),
        (["run", "--video", "/no/such.mp4"], "cannot be read"),
        (["evaluate", "--pack", "/no/pack", "--labels", "/no/labels", "--images", "/no"], "no whole pack"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(words: list[str], says: str) -> None:
    done = bk(*words)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
