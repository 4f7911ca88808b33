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
