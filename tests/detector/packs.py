"""Packs small enough to be made in a test."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch


class Redness(torch.nn.Module):
    """Scores a head by its colour: red wears a mask, bright a hat."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        mean = batch.mean(dim=(2, 3))
        mask = torch.sigmoid(20 * (mean[:, 0] - mean[:, 2]))
        return torch.stack([mask, torch.sigmoid(20 * (mean.mean(dim=1) - 0.5))], dim=1)


def attribute_pack(folder: Path, kind: str = "torchscript", **changes: Any) -> Path:
    """A pack of head_attributes in `folder`."""
    folder.mkdir(parents=True)
    weights = folder / "model.bin"
    example = torch.zeros(2, 3, 32, 32)
    if kind == "torchscript":
        torch.jit.trace(Redness(), example).save(str(weights))  # type: ignore[no-untyped-call]
    else:
        weights = folder / "model.pt2"
        batch = torch.export.Dim("batch", min=1, max=64)
        torch.export.save(torch.export.export(Redness(), (example,), dynamic_shapes=({0: batch},)), str(weights))
    manifest: dict[str, Any] = {
        "name": folder.name,
        "version": "1",
        "task": "head_attributes",
        "classes": ["mask", "headwear"],
        "input": {"name": "batch", "width": 32, "height": 32, "scale": 1 / 255},
        "thresholds": {name: {"absent_below": 0.4, "present_above": 0.6} for name in ("mask", "headwear")},
        "licence": "Apache-2.0",
        "source": "made in a test",
        "weights": {"file": weights.name, "format": kind, "sha256": sha256(weights.read_bytes()).hexdigest()},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))
    return folder


class Patch(torch.nn.Module):
    """Finds the one patch that is red; fails where the picture is brighter than `broken_above`."""

    def __init__(self, size: int, broken_above: float = 2.0):
        super().__init__()
        self.size = size
        self.broken_above = broken_above

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        if bool(batch.mean() > self.broken_above):
            raise RuntimeError("too bright for this model")
        is_red = (batch[:, 0] - batch[:, 1]) > 0.15
        rows, columns = is_red.any(2), is_red.any(1)
        places = torch.arange(self.size, device=batch.device, dtype=batch.dtype)
        far = torch.full_like(places, float(self.size))
        near = torch.full_like(places, -1.0)
        top, left = (torch.where(one, places, far).amin(1) for one in (rows, columns))
        bottom, right = (torch.where(one, places, near).amax(1) + 1 for one in (rows, columns))
        score = torch.where(rows.any(1), 0.9, 0.0)
        return torch.stack([left, top, right, bottom, score, torch.zeros_like(score)], 1).unsqueeze(1)


def things_pack(folder: Path, label: str = "phone", *, broken_above: float = 2.0, **changes: Any) -> Path:
    """A detector of one class in `folder`, as anybody may bring one: no code of ours knows the class."""
    folder.mkdir(parents=True)
    weights = folder / "model.pt"
    torch.jit.script(Patch(96, broken_above)).save(str(weights))
    manifest: dict[str, Any] = {
        "name": folder.name,
        "version": "1",
        "task": "things",
        "classes": [label],
        "input": {"name": "batch", "width": 96, "height": 96, "scale": 1 / 255},
        "decoder": "detections",
        "thresholds": {"score": 0.5},
        "licence": "Apache-2.0",
        "source": "made in a test",
        "weights": {"file": weights.name, "format": "torchscript", "sha256": sha256(weights.read_bytes()).hexdigest()},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))
    return folder
