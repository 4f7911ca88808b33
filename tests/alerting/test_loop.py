"""The closed loop without I/O: working time, deadlines, the life of an order, the look of the machine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.adapters.public_holidays import is_workday
from services.alerting.loop.deadlines import DeadlinePolicy, next_said
from services.alerting.loop.machine_check import CheckPolicy, Observation
from services.alerting.loop.order_states import TABLE, may, side_of, step
from services.alerting.loop.working_time import HOURS, HOURS_A_DAY, due_us, weekdays
from services.alerting.rules.camera_watch import CameraWatch
from services.alerting.rules.kitchen_clock import PlanClock
from shared.errors import RequestRefused
from shared.messages.orders import OrderAction, OrderState
from tests.alerting.facts import SECOND_US, START_US, camera, frame, no_mask, person

CHECKS = CheckPolicy()
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def us(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1e6)


def local(at_us: int, zone: ZoneInfo = SHANGHAI) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("served", "hours", "due"),
    [
        ("2026-11-25 09:00", 2, "2026-11-25 11:00"),
        ("2026-11-25 11:00", 2, "2026-11-25 14:30"),  # lunch is no working time
        ("2026-11-25 17:00", 1, "2026-11-26 09:00"),
        ("2026-11-27 17:30", 1, "2026-11-30 09:30"),  # a weekend
        ("2026-09-30 17:00", 1, "2026-10-08 09:00"),  # the national holiday
        ("2026-10-09 17:00", 1, "2026-10-10 09:00"),  # a Saturday that is worked in its place
        ("2026-11-25 02:00", 7.5, "2026-11-25 17:30"),
    ],
)
def test_due_in_working_hours(served: str, hours: float, due: str) -> None:
    assert local(due_us(us(served), hours, is_workday, SHANGHAI)) == due


def test_a_year_of_deadlines_across_changes_of_the_clocks() -> None:
    """Every hour of a year in a zone with summer time: what is due is that many working hours later, counted slowly."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for hour in range(0, 365 * 24, 7):
        served = round((begin + timedelta(hours=hour)).timestamp() * 1e6)
        due = due_us(served, 10.0, weekdays, BERLIN)
        assert due > served
        assert abs(_worked_minutes(served, due) - 600) <= 1, local(served, BERLIN)


def _worked_minutes(from_us: int, to_us: int) -> int:
    minutes, at = 0, from_us
    while at < to_us:
        moment = datetime.fromtimestamp(at / 1e6, UTC).astimezone(BERLIN)
        if weekdays(moment.date()) and any(begins <= moment.time() < ends for begins, ends in HOURS):
            minutes += 1
        at += 60_000_000
    return minutes


def test_a_country_that_never_works_is_no_endless_search() -> None:
    with pytest.raises(ValueError, match="do not come to an end"):
        due_us(START_US, 1.0, lambda day: False, SHANGHAI)


def test_a_year_that_is_not_announced_is_counted_by_weekdays() -> None:
    assert is_workday(date(2040, 1, 2)) == weekdays(date(2040, 1, 2))


def test_cards_come_in_their_order_and_only_for_class_1() -> None:
    policy, served = DeadlinePolicy(), us("2026-11-02 08:30")
    due = policy.due_us(1, served, weekdays)
    assert local(due) == "2026-11-02 14:00"
    moments = policy.moments(1, due, weekdays)
    assert [name for _, name in moments] == ["remind", "overdue", "yellow", "red"]
    assert [local(at) for at, _ in moments[2:]] == ["2026-11-09 14:00", "2026-11-11 14:00"]
    assert [name for _, name in policy.moments(2, due, weekdays)] == ["remind", "overdue"]
    said, told = "", []
    for day in range(12):
        now = next_said(moments, said, served + day * 86_400 * SECOND_US)
        if now is not None:
            said = now
            told.append((day, now))
    assert told == [(1, "overdue"), (8, "yellow"), (10, "red")]
    assert next_said(moments, "", due - 3600 * SECOND_US) == "remind"
    assert HOURS_A_DAY == 7.5


STATES: list[OrderState] = ["served", "read", "answered", "appealed", "closed", "withdrawn"]
ACTIONS: list[OrderAction] = ["read", "answer", "close", "reopen", "withdraw", "extend", "appeal", "uphold", "reject"]


@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(["li", "wang"])), max_size=30))
@settings(max_examples=500, deadline=None)
def test_whatever_people_try_an_order_is_never_lost(tries: list[tuple[OrderAction, str]]) -> None:
    """Any sequence of tries: it is always in a known state, what is refused is said in words, and four eyes decide."""
    state: OrderState = "served"
    before: OrderState | None = None
    for action, by in tries:
        is_refused = action not in may(state) or (action in ("uphold", "reject") and by == "li")
        if is_refused:
            with pytest.raises(RequestRefused, match=r"^[A-Z].{20}"):
                step(state, action, by=by, made_by="li", before=before)
            continue
        after = step(state, action, by=by, made_by="li", before=before)
        assert action in may(state)
        if action in ("uphold", "reject"):
            assert (state, by) == ("appealed", "wang")
        if action == "appeal":
            before = state
        if state == "closed":
            assert (action, after) == ("reopen", "served")
        assert state != "withdrawn"
        state = after
        assert state in STATES


def test_every_action_belongs_to_one_side() -> None:
    for action in ACTIONS:
        assert {each.side for (_, name), each in TABLE.items() if name == action} == {side_of(action)}
    # A school can answer whatever waits for it; a person of the bureau ends every order that was answered.
    assert all("answer" in may(state) for state in ("served", "read"))
    assert "close" in may("answered")


def observed(seconds: int, mask: float, raised: str | None = None) -> object:
    watch = CameraWatch(camera(), [no_mask()], PlanClock())
    changes = [change for second in range(4) for change in watch.frame(frame(second, [person(mask=0.02)]))]
    answered_us = START_US + 100 * SECOND_US
    seen = Observation(changes[0].incident.message(), no_mask(), camera(), answered_us)
    for second in range(90, 100 + seconds):
        seen.show(frame(second, [person(mask=mask, height=0.3 + second / 10_000)]))
    return seen.judged(raised, answered_us + seconds * SECOND_US)


def test_the_machine_says_corrected_when_it_has_seen_enough() -> None:
    assert observed(300, 0.98) is None, "ten minutes are looked"
    check = observed(CHECKS.window_us // SECOND_US, 0.98)
    assert check is not None
    assert (check.result, check.broken, check.looked >= CHECKS.looks_min) == ("passed", 0, True)
    assert check.before is not None
    assert check.after is not None
    assert check.after.at_us > check.before.at_us


def test_a_bureau_may_look_for_a_shorter_time() -> None:
    answered_us = START_US + 100 * SECOND_US
    seen = Observation(observed_alert(), no_mask(), camera(), answered_us, CheckPolicy(10 * SECOND_US, looks_min=8))
    for second in range(100, 107):
        seen.show(frame(second, [person(mask=0.98)]))
    assert seen.judged(None, answered_us + 10 * SECOND_US) is None, "seven looks are not eight"
    seen.show(frame(107, [person(mask=0.98)]))
    assert seen.judged(None, answered_us + 9 * SECOND_US) is None, "nine seconds are not ten"
    check = seen.judged(None, answered_us + 10 * SECOND_US)
    assert check is not None
    assert (check.result, check.looked) == ("passed", 8)


def test_a_new_alert_says_not_corrected_at_once() -> None:
    check = observed(30, 0.02, raised="a2")
    assert check is not None
    assert (check.result, check.alert) == ("failed", "a2")
    assert check.after is not None


def test_nobody_seen_is_no_correction() -> None:
    assert observed(5, 0.98) is None
    answered_us = START_US + 100 * SECOND_US
    seen = Observation(observed_alert(), no_mask(), camera(), answered_us)
    assert seen.judged(None, answered_us + CHECKS.window_us) is None
    late = seen.judged(None, answered_us + 25 * 3600 * SECOND_US)
    assert late is not None
    assert late.result == "inconclusive"


def observed_alert():
    watch = CameraWatch(camera(), [no_mask()], PlanClock())
    changes = [change for second in range(4) for change in watch.frame(frame(second, [person(mask=0.02)]))]
    return changes[0].incident.message()
