"""Which heads the network sees together: as many of each kind, from each set of photos, whole and put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.detector.adapters.head_training.disturbing import compressed
from services.detector.adapters.head_training.label_list import LabelledHead
from services.detector.adapters.head_training.mixing import Eyes, mixed

MIXED_SHARE = 0.55
UNKNOWN = -1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Attributes: crops: (n, side, side, 3); labels: (n, 2) mask and headwear: 1, 0 or UNKNOWN."""

    crops: NDArray[np.uint8]
    labels: NDArray[np.float32]


class HeadBatches:
    """Draws batches for ever. The same seed draws the same."""

    def __init__(self, heads: Sequence[LabelledHead], crops: NDArray[np.uint8], eyes: Eyes, seed: int):
        self._crops, self._eyes = crops, eyes
        self._labels = np.array([(_number(head.mask), _number(head.headwear)) for head in heads], np.float32)
        self._rng = np.random.default_rng(seed)
        seen = np.isfinite(eyes[:, 0, 0])
        everything = np.ones(len(heads), bool)
        sets = np.array([head.source.split("/")[0] for head in heads])
        self._whole = [self._kinds(sets, attribute, everything) for attribute in (0, 1)]
        self._with_eyes = [self._kinds(sets, attribute, seen) for attribute in (0, 1)]

    def draw(self, count: int) -> Batch:
        crops = np.empty((count, *self._crops.shape[1:]), np.uint8)
        labels = np.empty((count, 2), np.float32)
        for at in range(count):
            crop, labels[at] = self._one()
            crops[at] = compressed(crop, self._rng)
        return Batch(crops, labels)

    def _one(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        rng = self._rng
        if rng.random() >= MIXED_SHARE:
            at = self._of(self._whole[int(rng.random() < 0.5)])
            return self._crops[at], self._labels[at]
        lower, upper = self._of(self._with_eyes[0]), self._of(self._with_eyes[1])
        crop = mixed(self._crops[upper], self._eyes[upper], self._crops[lower], self._eyes[lower], rng)
        return crop, np.array([self._labels[lower, 0], self._labels[upper, 1]], np.float32)

    def _of(self, kinds: list[list[NDArray[np.intp]]]) -> int:
        """A label first, then a set of photos that has it, then a head: no kind drowns another."""
        label = kinds[int(self._rng.integers(len(kinds)))]
        # A set of ten heads is not drawn as often as one of a thousand.
        sizes = np.sqrt([len(some) for some in label])
        group = label[int(self._rng.choice(len(label), p=sizes / sizes.sum()))]
        return int(group[int(self._rng.integers(len(group)))])

    def _kinds(
        self, sets: NDArray[np.str_], attribute: int, allowed: NDArray[np.bool_]
    ) -> list[list[NDArray[np.intp]]]:
        kinds = []
        for value in (0.0, 1.0):
            there = allowed & (self._labels[:, attribute] == value)
            groups = [np.nonzero(there & (sets == name))[0] for name in np.unique(sets)]
            groups = [group for group in groups if len(group)]
            if not groups:
                raise ValueError(f"no head is labelled {value:.0f} for attribute {attribute}")
            kinds.append(groups)
        return kinds


def _number(label: bool | None) -> float:
    return UNKNOWN if label is None else float(label)
