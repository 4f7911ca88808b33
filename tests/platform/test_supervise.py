"""Supervision: a peer's failure is tried again, ours ends the process, stopping is in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from shared.clock import FakeClock
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ResourceExhausted
from shared.supervise import BackOff, Supervisor


class Task:
    """Raises the errors it was given, one a round; then waits."""

    def __init__(self, clock: FakeClock, *errors: BaseException | None):
        self._clock = clock
        self._errors = list(errors)
        self.rounds_at: list[float] = []

    async def run_once(self) -> None:
        self.rounds_at.append(self._clock.monotonic())
        if not self._errors:
            await asyncio.get_running_loop().create_future()
        error = self._errors.pop(0)
        if error is not None:
            raise error


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def _supervisor(clock: FakeClock) -> Supervisor:
    return Supervisor(clock, chance=lambda: 0.5)


async def test_a_round_that_returned_is_followed_by_the_next(clock: FakeClock) -> None:
    task = Task(clock, None, None, None)
    supervisor = _supervisor(clock)
    supervisor.start("task", task)
    await clock.advance(0)
    assert task.rounds_at == [0.0] * 4
    await supervisor.stop_all()


async def test_a_failing_peer_is_tried_after_1_2_4_up_to_30_seconds(clock: FakeClock) -> None:
    task = Task(clock, *[CameraUnreachable("no route")] * 7)
    supervisor = _supervisor(clock)
    supervisor.start("camera:a/b", task)
    await clock.advance(200)
    assert task.rounds_at == [0, 1, 3, 7, 15, 31, 61, 91]
    await supervisor.stop_all()


async def test_a_round_that_succeeded_starts_the_back_off_anew(clock: FakeClock) -> None:
    task = Task(clock, PeerError("x"), PeerError("x"), None, PeerError("x"))
    supervisor = _supervisor(clock)
    supervisor.start("task", task)
    await clock.advance(200)
    assert task.rounds_at == [0, 1, 3, 3, 4]
    await supervisor.stop_all()


@pytest.mark.parametrize(
    ("failures", "error", "chance", "delay_s"),
    [
        (1, PeerError("x"), 0.0, 1.0),
        (1, PeerError("x"), 1.0, 1.25),
        (3, PeerError("x"), 0.0, 3.0),
        (3, PeerError("x"), 1.0, 5.0),
        (60, PeerError("x"), 1.0, 30.0),
        (1, ResourceExhausted("disk"), 0.5, 1.0),
        (1, CameraRefused("no path", status=404), 0.5, 1.0),
        # One try a minute: more would lock the account.
        (1, CameraRefused("wrong password", status=401, is_credentials=True), 0.5, 60.0),
        (9, CameraRefused("wrong password", status=401, is_credentials=True), 0.5, 60.0),
    ],
)
def test_back_off(failures: int, error: BaseException, chance: float, delay_s: float) -> None:
    assert BackOff().delay_s(failures, error, chance) == delay_s


async def test_one_failing_task_does_not_delay_another(clock: FakeClock) -> None:
    bad, good = Task(clock, *[PeerError("x")] * 5), Task(clock, None, None)
    supervisor = _supervisor(clock)
    supervisor.start("bad", bad)
    supervisor.start("good", good)
    await clock.advance(0)
    assert len(good.rounds_at) == 3
    await supervisor.stop_all()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_our_bug_ends_run(clock: FakeClock, when: str) -> None:
    supervisor = _supervisor(clock)
    if when == "before":
        supervisor.start("bug", Task(clock, KeyError("ours")))
        await clock.advance(0)
    running = asyncio.create_task(supervisor.run())
    await clock.advance(0)
    if when == "after":
        supervisor.start("bug", Task(clock, KeyError("ours")))
    with pytest.raises(KeyError, match="ours"):
        await running
    assert supervisor.names == ()


async def test_tasks_stop_in_the_opposite_order(clock: FakeClock) -> None:
    ended: list[str] = []

    def task(name: str) -> Callable[[], asyncio.Future[None]]:
        async def run_once() -> None:
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                ended.append(name)

        return run_once  # type: ignore[return-value]

    supervisor = _supervisor(clock)
    for name in ("first", "second", "third"):
        supervisor.start(name, task(name))
    await clock.advance(0)
    await supervisor.stop("second")
    assert ended == ["second"]
    await supervisor.stop_all()
    assert ended == ["second", "third", "first"]


async def test_stopping_ends_a_back_off(clock: FakeClock) -> None:
    supervisor = _supervisor(clock)
    supervisor.start("task", Task(clock, PeerError("x")))
    await clock.advance(0.5)
    await supervisor.stop("task")
    assert supervisor.names == ()
    await supervisor.stop("task")


async def test_a_name_is_used_once(clock: FakeClock) -> None:
    supervisor = _supervisor(clock)
    supervisor.start("task", Task(clock))
    with pytest.raises(ValueError, match="task"):
        supervisor.start("task", Task(clock))
    await supervisor.stop_all()
