"""One camera under one rule: what is enough, what is not, when it is the same incident and when it is over."""

from __future__ import annotations

import pytest

from services.alerting.rules.camera_watch import CameraWatch, is_about
from services.alerting.rules.kitchen_clock import PlanClock
from shared.messages.rules import Condition, Rule, Watched, Where
from tests.alerting.facts import NIGHT, SECOND_US, START_US, camera, frame, mover, no_mask, person


def happenings(watch: CameraWatch, frames: list) -> list[tuple[str, int]]:
    """What happened at which second."""
    return [(change.happening, (one.at_us - START_US) // SECOND_US) for one in frames for change in watch.frame(one)]


def test_three_of_five_raise_and_two_do_not() -> None:
    watch = CameraWatch(camera(), [no_mask()], PlanClock())
    bare, masked, unknown = person(mask=0.02), person(mask=0.98), person(mask=None)
    seen = [bare, masked, bare, masked, unknown, masked, bare, bare]
    frames = [frame(second, [one]) for second, one in enumerate(seen)]
    # Of the last five *known* looks at second 6 two are bare (2, 6), at second 7 three (6 and 7 and none of 0): 2, 6, 7.
    assert happenings(watch, frames) == [("raised", 7)]


def test_two_people_are_not_one() -> None:
    watch = CameraWatch(camera(), [no_mask()], PlanClock())
    frames = [frame(second, [person(track=second, mask=0.02)]) for second in range(10)]
    assert happenings(watch, frames) == []


@pytest.mark.parametrize(
    ("condition", "raised_at"),
    [
        (Condition(broken=2, looked=2), 1),
        (Condition(broken=2, looked=10, seconds=4), 4),
        (Condition(broken=2, looked=2, score=0.99), None),
        (Condition(broken=2, looked=2, height=0.1), None),  # heads here are 0.075 high
    ],
)
def test_how_sure_it_must_be(condition: Condition, raised_at: int | None) -> None:
    watch = CameraWatch(camera(), [no_mask(condition=condition)], PlanClock())
    found = happenings(watch, [frame(second, [person(mask=0.02)]) for second in range(6)])
    assert [at for what, at in found if what == "raised"] == ([] if raised_at is None else [raised_at])


def test_an_unusable_picture_is_no_look() -> None:
    watch = CameraWatch(camera(), [no_mask()], PlanClock())
    frames = [frame(second, [person(mask=0.02)], faults=("blurred",)) for second in range(6)]
    assert happenings(watch, frames) == []


def test_one_incident_goes_on_ends_and_opens_again() -> None:
    rule = no_mask(over_after_s=5, reopen_s=20)
    watch = CameraWatch(camera(), [rule], PlanClock())
    bare, masked = [person(mask=0.02)], [person(mask=0.98)]
    first = [frame(second, bare) for second in range(4)]
    pause = [frame(second, masked) for second in range(4, 12)]
    again = [frame(second, bare) for second in range(12, 16)]
    assert happenings(watch, [*first, *pause]) == [("raised", 2), ("goes_on", 3), ("closed", 8)]
    changes = [change for one in again for change in watch.frame(one)]
    assert [change.happening for change in changes] == ["goes_on", "goes_on"]
    assert changes[0].incident.first_us == START_US
    later = [frame(second, bare) for second in range(60, 64)]
    changes = [change for one in later for change in watch.frame(one)]
    assert [change.happening for change in changes] == ["closed", "raised", "goes_on"]
    raised = changes[1]
    assert raised.incident.first_us == START_US + 60 * SECOND_US


def test_a_zone_is_a_part_of_the_picture() -> None:
    rule = no_mask(where=Where(zones=("cooking",)))
    outside = [frame(second, [person(mask=0.02)]) for second in range(6)]
    assert happenings(CameraWatch(camera(), [rule], PlanClock()), outside) == []
    inside = [frame(second, [person(mask=0.02, zones=("z1",))]) for second in range(6)]
    assert happenings(CameraWatch(camera(), [rule], PlanClock()), inside)[0] == ("raised", 2)


@pytest.mark.parametrize(
    ("where", "lies_under", "is_its"),
    [
        (Where(), (), True),
        (Where(units=("east",)), ("city", "east"), True),
        (Where(units=("city",)), ("city", "east"), True),
        (Where(units=("west", "east")), ("city", "east"), True),
        (Where(units=("west",)), ("city", "east"), False),
        (Where(units=("west",)), (), False),
        (Where(units=("east",), site_kinds=("primary",)), ("city", "east"), False),
        (Where(units=("east",), sites=("school-2",)), ("city", "east"), False),
    ],
)
def test_a_rule_is_about_what_lies_under_its_units(where: Where, lies_under: tuple[str, ...], is_its: bool) -> None:
    assert is_about(no_mask(where=where), camera(units=lies_under, site_kind="secondary")) is is_its


def test_intrusion_is_a_person_while_the_kitchen_is_closed() -> None:
    rule = Rule(
        rule="intrusion",
        title={"en": "Intrusion"},
        watched=Watched(kind="person"),
        when=("closed",),
        condition=Condition(broken=2, looked=3),
        risk=1,
    )
    frames = [frame(second, [person()]) for second in range(4)]
    # START is 08:00 in Shanghai.
    assert happenings(CameraWatch(camera(working=(NIGHT,)), [rule], PlanClock()), frames) == []
    by_night = [frame(12 * 3600 + second, [person()]) for second in range(4)]
    watch = CameraWatch(camera(working=(NIGHT,)), [rule], PlanClock())
    assert happenings(watch, by_night)[0] == ("raised", 12 * 3600 + 1)


def test_only_a_suspected_mover_is_a_rodent() -> None:
    rule = Rule(rule="rodent", title={"en": "Rodent"}, watched=Watched(kind="small_mover"), risk=1)
    not_yet = [frame(0, movers=[mover(is_suspected=False)])]
    suspected = [frame(1, movers=[mover()])]
    watch = CameraWatch(camera(), [rule], PlanClock())
    assert happenings(watch, [*not_yet, *suspected]) == [("raised", 1)]


def test_a_camera_that_is_away_for_long_enough() -> None:
    rule = Rule(
        rule="camera_offline",
        title={"en": "Camera offline"},
        watched=Watched(kind="offline"),
        condition=Condition(seconds=60),
        risk=3,
    )
    watch = CameraWatch(camera(), [rule], PlanClock())
    assert watch.began("offline", START_US, START_US, "port closed") == []
    assert watch.until(START_US + 59 * SECOND_US) == []
    (change,) = watch.until(START_US + 75 * SECOND_US)
    assert (change.happening, change.incident.detail) == ("raised", "port closed")
    assert change.incident.raised_us == START_US + 60 * SECOND_US
    assert watch.until(START_US + 9999 * SECOND_US) == []  # it goes on for as long as it lasts
    (closed,) = watch.ended("offline", START_US + 10_000 * SECOND_US)
    assert closed.happening == "closed"
    assert closed.incident.closed_us == START_US + 10_000 * SECOND_US


def test_the_best_picture_is_the_surest_and_largest() -> None:
    watch = CameraWatch(camera(), [no_mask()], PlanClock())
    seen = [
        person(mask=0.3),
        person(mask=0.02, height=0.2),
        person(mask=0.02, height=0.6),
        person(mask=0.02, height=0.4),
    ]
    changes = [change for second, one in enumerate(seen) for change in watch.frame(frame(second, [one]))]
    best = changes[-1].incident.best
    assert best is not None
    assert best.at_us == START_US + 2 * SECOND_US
    assert changes[-1].incident.message().frames[0].at_us == START_US


def test_a_rule_that_changes_forgets_and_others_do_not() -> None:
    watch = CameraWatch(camera(), [no_mask()], PlanClock())
    frames = [frame(second, [person(mask=0.02)]) for second in range(4)]
    assert happenings(watch, frames[:2]) == []
    watch.set_rules([no_mask()])
    assert happenings(watch, frames[2:3]) == [("raised", 2)]
    watch.set_rules([no_mask(version=2, condition=Condition(broken=3, looked=3))])
    assert watch.set_rules([no_mask(is_enabled=False)]) is None
    assert happenings(watch, frames[3:]) == []
