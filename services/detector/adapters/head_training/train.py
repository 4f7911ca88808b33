"""Trains the network of mask and headwear and writes its pack: `bk models train`.

Under an hour on two cores; on a GPU where there is one. Stopped, it goes on where it was when it is started again.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from services.detector.adapters.head_training.batches import UNKNOWN, HeadBatches
from services.detector.adapters.head_training.disturbing import disturbed
from services.detector.adapters.head_training.label_list import (
    LabelledHead,
    divided,
    read_crops,
    read_labels,
    write_labels,
)
from services.detector.adapters.head_training.mixing import find_eyes
from services.detector.adapters.head_training.network import SIDE, HeadNetwork, Scored
from services.detector.adapters.model_runner import load_pack
from services.detector.adapters.pack_folders import PackFolders
from services.detector.attribute_memory import Band
from services.detector.attribute_report import Judged, report_by_source

ATTRIBUTES = ("mask", "headwear")
WORKING_SIDE = 96
_BATCH = 96
_RATE = 2e-3
_SMOOTHING = 0.03
_AVERAGED = 0.998
_SAVE_EVERY = 200
# Errors of a kind that the thresholds allow among the heads they are chosen with; what lies between is unknown.
_ERRORS_MAX = {"mask": (0.012, 0.006), "headwear": (0.06, 0.06)}
_BATCHES_AHEAD = 3


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bk models train")
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--unseen", nargs="*", default=["waiter", "pilot"], help="sets of photos for testing alone")
    options = parser.parse_args(words)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        heads = read_labels(options.labels)
        crops = read_crops(options.images, heads, WORKING_SIDE)
    except (OSError, KeyError, csv.Error) as error:
        sys.stderr.write(f"bk: --labels or --images cannot be used: {error}\n")
        return 1
    if not all(head.part for head in heads):
        heads = divided(heads, crops, options.unseen)
    if lack := _lack(heads):
        sys.stderr.write(f"bk: {options.labels}: {lack}; label more heads, or leave the column part empty\n")
        return 1
    write_labels(options.out / "labels.csv", heads)
    saved = options.out / "training.pt"
    if saved.exists() and (begun := torch.load(saved, weights_only=True)["steps"]) != options.steps:
        sys.stderr.write(f"bk: {saved} is of a training of {begun} steps: give --steps {begun}, or another --out\n")
        return 1
    network = _trained(heads, crops, options.out, options.steps)
    # As the pack will be asked: heads are cut out and resized once.
    _write_pack(network, heads, read_crops(options.images, heads, SIDE), options.out)
    return 0


def _lack(heads: Sequence[LabelledHead]) -> str:
    """What training or the choice of thresholds cannot do without and is not there; empty where all is."""
    for part in ("train", "tune"):
        for name in ATTRIBUTES:
            for value, kind in ((True, "with"), (False, "without")):
                if not any(head.part == part and getattr(head, name) is value for head in heads):
                    return f"no head {kind} {name} is in the part {part}"
    return ""


def _trained(heads: list[LabelledHead], crops: NDArray[np.uint8], out: Path, steps: int) -> HeadNetwork:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    learned = [at for at, head in enumerate(heads) if head.part == "train"]
    eyes = find_eyes(load_pack(*_faces_pack(), 0), crops[learned])
    batches = HeadBatches([heads[at] for at in learned], crops[learned], eyes, seed=1)
    torch.manual_seed(1)
    network, averaged = (HeadNetwork(len(ATTRIBUTES)).to(device) for _ in range(2))
    averaged.load_state_dict(network.state_dict())
    optimizer = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=0.03)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, steps, pct_start=0.1)
    generator = torch.Generator(device=device).manual_seed(1)
    saved, first = out / "training.pt", 0
    if saved.exists():
        state = torch.load(saved, weights_only=True)
        first = state["step"]
        for name, part in (("network", network), ("averaged", averaged), ("optimizer", optimizer)):
            part.load_state_dict(state[name])
        schedule.load_state_dict(state["schedule"])
    began, losses = time.monotonic(), [0.0, 0.0]
    with ThreadPoolExecutor(1, "batches") as pool:
        ahead = [pool.submit(batches.draw, _BATCH) for _ in range(_BATCHES_AHEAD)]
        for step in range(first, steps):
            batch = ahead.pop(0).result()
            ahead.append(pool.submit(batches.draw, _BATCH))
            x = disturbed(torch.from_numpy(batch.crops).to(device).permute(0, 3, 1, 2), SIDE, generator)
            labels = torch.from_numpy(batch.labels).to(device)
            each = _losses(network(x), labels)
            loss = each.sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimizer.step()
            schedule.step()
            _average(averaged, network, min(_AVERAGED, (step + 1) / (step + 20)))
            losses = [0.98 * old + 0.02 * float(new) for old, new in zip(losses, each.detach(), strict=True)]
            if (step + 1) % _SAVE_EVERY == 0 or step + 1 == steps:
                left_s = (time.monotonic() - began) / (step + 1 - first) * (steps - step - 1)
                shown = ", ".join(f"{name} {value:.3f}" for name, value in zip(ATTRIBUTES, losses, strict=True))
                sys.stderr.write(f"{step + 1}/{steps} on {device}: loss {shown}; {left_s / 60:.0f} min left\n")
                state = {
                    "network": network.state_dict(),
                    "averaged": averaged.state_dict(),
                    "step": step + 1,
                    "steps": steps,
                }
                state |= {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
                torch.save(state, saved)
    return averaged.eval().cpu()


def _losses(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """(attributes,); heads without a label for an attribute say nothing about it."""
    known = (labels != UNKNOWN).float()
    wanted = labels.clamp(0, 1) * (1 - 2 * _SMOOTHING) + _SMOOTHING
    loss = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none") * known
    return loss.sum(0) / known.sum(0).clamp(min=1)


@torch.no_grad()
def _average(averaged: HeadNetwork, network: HeadNetwork, kept: float) -> None:
    for old, new in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - kept)
        else:
            old.copy_(new)


def _write_pack(network: HeadNetwork, heads: list[LabelledHead], crops: NDArray[np.uint8], out: Path) -> None:
    scored = Scored(network).eval()
    scores = _scores(scored, crops)
    bands, figures = {}, {}
    for column, name in enumerate(ATTRIBUTES):
        judged: dict[str, list[Judged]] = {"tune": [], "test": []}
        for head, row in zip(heads, scores, strict=True):
            label = getattr(head, name)
            if label is not None and head.part in judged:
                judged[head.part].append(Judged(float(row[column]), label, head.source.split("/")[0]))
        bands[name] = chosen_band(judged["tune"], *_ERRORS_MAX[name])
        figures[name] = report_by_source(judged["test"], bands[name])
    weights = out / "model.onnx"
    torch.onnx.export(
        scored,
        (torch.zeros(2, 3, SIDE, SIDE),),
        str(weights),
        input_names=["heads"],
        output_names=["scores"],
        dynamic_axes={"heads": {0: "n"}, "scores": {0: "n"}},
        dynamo=False,
    )
    manifest = {
        "name": "head-attributes",
        "version": "1",
        "task": "head_attributes",
        "classes": ATTRIBUTES,
        "input": {"name": "heads", "width": SIDE, "height": SIDE, "colour": "RGB", "scale": 1 / 255},
        "outputs": ["scores"],
        "decoder": "scores",
        "thresholds": {
            name: {"absent_below": band.absent_below, "present_above": band.present_above}
            for name, band in bands.items()
        },
        "licence": "Apache-2.0",
        "source": "trained by this project: services/detector/adapters/head_training; MODEL_CARD.md beside it",
        "weights": {
            "file": weights.name,
            "format": "onnx",
            "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        },
        "figures": figures,
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


def chosen_band(judged: Sequence[Judged], missed_max: float, invented_max: float) -> Band:
    """The thresholds that leave so many errors: heads below the lower are bare, above the upper covered.

    Args:
        missed_max: share of covered heads that may lie below the lower threshold.
        invented_max: share of bare heads that may lie above the upper one.
    """
    covered = np.sort([one.score for one in judged if one.is_present])
    bare = np.sort([one.score for one in judged if not one.is_present])
    lower = float(covered[int(missed_max * len(covered))])
    upper = float(bare[len(bare) - 1 - int(invented_max * len(bare))])
    # Where both kinds lie apart there is nothing between them: one threshold in the middle.
    if lower > upper:
        lower = upper = (lower + upper) / 2
    return Band(round(lower, 3), round(upper, 3))


def _scores(scored: Scored, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    found = []
    with torch.inference_mode():
        for begin in range(0, len(crops), 256):
            some = torch.from_numpy(crops[begin : begin + 256])
            found.append(scored(some.permute(0, 3, 1, 2).float() / 255).numpy())
    return np.concatenate(found).astype(np.float32)


def _faces_pack() -> tuple[Any, Path]:
    found = PackFolders((Path(__file__).resolve().parents[2] / "packs",)).look()
    for pack in found.whole:
        if pack.manifest.task == "heads":
            return pack.manifest, pack.weights
    raise FileNotFoundError("the pack of heads is not there: eyes cannot be found without it")


if __name__ == "__main__":
    sys.exit(main())
