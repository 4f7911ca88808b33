"""One timer for many: who can wait wakes with who cannot, nobody too early, nobody twice."""

from __future__ import annotations

import asyncio

import pytest

from shared.pulse import Pulse, pulse


async def test_who_can_wait_is_called_with_who_cannot() -> None:
    now, called = asyncio.get_running_loop().time(), list[str]()
    woken = asyncio.Event()
    pulse().call(now, now + 3600, lambda: called.append("patient"))
    pulse().call(now + 1800, now + 3600, lambda: called.append("too early"))
    pulse().call(now + 0.01, now + 0.01, woken.set)
    await asyncio.wait_for(woken.wait(), 5)
    await asyncio.sleep(0)
    assert called == ["patient"]


async def test_what_was_cancelled_is_not_called_even_by_one_of_the_same_round() -> None:
    now, called = asyncio.get_running_loop().time(), list[str]()
    woken = asyncio.Event()
    pulse().call(now, now + 0.01, lambda: second.cancel())
    second = pulse().call(now, now + 3600, lambda: called.append("cancelled"))
    pulse().call(now, now + 3600, woken.set)
    await asyncio.wait_for(woken.wait(), 5)
    assert called == []


async def test_a_callback_may_make_its_next_appointment() -> None:
    loop, rounds, done = asyncio.get_running_loop(), list[float](), asyncio.Event()

    def again() -> None:
        rounds.append(loop.time())
        if len(rounds) == 3:
            done.set()
        else:
            pulse().call(loop.time() + 0.01, loop.time() + 0.02, again)

    again()
    await asyncio.wait_for(done.wait(), 5)
    assert len(rounds) == 3


async def test_a_failing_callback_does_not_stop_the_clock() -> None:
    loop, failed, woken = asyncio.get_running_loop(), list[object](), asyncio.Event()
    loop.set_exception_handler(lambda _, context: failed.append(context["exception"]))

    def fail() -> None:
        raise RuntimeError("ours")

    pulse().call(loop.time(), loop.time() + 0.01, fail)
    pulse().call(loop.time() + 0.03, loop.time() + 0.03, woken.set)
    await asyncio.wait_for(woken.wait(), 5)
    assert [str(error) for error in failed] == ["ours"]


async def test_nobody_misses_a_beat_for_anothers_mistake() -> None:
    loop, failed, called = asyncio.get_running_loop(), list[object](), list[str]()
    loop.set_exception_handler(lambda _, context: failed.append(context["exception"]))
    done = asyncio.Event()

    def fail() -> None:
        pulse().call_last(fail_too)
        pulse().call_last(done.set)
        raise RuntimeError("ours")

    def fail_too() -> None:
        raise RuntimeError("ours too")

    now = loop.time()
    pulse().call(now, now + 0.01, fail)
    pulse().call(now, now + 3600, lambda: called.append("of the same beat"))
    await asyncio.wait_for(done.wait(), 5)
    assert called == ["of the same beat"]
    assert [str(error) for error in failed] == ["ours", "ours too"]


async def test_what_is_last_comes_behind_the_whole_beat_or_turn() -> None:
    now, called, done = asyncio.get_running_loop().time(), list[str](), asyncio.Event()

    def first() -> None:
        pulse().call_last(lambda: called.append("last"))
        called.append("first")

    pulse().call(now, now + 0.01, first)
    pulse().call(now, now + 3600, lambda: called.append("second"))
    pulse().call(now + 0.02, now + 0.02, done.set)
    await asyncio.wait_for(done.wait(), 5)
    assert called == ["first", "second", "last"]
    pulse().call_last(lambda: called.append("of the turn"))
    assert called[-1] == "last"
    await asyncio.sleep(0)
    assert called[-1] == "of the turn"


async def test_a_sleeper_that_is_cancelled_leaves_nothing() -> None:
    asleep = asyncio.create_task(pulse().sleep(0.0, 3600.0))
    await asyncio.sleep(0)
    asleep.cancel()
    await asyncio.wait({asleep})
    await asyncio.wait_for(pulse().sleep(0.0, 0.01), 5)
    assert asleep.cancelled()


async def test_nobody_wakes_for_what_was_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    beats = list[int]()
    monkeypatch.setattr(Pulse, "_beat", lambda self: beats.append(1))
    now = asyncio.get_running_loop().time()
    pulse().call(now + 3600, now + 3600, lambda: None)
    pulse().call(now, now + 0.02, lambda: None).cancel()
    await asyncio.sleep(0.1)
    assert beats == []
    last = pulse().call(now, now + 0.2, lambda: None)
    await asyncio.sleep(0.2)
    assert beats == [1]
    last.cancel()
