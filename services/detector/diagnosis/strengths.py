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
    return max(burnt, washed)


def _underexposed(now: Measures, usual: Baseline | None) -> float:
    dark = _ramp(now.mean, 56, 16) * (1.0 if now.high < 130 else 0.0)
    if usual is None:
        return dark
    return min(dark, 1.0) if now.mean < 0.6 * usual.mean else 0.0


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
    covered = _ramp(float((weights * (coarse < 0.3)).sum()), 0.2, 0.7)
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
    return 0.0, _ramp(float(np.median((now.detail / now.coarse)[textured])), 0.16, 0.06)


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
    alike = likeness(now.edges, usual.edges)
    strange = _ramp(alike / max(0.2, usual.alike), 0.85, 0.35)
    if strange < 0.2:
        return strange
    # Parts of the picture that somebody stands in are strange too; a view that moved fits where it went.
    return max(strange if alike < 0.3 * usual.alike else 0.0, strange * _fits_elsewhere(now.edges, usual.edges, alike))


def _fits_elsewhere(edges: Floats, usual: Floats, alike: float) -> float:
    """Whether the edges match what is usual much better after a shift: 0 to 1."""
    window = cv2.createHanningWindow(EDGE_SIZE, cv2.CV_32F)
    (across, down), _ = cv2.phaseCorrelate(usual - usual.mean(), edges - edges.mean(), window)
    if abs(across) < 1.5 and abs(down) < 1.5:
        return 0.0
    back = np.array([[1, 0, across], [0, 1, down]], np.float32)
    moved = cv2.warpAffine(usual, back, EDGE_SIZE, borderMode=cv2.BORDER_REPLICATE)
    return _ramp(likeness(edges, np.asarray(moved, np.float32)) - alike, 0.0, 0.2)


def _colour_cast(now: Measures, usual: Baseline | None) -> float:
    away = float(np.hypot(now.cb - (usual.cb if usual else 0.0), now.cr - (usual.cr if usual else 0.0)))
    if usual is not None:
        return _ramp(away, 6, 18)
    # Colours that lie far from grey, and all on one side.
    return min(_ramp(away, 25, 55), _ramp(away / max(2.0, now.chroma_spread), 2.0, 5.0))
