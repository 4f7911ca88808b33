"""Facts shuffled and doubled, a worker that dies: with calendars, silences and storms the alerts are the same."""

from __future__ import annotations

import json
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.adapters.public_holidays import public_day
from services.alerting.calendars.calendar_clock import CalendarClock
from services.alerting.calendars.calendar_tree import CalendarTree
from services.alerting.folding.folds import Group, Member, StormPolicy, folded
from services.alerting.handlers.facts import RuledShards
from services.alerting.rules.kitchen_clock import PlanClock
from services.alerting.rules.shard_watch import Position
from services.alerting.silences.quiet_incidents import QuietIncidents
from shared.messages.alerting import Alert
from shared.messages.base import Fact
from shared.messages.calendars import DayWindow
from shared.messages.detector import FrameAnalysed
from shared.messages.rules import Rule
from shared.messages.silences import Silence
from shared.subjects import CameraRef
from tests.alerting.calendars import calendar
from tests.alerting.facts import SECOND_US, START_US, camera, footage, frame, no_mask
from tests.alerting.test_silences import OFFLINE, _name, book, came, silence, went

CAMERAS = ("cook-1", "cook-2", "wash-1", "store-1")
SECONDS = 240
# 08:00 on a Monday in Shanghai; the kitchen works until 08:02, then a new version has it work on.
MORNING = calendar(is_default=True, windows=(DayWindow(part="serving", from_minute=480, to_minute=482),))
ALL_DAY = MORNING.model_copy(
    update={
        "version": 2,
        "from_us": START_US + 180 * SECOND_US,
        "windows": (DayWindow(part="serving", from_minute=480, to_minute=600),),
    }
)
RULES = (no_mask(over_after_s=10, reopen_s=20, when=("serving",)), OFFLINE.model_copy(update={"reopen_s": 30.0}))

Stored = dict[str, tuple[Alert, Rule]]


def worker(silences: list[Silence]) -> RuledShards:
    tree = CalendarTree()
    tree.changed("district", [ALL_DAY, MORNING])
    clock = CalendarClock(tree, PlanClock(), public_day)
    ruled = RuledShards(clock, SECOND_US, QuietIncidents(book(*silences)))
    for rule in RULES:
        ruled.rule_changed(rule.rule, rule)
    for id in CAMERAS:
        ruled.camera_desired(CameraRef("school-1", id), camera(id))
    return ruled


def judged(facts: list[Fact], silences: list[Silence], dies_at: int | None = None) -> Stored:
    """Each shard by one worker after another; what the dead one has not written is lost with it."""
    stored: Stored = {}
    positions: dict[int, Position] = {}
    shards = {CameraRef("school-1", id).shard for id in CAMERAS}
    rules = {rule.rule: rule for rule in RULES}
    numbered = list(enumerate(facts, 1))
    for begin, end in ((0, dies_at), (dies_at or 0, None)) if dies_at else ((0, None),):
        ruled = worker(silences)
        for shard in shards:
            known = [one for one in stored.values() if CameraRef("school-1", one[0].camera).shard == shard]
            ruled.gained(shard, positions.get(shard, Position()), known)
        for seq, fact in numbered[:end]:
            about = fact.about()
            assert about is not None
            if seq < (positions[about.shard].from_seq if positions else 0) or (not positions and seq <= begin):
                continue
            ruled.heard(about.shard, _name(fact), fact.encode(), seq)
            if seq % 40 == 0:
                _write(ruled, stored, positions if end else {}, rules)
        if end is None:
            ruled.release(0, set())
            _write(ruled, stored, {}, rules)
    return stored


def _write(ruled: RuledShards, stored: Stored, positions: dict[int, Position], rules: dict[str, Rule]) -> None:
    ruled.release(0, set())
    batch = ruled.take(0, only_urgent=False)
    for each in batch.written:
        stored[each.alert.alert] = (each.alert, rules[each.alert.rule])
    positions |= batch.positions


def told(stored: Stored) -> tuple[list[str], list[Group]]:
    """Every alert whole, and what is one alert with what."""
    whole = [alert.model_copy(update={"ruled_us": None}) for alert, _ in stored.values()]  # when we worked
    alerts = sorted(json.dumps(json.loads(alert.encode()), sort_keys=True) for alert in whole)
    away = [_member(alert) for alert, rule in stored.values() if rule.rule == "camera_offline"]
    policy = StormPolicy(window_us=20 * SECOND_US)
    return alerts, folded(away, folds=True, needed=policy.needed(len(CAMERAS)), window_us=policy.window_us)


def _member(alert: Alert) -> Member:
    is_open = alert.progress == "going_on"
    return Member(alert.alert, alert.camera, alert.first_us, alert.last_us, is_open, alert.is_silent, 30 * SECOND_US)


def a_day(seed: int) -> list[Fact]:
    """People with and without masks, then a power cut: three cameras go within seconds, one stays."""
    chance = random.Random(seed)
    cut_s = chance.randrange(60, 120)
    facts: list[Fact] = []
    for id in CAMERAS:
        gone_s, back_s = cut_s + chance.random() * 10, cut_s + 60 + chance.random() * 40
        stays = id == CAMERAS[seed % len(CAMERAS)]
        for one in footage((id,), SECONDS, seed=seed * 10 + len(id)):
            second = (one.at_us - START_US) / SECOND_US
            if stays or not gone_s <= second <= back_s:
                facts.append(one)
        if not stays:
            facts += [went(gone_s, id), came(back_s, id)]
    end = [frame(SECONDS + 100 + second, id=id) for second in range(3) for id in CAMERAS]
    return [*sorted(facts, key=_said_us), *end]


def _said_us(fact: Fact) -> int:
    return fact.hops.inferred_us if isinstance(fact, FrameAnalysed) else fact.at_us  # type: ignore[attr-defined, no-any-return]


def disturbed(facts: list[Fact], seed: int) -> list[Fact]:
    """Up to 0.3 s late each, every tenth again within a minute."""
    chance = random.Random(seed)
    order = [(_said_us(fact) + chance.random() * 0.25 * SECOND_US, fact) for fact in facts]
    order += [(_said_us(fact) + chance.random() * 60 * SECOND_US, fact) for fact in facts[:-12:10]]
    return [fact for _, fact in sorted(order, key=lambda one: one[0])]


_SILENCES = st.lists(
    st.builds(
        lambda name, from_s, length_s, rules, cameras: silence(
            f"s{name}", from_s, from_s + length_s, rules=rules, cameras=cameras
        ),
        st.integers(0, 9),
        st.integers(0, 200),
        st.integers(5, 150),
        st.sampled_from(((), ("no_mask",), ("camera_offline",))),
        st.sampled_from(((), ("cook-1",), ("cook-2", "wash-1"))),
    ),
    max_size=4,
    unique_by=lambda one: one.silence,
)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), _SILENCES, st.integers(), st.none() | st.integers(100, 700))
def test_the_same_alerts_whatever_happens_to_the_facts_and_the_worker(
    day: int, silences: list[Silence], seed: int, dies_at: int | None
) -> None:
    facts = a_day(day)
    clean = told(judged(facts, silences))
    assert told(judged(disturbed(facts, seed), silences, dies_at)) == clean


def test_of_these_days_some_are_quiet_some_are_cut_and_one_camera_still_sees() -> None:
    """What the property is about does occur."""
    stored = judged(a_day(3), [silence("s", 0, 100, rules=("no_mask",))])
    _, groups = told(stored)
    assert [(one.is_outage, len(one.members)) for one in groups] == [(True, 3)]
    masks = [alert for alert, rule in stored.values() if rule.rule == "no_mask"]
    assert {alert.is_silent for alert in masks} == {True, False}
    cut = next(alert for alert, rule in stored.values() if rule.rule == "camera_offline")
    # Not between 08:02 and the new version of the calendar, and again after it.
    seconds = [(alert.first_us - START_US) / SECOND_US for alert in masks]
    assert not [one for one in seconds if 120 <= one < 180]
    assert [one for one in seconds if one >= 180]
    assert cut.first_us > START_US
