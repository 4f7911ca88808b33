"""A sentence that is spoken in a kitchen because a rule was broken there: when, and what the intercom made of it. Pure.

Class 1 may warn at once, where the rule says so. Everything else is spoken after a person has confirmed it: until then
it is only what a machine believes. Once per incident, and never about what is long past.
"""

from __future__ import annotations

import re

from shared.messages.alerting import Alert, AnnouncementTrigger, SpokenWarning
from shared.messages.announcements import TEXT_CHARACTERS_MAX, AnnouncementPlay
from shared.messages.broadcasts import Addressed, BroadcastStatus, CameraOf, Language
from shared.messages.rules import Rule

# = after it was last seen, nobody in the kitchen knows any more what is meant
LATE_US = {"at_once": 60_000_000, "confirmed": 600_000_000}
_OF_LIBRARY = re.compile(r"ann-[0-9a-f]{6,32}")
_SILENT_KINDS = ("offline", "picture_fault")


def planned(rule: Rule, alert: Alert, trigger: AnnouncementTrigger, now_us: int) -> SpokenWarning | None:
    """What is to be said; None where nothing is."""
    if not rule.announcement or alert.is_silent or rule.watched.kind in _SILENT_KINDS:
        return None
    if trigger == "at_once" and not (rule.risk == 1 and rule.warns_kitchen):
        return None
    is_of_library = _OF_LIBRARY.fullmatch(rule.announcement) is not None
    is_late = now_us - alert.last_us > LATE_US[trigger]
    return SpokenWarning(
        trigger=trigger,
        state="too_late" if is_late else "due",
        announcement=rule.announcement if is_of_library else None,
        text=None if is_of_library else rule.announcement[:TEXT_CHARACTERS_MAX],
        due_us=now_us,
        detail="it was seen too long ago to speak of it" if is_late else "",
    )


def request(warning: SpokenWarning, alert: str, site: str, camera: str, rule: str) -> AnnouncementPlay:
    """Routine: it counts toward what a camera is told in an hour at most, and takes the floor from nobody."""
    return AnnouncementPlay(
        to=Addressed(cameras=(CameraOf(site=site, camera=camera),)),
        announcement=warning.announcement,
        text=warning.text,
        language=_language_of(warning.text or ""),
        reason=f"rule {rule}, alert {alert}",
        asked_by="alerting",
    )


def _language_of(text: str) -> Language:
    """A rule's sentence says by its letters which voice it is for."""
    return "zh-CN" if not text or any("\u3400" <= each <= "\u9fff" for each in text) else "en"


def answered(warning: SpokenWarning, status: BroadcastStatus, now_us: int) -> SpokenWarning:
    """What the intercom says became of it, as far as it knows."""
    receipt = status.receipts[0] if status.receipts else None
    state = receipt.state if receipt is not None else None
    if state in ("heard", "played"):
        outcome = "played"
    elif state == "skipped" or status.state == "ended":
        outcome = "not_played"
    else:
        outcome = "asked"  # one that failed is tried again while the broadcast lasts
    told = {"state": outcome, "broadcast": status.broadcast, "answered_us": now_us}
    if receipt is not None:
        told |= {"receipt": receipt, "reason": receipt.reason, "detail": receipt.detail or status.detail}
    return warning.model_copy(update=told)


def refused(warning: SpokenWarning, code: str, detail: str, now_us: int) -> SpokenWarning:
    """It did not take it, or nobody was there to."""
    return warning.model_copy(
        update={"state": "not_played", "reason": code, "detail": detail[:300], "answered_us": now_us}
    )
