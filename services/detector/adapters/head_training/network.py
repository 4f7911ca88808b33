"""The network itself: plain convolutions with shortcuts, 64x64 in, one score an attribute out.

Plain 3x3 convolutions and not separable ones: with so few channels they are faster on a CPU than what saves operations.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SIDE = 64


def _convolution(into: int, out: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out))


class _Block(nn.Module):
    """Two convolutions; the shortcut averages where the size halves."""

    def __init__(self, into: int, out: int, stride: int):
        super().__init__()
        self.first, self.second = _convolution(into, out, stride), _convolution(out, out, 1)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or into != out:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride) if stride != 1 else nn.Identity(),
                nn.Conv2d(into, out, 1, bias=False),
                nn.BatchNorm2d(out),
            )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


class HeadNetwork(nn.Module):
    """(n, 3, 64, 64) from 0 to 1 -> (n, attributes) logits; 0.6 million weights.

    Each attribute has a gate of its own over the 8x8 places: headwear is looked for above, a mask below.
    """

    def __init__(self, attributes: int):
        super().__init__()
        self.stem = nn.Sequential(_convolution(3, 24, 2), nn.ReLU())
        self.body = nn.Sequential(
            _Block(24, 32, 1),
            _Block(32, 64, 2),
            _Block(64, 112, 2),
            _Block(112, 144, 1),
        )
        self.gate = nn.Conv2d(144, attributes, 1)
        self.place = nn.Parameter(torch.zeros(1, attributes, SIDE // 8, SIDE // 8))
        self.drop = nn.Dropout(0.25)
        self.score = nn.ModuleList(nn.Linear(144, 1) for _ in range(attributes))

    def forward(self, x: Tensor) -> Tensor:
        x = self.body(self.stem((x - 0.5) * 4))
        weights = torch.softmax((self.gate(x) + self.place).flatten(2), dim=2)
        pooled = torch.bmm(weights, x.flatten(2).transpose(1, 2))
        pooled = self.drop(pooled)
        return torch.cat([head(pooled[:, at]) for at, head in enumerate(self.score)], dim=1)


# Pixels left off each side of the second look.
_CLOSER = 3


class Scored(nn.Module):
    """What the pack holds: bytes as they are (0..1 after scaling) in, scores from 0 to 1 out.

    It looks twice: at the crop, and at its mirror image a little closer. Two looks err less than one, and take 2 ms
    instead of 1.
    """

    def __init__(self, network: HeadNetwork):
        super().__init__()
        self.network = network

    def forward(self, crops: Tensor) -> Tensor:
        closer = crops[:, :, _CLOSER:-_CLOSER, _CLOSER:-_CLOSER].flip(3)
        closer = nn.functional.interpolate(closer, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        return torch.sigmoid((self.network(crops) + self.network(closer)) / 2)
