"""How long recordings are kept: rules without I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.recorder.segment import StreamRef

DAY_US = 24 * 3600 * 1_000_000
DEFAULT_DAYS = 30
# SAMR's guidance of 2018: nothing makes a recording shorter than this, a full disk neither.
LEAST_DAYS = 7

Cause = Literal["expired", "budget"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A segment that may be deleted, as far as holds are concerned; times in UTC microseconds."""

    of: StreamRef
    number: int
    starts_us: int
    ends_us: int
    size_bytes: int
    object_name: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """A batch of one stream that is being deleted; `id` is its number in the log of deletions."""

    id: int
    of: StreamRef
    cause: Cause
    from_us: int
    to_us: int
    size_bytes: int
    numbers: tuple[int, ...]


def expiry_us(now_us: int, days: int) -> int:
    """What ended before this moment is old enough to go. Raises ValueError below the law's minimum."""
    if days < LEAST_DAYS:
        raise ValueError(f"recordings are kept for at least {LEAST_DAYS} days, not {days}")
    return now_us - days * DAY_US


def over_budget(oldest: Sequence[Kept], excess_bytes: int, now_us: int) -> list[Kept]:
    """The oldest of a site, until what is too much is gone; never what is younger than the law's minimum."""
    chosen: list[Kept] = []
    for kept in sorted(oldest, key=lambda each: each.ends_us):
        if excess_bytes <= 0 or kept.ends_us > expiry_us(now_us, LEAST_DAYS):
            break
        chosen.append(kept)
        excess_bytes -= kept.size_bytes
    return chosen
