"""Whether somebody may keep that quiet, for so long. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from services.alerting.calendars.calendar_tree import zone_of
from services.alerting.faults import refused_field
from shared.errors import RequestRefused
from shared.field_faults import Fact
from shared.messages.cameras import RecordingWindow
from shared.messages.rules import Rule
from shared.messages.silences import Silence

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
SILENCE_MAX_US = 7 * _DAY_US
CLASS_1_MAX_US = _DAY_US
MAINTENANCE_MAX_US = 14 * _DAY_US
RECURRING_MAX_US = 366 * _DAY_US
WEEKLY_MINUTES_MAX = 40 * 60
IN_FORCE_MAX = 1000


def check(silence: Silence, rules: Mapping[str, Rule], *, may_class_1: bool, now_us: int, there: int) -> None:
    """Raises RequestRefused with what to change. Args: rules: in force; there: silences in force or to come."""
    if not silence.reason.strip():
        raise _wrong("reason", "reason_missing")
    if not (silence.sites or silence.cameras or silence.rules):
        raise _wrong("sites", "everything_silenced")
    if there >= IN_FORCE_MAX:
        raise _wrong("reason", "silences_too_many", max=IN_FORCE_MAX)
    unknown = sorted(set(silence.rules) - rules.keys())
    if unknown:
        raise _wrong("rules", "no_rule_of_silence", rule=unknown[0])
    _check_class_1(silence, rules, may_class_1)
    _check_length(silence, now_us)


def _check_class_1(silence: Silence, rules: Mapping[str, Rule], may_class_1: bool) -> None:
    named = sorted(name for name in silence.rules if rules[name].risk == 1)
    if silence.covers_class_1 and not may_class_1:
        raise RequestRefused("class_1_not_silenced", "Only who may configure can keep class 1 quiet.", status=403)
    if named and not silence.covers_class_1:
        raise refused_field("class_1_not_silenced", "rules", "class_1_uncovered", {"rule": named[0]}, status=403)


def _check_length(silence: Silence, now_us: int) -> None:
    if silence.until_us <= max(silence.from_us, now_us):
        raise _wrong("end", "silence_over")
    if silence.weekly and silence.kind != "maintenance":
        raise _wrong("weekly", "only_maintenance_recurs")
    if zone_of(silence.time_zone) is None:
        raise _wrong("time_zone", "no_iana_time_zone", zone=silence.time_zone[:60])
    if any(day not in range(1, 8) for window in silence.weekly for day in window.days):
        raise _wrong("weekly.days", "weekdays_wrong")
    if sum(map(_minutes, silence.weekly)) > WEEKLY_MINUTES_MAX:
        raise _wrong("weekly", "maintenance_too_long", max=WEEKLY_MINUTES_MAX // 60)
    most_us = SILENCE_MAX_US
    if silence.kind == "maintenance":
        most_us = RECURRING_MAX_US if silence.weekly else MAINTENANCE_MAX_US
    if silence.covers_class_1 and not silence.weekly:
        most_us = CLASS_1_MAX_US
    if silence.until_us - silence.from_us > most_us:
        raise _wrong("end", "silence_too_long", max=most_us // _HOUR_US)
    if silence.from_us > now_us + RECURRING_MAX_US:
        raise _wrong("start", "planned_too_far")


def _minutes(window: RecordingWindow) -> int:
    length = (window.to_minute - window.from_minute) % (24 * 60) or 24 * 60
    return length * len(set(window.days))


def _wrong(field: str, code: str, /, **facts: Fact) -> RequestRefused:
    return refused_field("silence_invalid", field, code, facts)
