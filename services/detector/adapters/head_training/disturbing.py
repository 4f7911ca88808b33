"""What a kitchen's camera does to a head: small, tilted, cut, dark, tinted, blurred, noisy, compressed, steamed."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

_SMALLEST_PX = 26
_LARGEST_PX = 110


def compressed(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """As a camera of few pixels sends it: made small, JPEG, and its own size again."""
    side = crop.shape[0]
    small = int(np.exp(rng.uniform(np.log(_SMALLEST_PX), np.log(_LARGEST_PX))))
    if small < side:
        how = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
        crop = cv2.resize(crop, (small, small), interpolation=how).astype(np.uint8)
    if rng.random() < 0.6:
        quality = int(rng.uniform(25, 90))
        whole, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if whole:
            crop = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return cv2.resize(crop, (side, side), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def disturbed(crops: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """(n, 3, side, side) from 0 to 1.

    Args:
        crops: (n, 3, h, w), 0..255.
    """
    count = crops.shape[0]

    def normal(*shape: int) -> Tensor:
        return torch.randn(count, *shape, generator=generator, device=crops.device)

    def chance(share: float) -> Tensor:
        return (torch.rand(count, 1, 1, 1, generator=generator, device=crops.device) < share).float()

    flip = 1 - 2 * (torch.rand(count, generator=generator, device=crops.device) < 0.5).float()
    size = torch.exp(0.12 * normal().clamp(-2, 2))
    angle = 0.22 * normal()
    where = torch.zeros(count, 2, 3, device=crops.device)
    where[:, 0, 0], where[:, 0, 1] = size * angle.cos() * flip, -size * angle.sin()
    where[:, 1, 0], where[:, 1, 1] = size * angle.sin() * flip, size * angle.cos()
    where[:, :, 2] = 0.09 * normal(2).clamp(-2, 2)
    grid = F.affine_grid(where, [count, 3, side, side], align_corners=False)
    # Borders drawn out, black and mirrored: a border says nothing about the face.
    drawn = torch.randint(3, (1,), generator=generator, device=generator.device)
    padding = ("border", "zeros", "reflection")[int(drawn)]
    x = F.grid_sample(crops.float() / 255, grid, align_corners=False, padding_mode=padding)
    x = x.clamp(1e-3, 1) ** torch.exp(0.35 * normal(1, 1, 1))
    middle = x.mean((1, 2, 3), keepdim=True)
    x = (x - middle) * torch.exp(0.25 * normal(1, 1, 1)) + middle + 0.08 * normal(1, 1, 1)
    x = x * torch.exp(0.10 * normal(3, 1, 1))
    # Infrared at night has no colour; steam lies over everything.
    grey = chance(0.12)
    x = x * (1 - grey) + x.mean(1, keepdim=True) * grey
    steam = chance(0.08) * torch.rand(count, 1, 1, 1, generator=generator, device=crops.device) * 0.6
    x = x * (1 - steam) + 0.85 * steam
    x = x + chance(0.5) * 0.035 * normal(3, side, side)
    return x.clamp(0, 1)
