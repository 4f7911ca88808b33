"""Whether a rule can ever do what its maker means. Pure."""

from __future__ import annotations

from services.alerting.rules.shard_watch import LOOKBACK_US
from shared.errors import RequestRefused
from shared.messages.announcements import TEXT_CHARACTERS_MAX
from shared.messages.rules import Rule

LANGUAGES = ("zh-CN", "en")
_NAMED = ("attribute_absent", "attribute_present", "thing")


def check(rule: Rule) -> None:
    """Raises RequestRefused (422) with what to change."""
    watched, condition = rule.watched, rule.condition
    missing = [language for language in LANGUAGES if not rule.title.get(language, "").strip()]
    if missing:
        raise _wrong(f"title: give it a name in {' and '.join(missing)}.")
    if watched.kind in _NAMED and not watched.name:
        raise _wrong(f"watched.name: say which one ({watched.kind} of what?).")
    if watched.kind in ("person", "small_mover", "large_mover", "offline") and watched.name:
        raise _wrong(f"watched.name: {watched.kind} has no names, leave it out.")
    if condition.broken > condition.looked:
        raise _wrong("condition: `broken` of `looked` pictures: it cannot be more than `looked`.")
    if condition.seconds * 1e6 > LOOKBACK_US and watched.kind not in ("offline", "picture_fault"):
        raise _wrong(f"condition.seconds: at most {LOOKBACK_US // 1_000_000}, what is older is not remembered.")
    if "closed" in rule.when and "open" in rule.when:
        raise _wrong("when: open and closed together are always: leave it empty.")
    if len(rule.announcement or "") > TEXT_CHARACTERS_MAX:
        raise _wrong(f"announcement: a sentence has at most {TEXT_CHARACTERS_MAX} characters.")
    if rule.announcement and watched.kind in ("offline", "picture_fault"):
        raise _wrong("announcement: what a camera has itself is not spoken through it, leave it out.")
    if rule.warns_kitchen and rule.risk != 1:
        raise _wrong("warns_kitchen: only class 1 may warn a kitchen before a person has looked.")


def _wrong(what: str) -> RequestRefused:
    return RequestRefused("rule_invalid", what, status=422)
