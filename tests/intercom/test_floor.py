"""Who may speak, and who is next."""

from __future__ import annotations

import pytest

from services.intercom.floor import LIFE_S, FloorQueue, may_take
from shared.messages.intercom import FloorHeld, FloorWanted, TalkPriority


def held(talk: str, priority: TalkPriority = "routine") -> FloorHeld:
    return FloorHeld(talk=talk, talker=f"person of {talk}", priority=priority, since_us=0)


def wanted(talk: str, since_us: int, priority: TalkPriority = "routine") -> FloorWanted:
    return FloorWanted(talk=talk, talker=f"person of {talk}", priority=priority, since_us=since_us)


@pytest.mark.parametrize(
    ("mine", "theirs", "may"),
    [
        (held("a"), None, True),
        (held("a"), held("a"), True),
        (held("a"), held("b"), False),
        (held("a", "order"), held("b"), True),
        (held("a", "order"), held("b", "order"), False),
        (held("a", "emergency"), held("b", "order"), True),
        (held("a", "order"), held("b", "emergency"), False),
    ],
)
def test_the_more_urgent_may_take_the_floor(mine: FloorHeld, theirs: FloorHeld | None, may: bool) -> None:
    assert may_take(mine, theirs) is may


def test_the_queue_goes_by_urgency_and_then_by_time() -> None:
    queue = FloorQueue()
    queue.put(wanted("late", 30), 0.0)
    queue.put(wanted("early", 10), 0.0)
    queue.put(wanted("order", 40, "order"), 0.0)
    assert [queue.position(talk, 0.1) for talk in ("order", "early", "late", "nobody")] == [1, 2, 3, None]
    queue.remove("order")
    assert queue.position("late", 0.1) == 2


def test_one_whose_worker_died_leaves_the_queue() -> None:
    queue = FloorQueue()
    queue.put(wanted("dead", 10), 0.0)
    queue.put(wanted("alive", 20), 0.0)
    queue.put(wanted("alive", 20), LIFE_S - 1)
    assert queue.position("alive", LIFE_S - 0.1) == 2
    assert queue.position("alive", LIFE_S + 0.1) == 1
    assert not queue.forget(LIFE_S + 0.1)
    assert queue.forget(3 * LIFE_S)
