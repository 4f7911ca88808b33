"""How strong each fault is in one picture, 0 to 1; from 0.5 on it counts. Pure.

What a camera usually shows is known from its baseline; without one only what no kitchen ever shows is called a fault.
A fault explains others: a black picture is not also covered and blurred.
"""

from __future__ import annotations

import cv2
import numpy as np

from services.detector.diagnosis.baseline import Baseline, likeness
from services.detector.diagnosis.measures import EDGE_SIZE, Floats, Measures

# A part of the picture has detail enough to be missed.
_DETAILED = 3.0
_DETAILED_PARTS = 12
# Parts of the picture of edges, and how far from their place they are looked for.
_TILE = (16, 12)
_SEARCH = 6


def strengths(measures: Measures, usual: Baseline | None) -> dict[str, float]:
    """Of what one picture shows by itself or against what is usual."""
    black, no_signal = _black(measures), _no_signal(measures)
    found = {"black": black, "no_signal": no_signal}
    found["overexposed"], found["underexposed"] = _overexposed(measures, usual), _underexposed(measures, usual)
    nothing_seen = max(black, no_signal)
    found["underexposed"] *= nothing_seen < 0.5
    dazzled = max(nothing_seen, found["overexposed"], found["underexposed"])
    covered, blurred = _lost_detail(measures, usual)
    found["covered"] = covered if dazzled < 0.5 else 0.0
    found["blurred"] = blurred if max(dazzled, found["covered"]) < 0.5 else 0.0
    found["noise"] = _noise(measures, usual) if nothing_seen < 0.5 else 0.0
    is_other = max(dazzled, found["covered"], found["blurred"], found["noise"]) >= 0.5
    found["moved"] = 0.0 if is_other else _moved(measures, usual)
    found["colour_cast"] = 0.0 if max(dazzled, found["covered"]) >= 0.5 else _colour_cast(measures, usual)
    found["blocky"] = _ramp(measures.blocking, 1.3, 2.3) if dazzled < 0.5 else 0.0
    return found


def _ramp(value: float, zero: float, one: float) -> float:
    """0 at `zero`, 1 at `one`, straight between."""
    return float(min(1.0, max(0.0, (value - zero) / (one - zero))))


def _black(now: Measures) -> float:
    return _ramp(now.high, 48, 16) * (1.0 if now.mean < 24 else 0.0)


def _no_signal(now: Measures) -> float:
    """One colour all over, as recorders paint where a camera is missing."""
    flat = _ramp(now.spread, 8, 2) * _ramp(now.chroma_spread, 6, 2)
    colour = abs(now.cb) + abs(now.cr)
    return flat if colour > 30 else 0.0


def _overexposed(now: Measures, usual: Baseline | None) -> float:
    white = now.white_share - (0.0 if usual is None else min(0.3, usual.white_share))
    burnt = _ramp(white, 0.1, 0.5)
    # Everything grey as fog: nothing dark is left.
    washed = _ramp(now.low, 130, 210) * _ramp(now.spread, 60, 30)
    brighter = 0.0 if usual is None else _ramp(now.mean - usual.mean, 40, 110) * (1.0 if now.mean > 150 else 0.0)
    return max(burnt, washed, brighter)


def _underexposed(now: Measures, usual: Baseline | None) -> float:
    dark = _ramp(now.mean, 56, 16) * (1.0 if now.high < 130 else 0.0)
    if usual is None:
        return dark
    return dark if now.mean < 0.6 * usual.mean else 0.0


def _lost_detail(now: Measures, usual: Baseline | None) -> tuple[float, float]:
    """Covered: nothing is left of most detail. Blurred: the fine part of it is gone, the coarse part is there."""
    if usual is None:
        return _lost_without_baseline(now)
    detailed = usual.detail > _DETAILED
    if detailed.sum() < _DETAILED_PARTS:
        detailed = usual.detail >= np.sort(usual.detail.ravel())[-_DETAILED_PARTS]
    fine, coarse = _left(now.detail, usual.detail)[detailed], _left(now.coarse, usual.coarse)[detailed]
    weights = np.sqrt(usual.detail[detailed])
    weights = weights / weights.sum()
    covered = _ramp(float((weights * (coarse < 0.2)).sum()), 0.2, 0.7)
    blurred = _ramp(float((weights * (fine < 0.6)).sum()), 0.4, 1.0)
    # Of a picture that is blurred all parts are; what is left says how strongly.
    depth = _ramp(_weighted_median(fine, weights), 0.75, 0.25)
    return covered, min(blurred, depth)


def _lost_without_baseline(now: Measures) -> tuple[float, float]:
    strongest = float(np.percentile(now.detail, 90))
    if strongest < 1.2:
        # Nowhere anything to see, and not dark: something lies before the lens.
        return _ramp(strongest, 1.2, 0.4), 0.0
    textured = now.coarse > max(8.0, float(np.percentile(now.coarse, 50)))
    if textured.sum() < _DETAILED_PARTS:
        return 0.0, 0.0
    return 0.0, _ramp(float(np.median(now.detail[textured] / now.coarse[textured])), 0.16, 0.06)


def _left(now: Floats, usual: Floats) -> Floats:
    return np.asarray(np.maximum(now, 0) / np.maximum(usual, 0.5), np.float32)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    at = int(np.searchsorted(np.cumsum(weights[order]), 0.5))
    return float(values[order][min(at, len(values) - 1)])


def _noise(now: Measures, usual: Baseline | None) -> float:
    if usual is None:
        return _ramp(now.noise, 6, 14)
    return min(_ramp(now.noise - usual.noise, 1.5, 6.5), _ramp(now.noise / max(0.5, usual.noise), 1.2, 2.4))


def _moved(now: Measures, usual: Baseline | None) -> float:
    if usual is None:
        return 0.0
    alike = likeness(now.edges, usual.edges) / max(0.2, usual.alike)
    if alike > 0.9:
        return 0.0
    # Where somebody stands nothing fits; where the camera was turned most parts fit, elsewhere.
    return max(_ramp(alike, 0.6, 0.2), _ramp(_share_elsewhere(now.edges, usual.edges), 0.1, 0.3))


def _share_elsewhere(edges: Floats, usual: Floats) -> float:
    """Share of the parts of a picture of edges that are found beside where they were, by how much they hold."""
    weights, moved = 0.0, 0.0
    padded = cv2.copyMakeBorder(edges, _SEARCH, _SEARCH, _SEARCH, _SEARCH, cv2.BORDER_REFLECT_101)
    for top in range(0, EDGE_SIZE[1], _TILE[1]):
        for left in range(0, EDGE_SIZE[0], _TILE[0]):
            tile = usual[top : top + _TILE[1], left : left + _TILE[0]]
            weight = float(tile.std())
            weights += weight
            if weight < 0.05:
                continue
            near = padded[top : top + _TILE[1] + 2 * _SEARCH, left : left + _TILE[0] + 2 * _SEARCH]
            fits = cv2.matchTemplate(near, tile, cv2.TM_CCOEFF_NORMED)
            here, best = float(fits[_SEARCH - 1 : _SEARCH + 2, _SEARCH - 1 : _SEARCH + 2].max()), float(fits.max())
            if best > 0.5 and best - here > 0.15:
                moved += weight
    return moved / weights if weights > 0 else 0.0


def _colour_cast(now: Measures, usual: Baseline | None) -> float:
    away = float(np.hypot(now.cb - (usual.cb if usual else 0.0), now.cr - (usual.cr if usual else 0.0)))
    if usual is not None:
        return _ramp(away, 6, 18)
    # Colours that lie far from grey, and all on one side.
    return min(_ramp(away, 25, 55), _ramp(away / max(2.0, now.chroma_spread), 2.0, 5.0))
