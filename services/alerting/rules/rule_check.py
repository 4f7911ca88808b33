"""Whether a rule can ever do what its maker means. Pure."""

from __future__ import annotations

from services.alerting.faults import refused_field
from services.alerting.rules.shard_watch import LOOKBACK_US
from shared.errors import RequestRefused
from shared.field_faults import Fact
from shared.messages.announcements import TEXT_CHARACTERS_MAX
from shared.messages.rules import Rule

LANGUAGES = ("zh-CN", "en")
_NAMED = ("attribute_absent", "attribute_present", "thing")


def check(rule: Rule) -> None:
    """Raises RequestRefused (422) with what to change."""
    watched, condition = rule.watched, rule.condition
    missing = [language for language in LANGUAGES if not rule.title.get(language, "").strip()]
    if missing:
        raise _wrong("title", "title_missing_in", languages=", ".join(missing))
    if watched.kind in _NAMED and not watched.name:
        raise _wrong("watched.name", "name_needed", kind=watched.kind)
    if watched.kind in ("person", "small_mover", "large_mover", "offline") and watched.name:
        raise _wrong("watched.name", "name_not_known", kind=watched.kind)
    if condition.broken > condition.looked:
        raise _wrong("condition.broken", "broken_beyond_looked")
    if condition.seconds * 1e6 > LOOKBACK_US and watched.kind not in ("offline", "picture_fault"):
        raise _wrong("condition.seconds", "seconds_too_many", max=LOOKBACK_US // 1_000_000)
    if "closed" in rule.when and "open" in rule.when:
        raise _wrong("when", "open_and_closed")
    if len(rule.announcement or "") > TEXT_CHARACTERS_MAX:
        raise _wrong("announcement", "announcement_too_long", max=TEXT_CHARACTERS_MAX)
    if rule.announcement and watched.kind in ("offline", "picture_fault"):
        raise _wrong("announcement", "announcement_of_camera")
    if rule.warns_kitchen and rule.risk != 1:
        raise _wrong("warns_kitchen", "warns_beyond_class_1")


def _wrong(field: str, code: str, /, **facts: Fact) -> RequestRefused:
    return refused_field("rule_invalid", field, code, facts)
