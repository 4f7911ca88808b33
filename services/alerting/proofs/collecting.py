"""What belongs to an alert's proof, from when to when, and when which part of it can be asked for. Pure."""

from __future__ import annotations

from shared.messages.alert_proofs import AlertProof
from shared.messages.alerting import Alert
from shared.messages.rules import Rule

SECOND_US = 1_000_000
# = how much is seen before an incident began and after it was certain
PAD_US = 10 * SECOND_US
CROP_PAD_US = 2 * SECOND_US
# = what lasts for hours is shown by its beginning
LONGEST_US = 120 * SECOND_US
# = a segment of a recording and its way into the store
SETTLE_US = 45 * SECOND_US
# = facts of the moment after it are on the bus by then
FACTS_AFTER_US = 5 * SECOND_US
# = how long the recorder may be away before it is given up
GIVE_UP_US = 24 * 3600 * SECOND_US
# = how long "nothing was recorded" may mean "not stored yet"
PATIENCE_US = 15 * 60 * SECOND_US
_LOOKBACK_LEAST_US = 30 * SECOND_US
_LOOKBACK_MOST_US = 15 * 60 * SECOND_US
# = seconds between two looks of a camera, at most, that a window of looks is thought to span
_LOOK_US = 5 * SECOND_US
_RETRY_FIRST_US = 2 * SECOND_US
_RETRY_MOST_US = 60 * SECOND_US
_DAY_US = 24 * 3600 * SECOND_US


def begun(alert: Alert, kept_days: int, now_us: int) -> AlertProof:
    """Nothing of it is there yet."""
    certain_us = min(alert.raised_us, alert.first_us + LONGEST_US)
    begins_us = alert.first_us
    if alert.crop is not None:
        # Something small is shown from where it began to run.
        begins_us = max(min(begins_us, alert.crop.from_us), alert.first_us - LONGEST_US)
    return AlertProof(
        why="range_not_over",
        detail="What follows the incident is still being filmed.",
        from_us=begins_us - PAD_US,
        to_us=certain_us + PAD_US,
        kept_until_us=now_us + kept_days * _DAY_US,
    )


def facts_range(alert: Alert, rule: Rule) -> tuple[int, int]:
    """From when to when facts are kept: with what they show, the rule must come to the same again."""
    condition = rule.condition
    window_us = round(condition.seconds * 1e6) + condition.looked * _LOOK_US
    before_us = min(_LOOKBACK_MOST_US, max(_LOOKBACK_LEAST_US, window_us))
    return alert.first_us - before_us, alert.raised_us + FACTS_AFTER_US


def clip_due_us(proof: AlertProof) -> int:
    return proof.to_us + SETTLE_US


def clip_id(alert: Alert, number: int) -> str:
    """The same one is asked for however often a worker dies; one that failed is followed by another."""
    return f"alert-{alert.alert}" if number < 2 else f"alert-{alert.alert}-{number}"


def crop_range(alert: Alert, proof: AlertProof) -> tuple[int, int]:
    """Of the clip's time that in which something small runs."""
    assert alert.crop is not None
    from_us = max(proof.from_us, alert.crop.from_us - CROP_PAD_US)
    return from_us, min(proof.to_us, max(alert.crop.to_us, from_us) + CROP_PAD_US)


def retry_us(tries: int) -> int:
    return min(_RETRY_MOST_US, _RETRY_FIRST_US << min(tries, 10))


def waits(proof: AlertProof, why: str, detail: str) -> AlertProof:
    """Not now: what it waits for is said."""
    return proof.model_copy(update={"why": why, "detail": detail, "tries": proof.tries + 1})


def impossible(proof: AlertProof, why: str, detail: str) -> AlertProof:
    return proof.model_copy(update={"state": "impossible", "why": why, "detail": detail})


def is_hopeless(alert: Alert, now_us: int) -> bool:
    """It was tried for so long that it will not come."""
    return now_us - alert.raised_us > GIVE_UP_US


def may_come(proof: AlertProof, code: str, now_us: int) -> bool:
    """Whether what the recorder refused may be there in a while: what is filmed is stored later."""
    return code in ("nothing_recorded", "range_not_over", "too_many_clips", "no_space", "removed") and (
        now_us - proof.to_us < PATIENCE_US or code in ("too_many_clips", "no_space")
    )


def needs_picture(proof: AlertProof, alert: Alert) -> bool:
    """Whether the best picture is not the one that is kept: one that is better came since."""
    return alert.best is not None and alert.best.at_us != proof.picture_at_us
