"""Silences without I/O: what they cover, when they end, who may make them."""

from __future__ import annotations

import pytest

from services.alerting.handlers.facts import RuledShards
from services.alerting.rules.kitchen_clock import PlanClock
from services.alerting.rules.shard_watch import Position
from services.alerting.silences.quiet_incidents import QuietIncidents
from services.alerting.silences.silence_book import SilenceBook
from services.alerting.silences.silence_check import check
from shared.errors import RequestRefused
from shared.messages.alerting import Alert
from shared.messages.base import Fact
from shared.messages.cameras import RecordingWindow
from shared.messages.ingest import CameraCameOnline, CameraWentOffline
from shared.messages.rules import Condition, Rule, Watched
from shared.messages.silences import Silence
from shared.subjects import CameraRef
from tests.alerting.calendars import us
from tests.alerting.facts import SECOND_US, START_US, camera, frame, no_mask, person

HOUR_US = 3_600_000_000
REF = CameraRef("school-1", "cook-1")
OFFLINE = Rule(
    rule="camera_offline",
    title={"zh-CN": "离线", "en": "Offline"},
    watched=Watched(kind="offline"),
    condition=Condition(seconds=10, needs_usable_picture=False),
    risk=3,
    folds="site",
)


def silence(name: str = "s", from_s: float = 0, until_s: float = 60, **more: object) -> Silence:
    told = {
        "silence": name,
        "sites": ("school-1",),
        "reason": "work on the line",
        "from_us": START_US + round(from_s * SECOND_US),
        "until_us": START_US + round(until_s * SECOND_US),
        "made_by": "li",
        "made_us": START_US - SECOND_US,
    }
    return Silence.model_validate(told | more)


def book(*silences: Silence) -> SilenceBook:
    made = SilenceBook()
    for one in silences:
        made.changed(one.silence, one)
    return made


def covered(
    made: SilenceBook, at_s: float, rule: Rule | None = None, where: str = "cook-1"
) -> tuple[str, float] | None:
    found = made.cover("school-1", where, rule or no_mask(), START_US + round(at_s * SECOND_US))
    return None if found is None else (found.silence, (found.until_us - START_US) / SECOND_US)


def test_a_silence_covers_its_place_and_time_and_ends_by_itself() -> None:
    made = book(silence(cameras=("cook-1",), rules=("no_mask",)))
    assert covered(made, 0) == covered(made, 59.9) == ("s", 60.0)
    assert covered(made, -0.1) is covered(made, 60) is None
    assert covered(made, 5, where="cook-2") is covered(made, 5, no_mask(rule="no_hat")) is None
    ended = silence(cameras=("cook-1",), ended_by="li", ended_us=START_US + 20 * SECOND_US)
    assert covered(book(ended), 0) == ("s", 20.0)


def test_silences_that_follow_each_other_leave_no_gap() -> None:
    made = book(silence("a", 0, 60), silence("b", 50, 90), silence("c", 90, 100), silence("d", 101, 200))
    assert covered(made, 0) == ("a", 100.0)


def test_class_1_is_told_unless_somebody_who_may_configure_said_otherwise() -> None:
    grave = no_mask(risk=1)
    assert covered(book(silence()), 5, grave) is None
    assert covered(book(silence(covers_class_1=True)), 5, grave) == ("s", 60.0)


def test_maintenance_comes_again_on_the_kitchens_clock() -> None:
    night = RecordingWindow(days=(6,), from_minute=60, to_minute=180)
    year = silence(kind="maintenance", weekly=(night,), time_zone="Europe/Berlin", from_s=-(10**7), until_s=2 * 10**7)
    made = book(year)

    def at(text: str) -> str | None:
        found = made.cover("school-1", "cook-1", no_mask(), us(text, "Europe/Berlin"))
        return None if found is None else f"{(found.until_us - us(text, 'Europe/Berlin')) / HOUR_US:g} h"

    assert at("2025-11-29 01:30") == "1.5 h"
    assert at("2025-11-30 01:30") is None
    # On that Sunday morning it is not; a Sunday window across the change of the clocks has an hour less.
    sunday = book(year.model_copy(update={"weekly": (night.model_copy(update={"days": (7,)}),)}))
    found = sunday.cover("school-1", "cook-1", no_mask(), us("2026-03-29 01:00", "Europe/Berlin"))
    assert found is not None
    assert found.until_us - us("2026-03-29 01:00", "Europe/Berlin") == HOUR_US


class Shards:
    """A worker without I/O, with the only camera there is."""

    def __init__(self, *silences: Silence, rules: tuple[Rule, ...] = (no_mask(over_after_s=10, reopen_s=0), OFFLINE)):
        self.book = book(*silences)
        self.ruled = RuledShards(PlanClock(), SECOND_US, QuietIncidents(self.book))
        for rule in rules:
            self.ruled.rule_changed(rule.rule, rule)
        self.ruled.camera_desired(REF, camera())
        self.ruled.gained(REF.shard, Position(), [])
        self.told: list[tuple[str, str | None, bool]] = []
        self.stored: dict[str, Alert] = {}
        self._seq = 0

    def hear(self, *facts: Fact) -> None:
        for fact in facts:
            self._seq += 1
            self.ruled.heard(REF.shard, _name(fact), fact.encode(), self._seq)
            self.take()

    def until(self, second: float) -> None:
        self.hear(frame(second))

    def take(self) -> None:
        self.ruled.release(0, set())
        for each in self.ruled.take(0, only_urgent=False).written:
            if each.happening is not None:
                self.told.append((each.alert.rule, each.happening, each.alert.is_silent))
            self.stored[each.alert.alert] = each.alert


def _name(fact: Fact) -> str:
    return {"FrameAnalysed": "frame_analysed", "CameraWentOffline": "camera_went_offline"}.get(
        type(fact).__name__, "camera_came_online"
    )


def went(second: float, id: str = "cook-1") -> CameraWentOffline:
    at_us = START_US + round(second * SECOND_US)
    return CameraWentOffline(
        site="school-1", camera=id, at_us=at_us, worker="w", condition="unreachable", reason_code="x", reason="gone"
    )


def came(second: float, id: str = "cook-1") -> CameraCameOnline:
    at_us = START_US + round(second * SECOND_US)
    return CameraCameOnline(site="school-1", camera=id, at_us=at_us, worker="w", gap_cause="x")


def bare(*seconds: float) -> list[Fact]:
    return [frame(second, [person(mask=0.02)]) for second in seconds]


def test_what_is_quiet_is_kept_and_ends_quietly() -> None:
    shards = Shards(silence(until_s=60))
    shards.hear(*bare(1, 2, 3))
    shards.until(10)
    shards.until(40)
    assert shards.told == [("no_mask", "raised", True), ("no_mask", "closed", True)]
    (kept,) = shards.stored.values()
    assert (kept.is_silent, kept.silence) == (True, "s")


def test_what_outlasts_the_silence_is_told_then() -> None:
    shards = Shards(silence(until_s=8))
    shards.hear(*bare(1, 2, 3, 6, 9, 11))
    shards.until(13)
    assert shards.told[0] == ("no_mask", "raised", True)
    assert ("no_mask", "raised", False) in shards.told[1:]
    assert len([one for one in shards.told if one[1] == "raised"]) == 2
    (kept,) = shards.stored.values()
    assert (kept.is_silent, kept.silence) == (False, None)


def test_a_camera_that_is_still_away_when_maintenance_ends_is_told_then() -> None:
    shards = Shards(silence(until_s=120, kind="maintenance"))
    shards.hear(went(20))
    shards.until(110)
    assert shards.told == [("camera_offline", "raised", True)]
    shards.until(140)
    assert shards.told[1:] == [("camera_offline", "raised", False)]
    back = Shards(silence(until_s=120, kind="maintenance"))
    back.hear(went(20), came(90))
    back.until(140)
    assert back.told == [("camera_offline", "raised", True), ("camera_offline", "closed", True)]


def test_another_worker_takes_over_what_is_quiet() -> None:
    first = Shards(silence(until_s=120))
    first.hear(went(20))
    first.until(100)
    second = Shards(silence(until_s=120))
    position = first.ruled.shards[REF.shard].position()
    second.ruled.gained(REF.shard, position, [(alert, OFFLINE) for alert in first.stored.values()])
    second.until(140)
    assert second.told == [("camera_offline", "raised", False)]


@pytest.mark.parametrize(
    ("more", "code", "fault"),
    [
        ({"reason": "  "}, "silence_invalid", "reason_missing"),
        ({"sites": ()}, "silence_invalid", "everything_silenced"),
        ({"rules": ("nothing",)}, "silence_invalid", "no_rule_of_silence"),
        ({"rules": ("rodent",)}, "class_1_not_silenced", "class_1_uncovered"),
        ({"covers_class_1": True}, "class_1_not_silenced", None),
        ({"until_us": START_US - 1}, "silence_invalid", "silence_over"),
        ({"until_us": START_US + 200 * HOUR_US}, "silence_invalid", "silence_too_long"),
        (
            {"weekly": ({"days": (1,), "from_minute": 0, "to_minute": 60},)},
            "silence_invalid",
            "only_maintenance_recurs",
        ),
        (
            {"kind": "maintenance", "weekly": ({"days": (1, 2, 3), "from_minute": 0, "to_minute": 0},)},
            "silence_invalid",
            "maintenance_too_long",
        ),
        ({"kind": "maintenance", "time_zone": "Mars"}, "silence_invalid", "no_iana_time_zone"),
    ],
)
def test_what_may_not_be_kept_quiet_is_refused_in_words(more: dict[str, object], code: str, fault: str | None) -> None:
    rules = {"rodent": no_mask(rule="rodent", risk=1), "no_mask": no_mask()}
    with pytest.raises(RequestRefused) as refused:
        check(silence(**more), rules, may_class_1=False, now_us=START_US, there=0)
    assert refused.value.code == code
    assert [each.code for each in refused.value.faults] == ([] if fault is None else [fault])
    for each in refused.value.faults:
        assert str(refused.value) == f"{each.field}: {each.problem} {each.change}"
        assert "{" not in str(refused.value)


def test_who_may_configure_keeps_class_1_quiet_for_a_day_and_no_longer() -> None:
    rules = {"rodent": no_mask(rule="rodent", risk=1)}
    asked = silence(rules=("rodent",), covers_class_1=True, until_s=86_400)
    check(asked, rules, may_class_1=True, now_us=START_US, there=0)
    with pytest.raises(RequestRefused, match="24 hours at most"):
        longer = asked.model_copy(update={"until_us": asked.until_us + 1})
        check(longer, rules, may_class_1=True, now_us=START_US, there=0)
