"""Pictures that were there before: a picture that stands still, and a film that runs again and again. Pure.

Frozen. A live sensor is never still: its noise changes every pixel from picture to picture. Where the noise seen in
the picture is more than the codec swallows, a picture that differs from the last by much less than that noise is not
live. Where there is none to be seen, sameness has to tell: a codec leaves what does not change as it is until its next
IDR, so a live picture changes there and never comes back to what it was; a dead one comes back to one of its last IDRs.
That is believed after half a minute and three GOPs. A clock drawn into a dead picture does not save it: most parts have
to change.

Looped, or replayed. What is filmed comes back at the same distance in time, picture after picture, much more alike than
pictures that follow each other. Where nothing moves, and where more than ten minutes lie between, only an exact
repetition tells: of a day, and also after the camera was away, as it is while somebody puts a recorder in its place.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from services.detector.diagnosis.measures import COLUMNS, ROWS, Measures

# Levels: what is left by a codec that is given the same picture again.
_STILL = 0.12
_NOISE_SHARE = 0.3
_STILL_PARTS = 0.9
# How long before it is said: where noise tells, and where only sameness does.
FROZEN_BY_NOISE_S = 10.0
FROZEN_BY_SAMENESS_S = 30.0
_NOISY = 1.5
_GOPS = 3.0

_REMEMBERED = 600
_EVERY_US = 900_000
_HOLES_US = 3_000_000
_SHORTEST = 4
_AGAIN = 12
# Parts of 144 that changed within those pictures: a lamp that blinks and a fan that turns come back as well.
_PARTS_MOVED = 8
_QUIET_MAX = 30
# Change of the part of the fingerprint that changed most, below which nothing moves; levels.
_MOVES = 0.6
_ALIKE = 0.3
# At one a second: what was filmed at this hour yesterday, shown again.
_DIGESTS = 26 * 3600


class Stillness:
    """How long the picture has been the same."""

    def __init__(self) -> None:
        self._last: Measures | None = None
        # Pictures that differed from the one before: the last IDRs, where a codec refreshes.
        self._turns: deque[Measures] = deque(maxlen=3)
        self._by_noise_s = 0.0
        self._by_sameness_s = 0.0

    def strength(self, measures: Measures, gop_s: float = 1.0) -> float:
        """0.5 and more: frozen. gop_s: longest time between two IDRs."""
        last, self._last = self._last, measures
        if last is None or last.sample.shape != measures.sample.shape:
            self._by_noise_s = self._by_sameness_s = 0.0
            self._turns.clear()
            return 0.0
        passed_s = min(2.0, max(0.0, (measures.at_us - last.at_us) / 1e6))
        change = self._parts_changed(last, measures)
        noise = min(last.noise, measures.noise)
        is_same = _share_below(change, _STILL) >= _STILL_PARTS
        if not is_same:
            is_same = any(
                _share_below(self._parts_changed(turn, measures), _STILL) >= _STILL_PARTS for turn in self._turns
            )
            self._turns.append(measures)
        is_too_quiet = noise >= _NOISY and _share_below(change, max(_STILL, _NOISE_SHARE * noise)) >= _STILL_PARTS
        self._by_sameness_s = self._by_sameness_s + passed_s if is_same else 0.0
        self._by_noise_s = self._by_noise_s + passed_s if is_too_quiet else 0.0
        by_sameness_s = max(FROZEN_BY_SAMENESS_S, _GOPS * gop_s)
        held = max(self._by_noise_s / FROZEN_BY_NOISE_S, self._by_sameness_s / by_sameness_s)
        return min(1.0, held / 2)

    @staticmethod
    def _parts_changed(last: Measures, now: Measures) -> np.ndarray:
        if last.sample.shape != now.sample.shape:
            return np.full((ROWS, COLUMNS), np.inf, np.float32)
        if last.digest == now.digest:
            return np.zeros((ROWS, COLUMNS), np.float32)
        change = cv2.absdiff(last.sample, now.sample).astype(np.float32)
        return np.asarray(cv2.resize(change, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA))


def _share_below(values: np.ndarray, bound: float) -> float:
    return float((values < bound).mean())


class Loops:
    """Looks for a distance in time at which the pictures of the last seconds were there already."""

    def __init__(self) -> None:
        # All of it from the start, and touched: what a camera takes does not grow.
        self._prints = np.full((_REMEMBERED, 144), 0, np.float32)
        self._count = 0
        self._taken_us = 0
        # For each distance: pictures in a row that were alike at it.
        self._runs = np.zeros(_REMEMBERED, np.int32)
        self._moved: deque[np.ndarray] = deque(maxlen=_AGAIN)
        self._quiet = 0
        self._digests = np.full(_DIGESTS, 0, np.uint32)
        self._told = 0
        self._same_lag = (0, 0)
        self._strength = 0.0

    def strength(self, measures: Measures) -> float:
        """0.5 and more: looped. Call it with every picture; it looks about once a second."""
        passed_us = measures.at_us - self._taken_us
        if 0 <= passed_us < _EVERY_US:
            return self._strength
        if not 0 <= passed_us < _HOLES_US:
            self._forget()
        self._taken_us = measures.at_us
        again = max(self._alike(measures.fingerprint), self._exactly(measures.digest))
        self._strength = min(1.0, again / (2 * _AGAIN))
        return self._strength

    def _alike(self, fingerprint: np.ndarray) -> int:
        known = min(self._count, _REMEMBERED)
        differences = np.full(_REMEMBERED, np.inf, np.float32)
        if known:
            rows = (self._count - 1 - np.arange(known)) % _REMEMBERED
            # By distance: [0] is the picture before this one. Brightness as a whole may differ.
            apart = self._prints[rows] - fingerprint
            differences[:known] = np.abs(apart - apart.mean(axis=1, keepdims=True)).max(axis=1)
        step = float(differences[0]) if known else 0.0
        changed = np.abs(self._prints[(self._count - 1) % _REMEMBERED] - fingerprint) > _MOVES
        self._prints[self._count % _REMEMBERED] = fingerprint
        self._count += 1
        if not known or step < _MOVES:
            # Nothing moved: this picture says nothing for or against, for a while.
            self._quiet += 1
            if self._quiet > _QUIET_MAX:
                self._runs[:] = 0
            return int(self._runs.max()) if self._runs.max() >= _AGAIN else 0
        self._quiet = 0
        self._moved.append(changed)
        is_alike = differences < max(_MOVES, _ALIKE * step)
        is_alike[: _SHORTEST - 1] = False
        self._runs = np.where(is_alike, self._runs + 1, 0)
        if np.logical_or.reduce(tuple(self._moved)).sum() < _PARTS_MOVED:
            return 0
        return int(self._runs.max())

    def _exactly(self, digest: int) -> int:
        place = self._told % _DIGESTS
        is_new = self._told == 0 or int(self._digests[(self._told - 1) % _DIGESTS]) != digest
        known = np.nonzero(self._digests[: min(self._told, _DIGESTS)] == digest)[0]
        # How many pictures ago; the nearest.
        before = int(((place - known - 1) % _DIGESTS + 1).min()) if len(known) else 0
        self._digests[place] = digest
        self._told += 1
        if not before or not is_new:
            self._same_lag = (0, 0)
            return 0
        lag, again = self._same_lag
        self._same_lag = (before, again + 1 if before == lag else 1)
        return self._same_lag[1]

    def _forget(self) -> None:
        self._count = self._quiet = 0
        self._runs[:] = 0
        self._moved.clear()
        self._same_lag = (0, 0)
        self._strength = 0.0
