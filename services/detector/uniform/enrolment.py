"""What one kitchen's uniform looks like, from 5 to 20 photos, and whether a torso is like it. Pure.

How alike photos of the same uniform are to each other says how alike a new one has to be. That is advisory: a colleague
in a white shirt is like a white uniform. It is called so until a supervisor trusts it for the kitchen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.detector.uniform.torso import Description

PHOTOS_MIN, PHOTOS_MAX = 5, 20
# = photos less alike than this do not show the same clothes
SAME_MIN = 0.6
_NEAREST = 2
# Likeness: how much less than among the photos is still the uniform, and from where on it is none.
_SLACK, _APART = 0.03, 0.10
_SLOPE = 20.0


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Attributes: photos: (n, describes); usual: likeness that nearly all photos have to the others."""

    photos: Description
    usual: float
    is_trusted: bool = False

    @classmethod
    def of(cls, photos: Sequence[Description], *, is_trusted: bool = False) -> Enrolment:
        """Raises ValueError, which says what to change: too few, too many, or photos of different clothes."""
        if not PHOTOS_MIN <= len(photos) <= PHOTOS_MAX:
            raise ValueError(f"{len(photos)} photos: give {PHOTOS_MIN} to {PHOTOS_MAX} of people in this uniform")
        stacked = np.stack(photos)
        likeness = stacked @ stacked.T
        np.fill_diagonal(likeness, -1.0)
        nearest = np.sort(likeness, axis=1)[:, -_NEAREST:].mean(axis=1)
        if float(np.median(nearest)) < SAME_MIN:
            raise ValueError("these photos do not show the same uniform: remove those that differ, or add more")
        return cls(stacked, float(np.percentile(nearest, 10)), is_trusted)

    def score(self, torso: Description) -> float:
        """0 to 1: how sure it is that it is the uniform; 0.5 is undecided."""
        middle = self.usual - _SLACK - _APART / 2
        return float(1 / (1 + np.exp(-_SLOPE * (alike(self.photos, torso) - middle))))

    @property
    def band(self) -> tuple[float, float]:
        """(absent below, present from): scores of likeness an apart below, and at the usual."""
        edge = float(1 / (1 + np.exp(-_SLOPE * _APART / 2)))
        return 1 - edge, edge


def alike(photos: Description, torso: Description) -> float:
    """How like its nearest photos a torso is, 0 to 1. Args: photos: (n, DESCRIBES)."""
    return float(np.sort(photos @ torso)[-_NEAREST:].mean())
