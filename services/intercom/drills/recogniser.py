"""Finds a coded tone in a recording, however faint, reverberant or hissing it is; and says how sure it is. Pure.

Theory of operation. The recording is brought down to the band around the carrier, and its spectrum is made even, in
pieces of 128 ms: a whistle, a hum or a chord then weighs no more than any other noise. At every moment each syllable
is compared with what was recorded: the share of the energy that it explains (the squared correlation coefficient) does
not depend on loudness. In noise the share is nearly exponential, so its *evidence* -n ln(1 - share), n the degrees of
freedom of a syllable, is 1 on average whatever the noise; a bound on each syllable's evidence keeps one lucky
coincidence from counting for eight. The evidences of the eight syllables at their places, each a little early or late,
are added up; the tone is where the sum is highest, if it is above what noise reaches (shared/design/drills.md has the
measurements).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.intercom.drills.tone import (
    BASE_RATE,
    RATE,
    STEP_S,
    SYLLABLE_CHIPS,
    SYLLABLE_S,
    SYLLABLES,
    Base,
    Sound,
    base_of,
    syllables,
)

_LENGTH = round(SYLLABLE_S * BASE_RATE)
_PLACES = tuple(round(number * STEP_S * BASE_RATE) for number in range(SYLLABLES))
# A camera's two clocks may stray by this much from a syllable's place: 1,250 parts in a million over the tone.
_STRAY = round(0.0025 * BASE_RATE)
_BOUND = 12.0
# Evidence above which a tone is said to be there, and how many of its syllables must be heard by themselves.
THRESHOLD = 56.0
HEARD_MIN = 4
_SYLLABLE_EVIDENCE = 6.0
_PIECE = 256
_EVEN_BINS = 9


@dataclass(frozen=True, slots=True)
class Found:
    """A tone in a recording.

    Attributes:
        at_s: where it begins, seconds from the beginning of the recording.
        evidence: how sure, 96 at most; noise stays below THRESHOLD.
        heard: of its syllables, by themselves.
        snr_db: the tone's power beside everything else in its band, echoes of itself included.
        level_dbfs: of the tone in the recording.
    """

    at_s: float
    evidence: float
    heard: int
    snr_db: float
    level_dbfs: float


class Listener:
    """One recording, to be searched for any number of codes."""

    def __init__(self, sound: Sound):
        self._plain = base_of(sound)
        self._even = _evened(self._plain)
        self._count = len(self._even) - _LENGTH + 1
        self._size = 1 << (len(self._even) + _LENGTH).bit_length()
        self._spectrum = np.fft.fft(self._even, self._size)
        self._energy = _energies(self._even)
        self.level_dbfs = level_dbfs(sound)

    def find(self, code: str) -> Found | None:
        """The tone of this code; None where it is not there."""
        best = self.best(code)
        is_there = best.evidence >= THRESHOLD and best.heard >= HEARD_MIN
        return best if is_there else None

    def best(self, code: str) -> Found:
        """Where it would most likely be, there or not."""
        moments = self._count - _PLACES[-1]
        if moments <= 0:
            return Found(0.0, 0.0, 0, -99.0, -99.0)
        wanted = syllables(code)
        evidence = self._evidence(wanted)
        near = _highest_nearby(np.minimum(evidence, _BOUND), _STRAY)
        summed = np.zeros(moments, np.float32)
        for number, place in enumerate(_PLACES):
            summed += near[number, place : place + moments]
        top = _middle_of_the_highest(summed)
        # Each syllable is dated by itself; half of them decide.
        begins = []
        for number, place in enumerate(_PLACES):
            first = max(0, top + place - _STRAY)
            around = evidence[number, first : top + place + _STRAY + 1]
            begins.append(first + int(np.argmax(around)))
        evidences = [float(evidence[number, begin]) for number, begin in enumerate(begins)]
        heard = [number for number in range(SYLLABLES) if evidences[number] >= _SYLLABLE_EVIDENCE]
        at = float(np.median([begins[number] - _PLACES[number] for number in heard or range(SYLLABLES)]))
        snr_db, level = self._measured(wanted, begins)
        return Found(at / BASE_RATE, round(float(summed[top]), 1), len(heard), snr_db, level)

    def _evidence(self, wanted: Base) -> NDArray[np.float32]:
        """(SYLLABLES, moments) How much each syllable is there from each moment on."""
        spectra = np.conj(np.fft.fft(wanted, self._size, axis=1))
        matched = np.fft.ifft(self._spectrum * spectra, axis=1)[:, : self._count]
        shares = np.minimum((matched.real**2 + matched.imag**2) / self._energy, 0.999)
        return np.asarray(-SYLLABLE_CHIPS * np.log1p(-shares), np.float32)

    def _measured(self, wanted: Base, begins: list[int]) -> tuple[float, float]:
        """SNR and level, of the recording as it was, not as it was made even."""
        tone_power = power = 0.0
        for number, begin in enumerate(begins):
            piece = self._plain[begin : begin + _LENGTH]
            tone_power += float(np.abs(np.vdot(wanted[number], piece)) ** 2)
            power += float(np.sum(np.abs(piece) ** 2))
        snr_db = _db(tone_power / max(power - tone_power, 1e-20))
        # The band is kept on one side of the spectrum: half of a real sound's amplitude.
        return round(snr_db, 1), round(_db(2 * tone_power / (SYLLABLES * _LENGTH) + 1e-12), 1)


def level_dbfs(sound: Sound) -> float:
    """Root mean square of the loudest tenth of a second, of a recording that may begin in silence; -99 for none."""
    step = RATE // 10
    if len(sound) < step:
        return -99.0
    pieces = sound[: len(sound) // step * step].reshape(-1, step).astype(np.float64)
    return round(_db(float((pieces**2).mean(axis=1).max()) + 1e-10), 1)


def _evened(base: Base) -> Base:
    """Every frequency as strong as its neighbours, in pieces that overlap by half."""
    hop = _PIECE // 2
    if len(base) < _PIECE:
        return base
    window = np.sqrt(np.hanning(_PIECE + 1)[:-1])
    padded = np.concatenate([np.zeros(hop, np.complex64), base, np.zeros(_PIECE, np.complex64)])
    starts = np.arange(0, len(padded) - _PIECE + 1, hop)
    spectra = np.fft.fft(padded[starts[:, None] + np.arange(_PIECE)] * window, axis=1)
    power = np.abs(spectra) ** 2
    reach = _EVEN_BINS // 2
    around = sum(np.roll(power, shift, axis=1) for shift in range(-reach, reach + 1)) / _EVEN_BINS
    # What is silent stays silent: below the floor nothing is lifted.
    floor = 1e-3 * float(np.mean(power)) + 1e-12
    pieces = np.fft.ifft(spectra / np.sqrt(around + floor), axis=1) * window
    out = np.zeros(len(padded), np.complex128)
    for start, piece in zip(starts, pieces, strict=True):
        out[start : start + _PIECE] += piece
    return np.asarray(out[hop : hop + len(base)], np.complex64)


def _energies(base: Base) -> NDArray[np.float32]:
    """Of each moment the energy of the syllable's length that follows; what is silent counts as almost nothing."""
    summed = np.concatenate([[0.0], np.cumsum(np.abs(base.astype(np.complex128)) ** 2)])
    energy = summed[_LENGTH:] - summed[:-_LENGTH]
    return np.asarray(np.maximum(energy, 1e-6 * max(float(energy.max(initial=0.0)), 1e-12)), np.float32)


def _highest_nearby(rows: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """Of each moment the highest within `reach` before and after it."""
    padded = np.pad(rows, ((0, 0), (reach, reach)), constant_values=0.0)
    highest = rows.copy()
    for shift in range(2 * reach + 1):
        np.maximum(highest, padded[:, shift : shift + rows.shape[1]], out=highest)
    return highest


def _middle_of_the_highest(summed: NDArray[np.float32]) -> int:
    """What is near counts as there, and evidence is bounded: the top is flat."""
    first = int(np.argmax(summed))
    flat = summed[first : first + 4 * _STRAY] >= summed[first] - 1e-3
    return first + (int(np.argmin(flat)) if not flat.all() else len(flat)) // 2


def _db(ratio: float) -> float:
    return float(10 * np.log10(max(ratio, 1e-12)))
