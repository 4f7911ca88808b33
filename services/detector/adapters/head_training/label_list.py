"""The list of labelled heads, and which of them the network may learn from.

Photos of the web come twice and cut differently: heads that look alike go to the same part, or the network would be
tested on what it learned.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

COLUMNS = ("crop", "mask", "headwear", "source", "part")
# Of 64 bits; photos that differ in fewer are the same photo.
_ALIKE_BITS = 5
_TEST_PERCENT = 12
_TUNE_PERCENT = 8


@dataclass(frozen=True, slots=True)
class LabelledHead:
    """One row.

    Attributes:
        mask: is it worn, None = not known; `headwear` likewise (a cap, a hairnet, a helmet).
        source: where the photo is from; what stands before the last "/" is its set.
        part: train, tune (thresholds are chosen with it) or test.
    """

    crop: str
    mask: bool | None
    headwear: bool | None
    source: str
    part: str = ""

    @property
    def photo_set(self) -> str:
        return self.source.rpartition("/")[0] or self.source


def read_labels(path: Path) -> list[LabelledHead]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return [
            LabelledHead(
                row["crop"],
                {"mask": True, "no_mask": False}.get(row.get("mask", "")),
                {"hat": True, "bare": False}.get(row.get("headwear", "")),
                row.get("source") or row["crop"],
                row.get("part") or "",
            )
            for row in csv.DictReader(file)
        ]


def write_labels(path: Path, heads: Sequence[LabelledHead]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for head in heads:
            mask = {True: "mask", False: "no_mask", None: ""}[head.mask]
            headwear = {True: "hat", False: "bare", None: ""}[head.headwear]
            writer.writerow((head.crop, mask, headwear, head.source, head.part))


def read_crops(images: Path, heads: Sequence[LabelledHead], side: int) -> NDArray[np.uint8]:
    """(n, side, side, 3) RGB.

    Raises:
        FileNotFoundError: a crop that is named is not there.
    """
    crops = np.empty((len(heads), side, side, 3), np.uint8)
    for at, head in enumerate(heads):
        path = images / f"{head.crop}.jpg"
        pixels = cv2.imread(str(path))
        if pixels is None:
            raise FileNotFoundError(f"{path} is not there, or is no picture")
        crops[at] = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)[..., ::-1]
    return crops


def divided(heads: Sequence[LabelledHead], crops: NDArray[np.uint8], unseen: Collection[str]) -> list[LabelledHead]:
    """The same heads with their parts: whole sets in `unseen` are for testing alone, of the others some photos are."""
    groups = _alike(crops)
    parts: dict[int, str] = {}
    for head, group in zip(heads, groups, strict=True):
        if head.photo_set.rpartition("/")[2] in unseen:
            parts[group] = "test"
    for head, group in zip(heads, groups, strict=True):
        if group not in parts:
            draw = int.from_bytes(hashlib.sha256(head.source.encode()).digest()[:4]) % 100
            tune = _TEST_PERCENT + _TUNE_PERCENT
            parts[group] = "test" if draw < _TEST_PERCENT else "tune" if draw < tune else "train"
    return [replace(head, part=parts[group]) for head, group in zip(heads, groups, strict=True)]


def _alike(crops: NDArray[np.uint8]) -> list[int]:
    """A number for each head, the same for those of which the difference hash is nearly the same."""
    grey = [cv2.resize(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), (9, 8), interpolation=cv2.INTER_AREA) for crop in crops]
    bits = np.stack([(one[:, 1:] > one[:, :-1]).ravel() for one in grey]).astype(np.float32)
    group = list(range(len(crops)))

    def root(at: int) -> int:
        while group[at] != at:
            group[at] = group[group[at]]
            at = group[at]
        return at

    ones = bits.sum(1)
    for begin in range(0, len(bits), 512):
        some = bits[begin : begin + 512]
        differing = ones[begin : begin + 512, None] + ones[None] - 2 * some @ bits.T
        for row, column in zip(*np.nonzero(differing <= _ALIKE_BITS), strict=True):
            group[root(begin + int(row))] = root(int(column))
    return [root(at) for at in range(len(crops))]
