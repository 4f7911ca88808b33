"""Is what is filmed really being stored? Compares what is on the bus with what is in the index. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from services.recorder.segment import StreamRef

# A camera that is online and of which nothing came for so long: something between ingest and us is broken.
SILENT_S = 15.0
# MEDIA counts as nearly full from here on, and a stream as nearly lost in the oldest part of it.
FULL_FROM = 0.85
OLDEST_PART = 0.15


@dataclass(frozen=True, slots=True)
class MediaState:
    """How much MEDIA holds. `used` is the share of its bound (bytes or age, whichever is nearer) that is taken."""

    first_seq: int
    last_seq: int
    used: float


@dataclass(frozen=True, slots=True)
class Observed:
    """One stream that is to be recorded now.

    Attributes:
        newest_us: when the newest fragment on the bus was received; None: there is none.
        stored_until_us: end of its newest segment; None: there is none.
        stored_seq: the bus's number of the last fragment stored.
    """

    of: StreamRef
    is_online: bool
    newest_us: int | None
    stored_until_us: int | None
    stored_seq: int


@dataclass(frozen=True, slots=True)
class Staleness:
    """Why a stream is not stored as it should be; `since_us` is the end of what is stored."""

    cause: str
    reason: str
    since_us: int


def staleness(seen: Observed, now_us: int, segment_s: float, watched_since_us: int) -> Staleness | None:
    """None where all is well. `watched_since_us` is when this worker began to record it."""
    stored_until_us = seen.stored_until_us or watched_since_us
    since_us = max(stored_until_us, watched_since_us)
    if seen.newest_us is None or now_us - max(seen.newest_us, watched_since_us) > SILENT_S * 1e6:
        if not seen.is_online or now_us - watched_since_us < SILENT_S * 1e6:
            return None  # nothing is filmed: ingest says why
        silent_s = (now_us - max(seen.newest_us or 0, watched_since_us)) / 1e6
        reason = f"The camera is online and nothing of it has come over the bus for {silent_s:.0f} s."
        return Staleness("nothing_arrives", reason, stored_until_us)
    # A segment is stored when the GOP after it has begun, and a round comes at the latest half a segment later.
    overdue_s = (seen.newest_us - since_us) / 1e6 - segment_s * 1.5 - 10.0
    if overdue_s <= 0:
        return None
    reason = f"What is filmed waits for {overdue_s:.0f} s longer than it should to be stored."
    return Staleness("lagging", reason, stored_until_us)


def is_at_risk(seen: Observed, media: MediaState) -> bool:
    """What is not stored of it will soon be dropped by MEDIA to make room."""
    if media.used < FULL_FROM or seen.newest_us is None:
        return False
    if seen.stored_until_us is not None and seen.newest_us - seen.stored_until_us < 60 * 1_000_000:
        return False
    oldest_part = media.first_seq + OLDEST_PART * (media.last_seq - media.first_seq)
    return seen.stored_seq < oldest_part
