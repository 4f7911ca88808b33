"""A broadcast without a network: one start for all, none waits for another, a receipt and a reason for each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import numpy as np
import pytest

from services.intercom.adapters import addressee, broadcast
from services.intercom.adapters.addressee import Addressee, Turns
from services.intercom.adapters.broadcast import Broadcast
from services.intercom.adapters.fan import Fan, Microphone, Recording
from services.intercom.broadcast_parts import BroadcastLimits, Narrator
from services.intercom.g711 import Law, Sound, encoded
from services.intercom.programme import SAMPLES, LiveProgramme, RecordedProgramme
from shared.clock import SystemClock
from shared.errors import CameraRefused, CameraUnreachable, RequestRefused
from shared.messages.broadcasts import (
    Addressed,
    BroadcastEnded,
    BroadcastReceipted,
    BroadcastStarted,
    BroadcastWanted,
    Receipt,
)
from shared.messages.intercom import FloorHeld
from tests.intercom.kitchens import Kitchen, MemoryBook, MemoryFloors

LIMITS = BroadcastLimits(start_s=0.3, silent_s=0.5, retry_s=0.6)
FLOOR = FloorHeld(talk="w.1", talker="li", priority="routine", since_us=0)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cameras are tried again, and floors renewed, sooner than in the field."""
    monkeypatch.setattr(addressee, "_RETRY_FIRST_S", 0.1)
    monkeypatch.setattr(broadcast, "RENEW_S", 0.1)
    monkeypatch.setattr(broadcast, "ROUND_S", 0.05)


class NoOpus:
    """The microphone of these tests sends G.711."""

    def decode(self, payload: bytes) -> Sound:
        raise NotImplementedError

    recover = decode

    def guess(self) -> Sound:
        raise NotImplementedError


class Meeting:
    """A broadcast that runs, and everything around it."""

    def __init__(self, kitchens: Sequence[Kitchen], seconds: float | None, *, is_prepared: bool):
        clock = SystemClock()
        self.kitchens, self.floors, self.book = kitchens, MemoryFloors(), MemoryBook()
        self.fan = Fan(clock)
        self.microphone = Microphone(self.fan, LiveProgramme(NoOpus()), clock)
        narrator: Narrator = self.microphone
        if seconds is not None:
            narrator = Recording(self.fan, RecordedProgramme(steps(seconds)), clock)
        turns = Turns(4, patience_s=0.05)
        cameras = [
            Addressee(
                each.ref, each, FLOOR, self.floors, self.fan, turns, clock, lambda one: self.broadcast.changed(one)
            )
            for each in kitchens
        ]
        wanted = BroadcastWanted(to=Addressed(), talker="li", text="…", is_prepared=is_prepared, reason="a test")
        skipped = [Receipt(site="school", camera="spared", state="skipped", reason="too_often")]
        self.running: asyncio.Task[None] | None = None
        self.broadcast = Broadcast(
            "w.1",
            wanted,
            cameras,
            skipped,
            narrator,
            None,
            self.floors,
            self.book,
            self.book.facts.append,
            clock,
            LIMITS,
            self._start,
        )
        self.floors.told = self.broadcast.floor_is

    def _start(self, broadcast: Broadcast) -> None:
        self.running = asyncio.create_task(broadcast.run())

    @property
    def receipts(self) -> dict[str, Receipt]:
        return {one.camera: one for one in self.broadcast.status().receipts}

    async def until(self, is_so: Callable[[dict[str, Receipt]], bool], limit_s: float = 10.0) -> dict[str, Receipt]:
        async with asyncio.timeout(limit_s):
            while not is_so(self.receipts):
                await asyncio.sleep(0.005)
        return self.receipts

    async def over(self, limit_s: float = 15.0) -> dict[str, Receipt]:
        assert self.running is not None
        async with asyncio.timeout(limit_s):
            await self.running
        return self.receipts

    async def talk(self, seconds: float, level: int = 3000) -> None:
        """A browser that sends 20 ms of G.711 every 20 ms."""
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        for number in range(round(seconds * 50)):
            self.microphone.hear(number, 0, encoded(np.full(SAMPLES, level + number, np.int16), "pcmu"))
            await asyncio.sleep(max(0.0, begin_s + (number + 1) * 0.02 - loop.time()))


def steps(seconds: float) -> Sound:
    """A sound of which each 20 ms can be told apart."""
    return np.repeat(np.arange(1, round(seconds * 50) + 1, dtype=np.int16) * 200, SAMPLES)


def step(number: int, law: Law = "pcmu") -> bytes:
    return encoded(np.full(SAMPLES, (number + 1) * 200, np.int16), law)


@asynccontextmanager
async def meeting(
    *kitchens: Kitchen, seconds: float | None = None, is_prepared: bool = False
) -> AsyncIterator[Meeting]:
    made = Meeting(kitchens, seconds, is_prepared=is_prepared)
    assert await made.broadcast.open() is None
    try:
        yield made
    finally:
        await made.broadcast.hang_up()
        assert made.running is not None
        await made.running
        assert all(kitchen.is_closed for kitchen in kitchens), "no camera is left hissing"
        assert not made.floors.held, "all floors are free"


async def test_all_begin_in_one_turn_and_who_is_late_hears_it_from_its_beginning() -> None:
    quick, other, slow = Kitchen("quick"), Kitchen("other", codec="pcma", ready_after_s=0.1), Kitchen("slow")
    slow.ready_after_s = 0.6
    dead = Kitchen("dead", refusals=[CameraUnreachable("no route")] * 99)
    async with meeting(quick, other, slow, dead, seconds=0.4) as made:
        receipts = await made.over()
        assert made.broadcast.status().ending == "finished"
    assert [payload for _, payload in quick.sent] == [step(number) for number in range(20)]
    assert [payload for _, payload in other.sent] == [step(number, "pcma") for number in range(20)]
    assert [payload for _, payload in slow.sent] == [step(number) for number in range(20)], "all of it, later"
    assert abs(quick.sent[0][0] - other.sent[0][0]) < 0.1
    assert slow.sent[0][0] - quick.sent[0][0] > 0.2
    assert receipts["slow"].late_ms is not None
    assert receipts["slow"].late_ms > 200
    assert {receipts[name].state for name in ("quick", "other", "slow")} == {"heard"}
    assert (receipts["dead"].state, receipts["dead"].reason) == ("failed", "camera_unreachable")
    assert receipts["dead"].attempts > 1
    assert receipts["spared"].state == "skipped"


async def test_everything_is_said_once_and_written_down() -> None:
    async with meeting(Kitchen("a"), Kitchen("b"), seconds=0.1) as made:
        await made.over()
    started, *receipted, ended = made.book.facts
    assert isinstance(started, BroadcastStarted)
    assert (started.cameras, started.playing, started.reason, started.about()) == (3, 2, "a test", None)
    assert [(one.camera, one.state) for one in receipted if isinstance(one, BroadcastReceipted)] == [
        ("a", "heard"), ("b", "heard"), ("spared", "skipped")
    ]  # fmt: skip
    assert isinstance(ended, BroadcastEnded)
    assert (ended.ending, ended.counts) == ("finished", {"heard": 2, "skipped": 1})
    assert [status.state for status in made.book.kept] == ["preparing", "speaking", "ended"]


async def test_a_microphone_is_kept_until_the_start_so_that_no_word_is_lost() -> None:
    quick, slow = Kitchen("quick"), Kitchen("slow", ready_after_s=0.15)
    async with meeting(quick, slow, is_prepared=True) as made:
        talking = asyncio.create_task(made.talk(0.8))
        await asyncio.sleep(0.05)
        before = len(quick.sent)
        await made.broadcast.press()
        await made.until(lambda found: found["slow"].state == found["quick"].state == "heard")
        await talking
        await made.broadcast.release()
    assert before == 0, "what is said without a press is not kept"
    assert quick.sent[0][1] == slow.sent[0][1], "both heard the same first word"
    first = [encoded(np.full(SAMPLES, 3000 + number, np.int16), "pcmu") for number in range(5)]
    assert quick.sent[0][1] in first, "the first after the press"


async def test_a_quick_release_and_press_is_heard_again_everywhere() -> None:
    kitchens = [Kitchen("a"), Kitchen("b")]
    async with meeting(*kitchens, is_prepared=True) as made:
        for _ in range(3):
            talking = asyncio.create_task(made.talk(0.2))
            await made.broadcast.press()
            await talking
            counts = [len(kitchen.sent) for kitchen in kitchens]
            assert min(counts) > 0
            await made.broadcast.release()
            for kitchen in kitchens:
                kitchen.sent.clear()
        assert {kitchen.sessions for kitchen in kitchens} == {1}


async def test_who_speaks_as_urgently_keeps_the_floor_until_it_is_free() -> None:
    kitchen = Kitchen("a")
    async with meeting(kitchen, Kitchen("b"), is_prepared=True) as made:
        await made.until(lambda found: found["a"].state == "accepted")
        revision = made.floors.force(kitchen.ref, "wang")
        await made.broadcast.press()
        receipt = (await made.until(lambda found: found["a"].state == "failed"))["a"]
        assert (receipt.reason, receipt.holder) == ("floor_taken", "wang")
        assert kitchen.left, "its one session is for who speaks"
        sessions = kitchen.sessions
        await asyncio.sleep(0.4)
        assert kitchen.sessions == sessions, "not connected while somebody else speaks"
        await made.floors.release(kitchen.ref, revision)
        talking = asyncio.create_task(made.talk(1.0))
        receipt = (await made.until(lambda found: found["a"].state == "heard"))["a"]
        assert receipt.attempts > 1
        await talking


async def test_who_speaks_more_urgently_takes_one_kitchen_and_gives_it_back() -> None:
    kitchen, other = Kitchen("a"), Kitchen("b")
    async with meeting(kitchen, other, is_prepared=True) as made:
        talking = asyncio.create_task(made.talk(3.0))
        await made.broadcast.press()
        await made.until(lambda found: found["a"].state == found["b"].state == "heard")
        revision = made.floors.force(kitchen.ref, "wang")
        count = len(kitchen.sent)
        receipt = (await made.until(lambda found: found["a"].state == "failed"))["a"]
        assert (receipt.reason, receipt.holder) == ("preempted", "wang")
        assert len(kitchen.sent) - count <= 1
        assert kitchen.left
        assert made.receipts["b"].state == "heard"
        await made.floors.release(kitchen.ref, revision)
        await made.until(lambda found: found["a"].state == "heard")
        assert len(kitchen.sent) > count
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking


async def test_a_camera_that_goes_away_is_tried_again_and_what_is_hopeless_is_not() -> None:
    gone = Kitchen("gone")
    locked = Kitchen("locked", refusals=[CameraRefused("no", status=401, is_credentials=True)])
    deaf = Kitchen("deaf", refusals=[CameraRefused("no backchannel", status=551, code="no_speaker")])
    busy = Kitchen("busy", refusals=[CameraRefused("no", status=453)])
    async with meeting(gone, locked, deaf, busy, is_prepared=True) as made:
        talking = asyncio.create_task(made.talk(3.0))
        await made.broadcast.press()
        await made.until(lambda found: found["gone"].state == "heard")
        gone.power_off()
        receipt = (await made.until(lambda found: found["gone"].state == "failed"))["gone"]
        assert receipt.reason == "camera_gone"
        receipts = await made.until(lambda found: found["gone"].state == found["busy"].state == "heard")
        assert (receipts["gone"].attempts, receipts["busy"].attempts) == (2, 2)
        assert {name: receipts[name].reason for name in ("locked", "deaf")} == {
            "locked": "wrong_password", "deaf": "no_backchannel"
        }  # fmt: skip
        assert (locked.sessions, deaf.sessions) == (1, 1)
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking


async def test_many_dead_cameras_do_not_use_up_the_turns() -> None:
    dead = [Kitchen(f"dead-{number}", ready_after_s=1.0) for number in range(12)]
    alive = Kitchen("z")
    async with meeting(*dead, alive, is_prepared=True) as made:
        receipts = await made.until(lambda found: found["z"].state == "accepted")
        waiting = [name for name, receipt in receipts.items() if receipt.state == "waiting"]
        assert len(waiting) == len(dead), "it did not wait for those before it"


async def test_floors_are_renewed_and_a_floor_that_was_lost_unseen_is_noticed() -> None:
    kitchen = Kitchen("a")
    async with meeting(kitchen, is_prepared=True) as made:
        talking = asyncio.create_task(made.talk(3.0))
        await made.broadcast.press()
        await made.until(lambda found: found["a"].state == "heard")
        async with asyncio.timeout(5):
            while not made.floors.renewals:
                await asyncio.sleep(0.02)
        made.floors.told = lambda camera, held: None  # the watch is away
        made.floors.force(kitchen.ref, "wang")
        receipt = (await made.until(lambda found: found["a"].state == "failed"))["a"]
        assert receipt.reason in ("preempted", "floor_taken")
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking
        del made.floors.held[kitchen.ref]


async def test_a_camera_that_reports_nothing_is_named_until_it_does() -> None:
    kitchen = Kitchen("a", hears=False)
    async with meeting(kitchen, is_prepared=True) as made:
        talking = asyncio.create_task(made.talk(3.0))
        await made.broadcast.press()
        receipt = (await made.until(lambda found: found["a"].state == "failed"))["a"]
        assert receipt.reason == "not_heard"
        kitchen.hears = True
        receipt = (await made.until(lambda found: found["a"].state == "heard"))["a"]
        assert (receipt.reason, receipt.attempts) == (None, 1), "the sound went on all the time"
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking


async def test_a_leg_that_swallows_a_cancellation_does_not_hold_up_the_end() -> None:
    async with meeting(Kitchen("a", swallows=True), Kitchen("b"), is_prepared=True) as made:
        talking = asyncio.create_task(made.talk(0.3))
        await made.broadcast.press()
        await made.until(lambda found: found["a"].state == "heard")
        await talking
        await made.broadcast.release()


async def test_a_browser_that_falls_silent_ends_it_and_then_it_is_over() -> None:
    limits = LIMITS.silent_s
    async with meeting(Kitchen("a"), is_prepared=True) as made:
        await made.broadcast.press()
        await made.over(limits + 3)
        assert made.broadcast.status().ending == "browser_silent"
        with pytest.raises(RequestRefused, match="over"):
            await made.broadcast.press()


async def test_who_slept_does_not_blame_the_browser() -> None:
    """A machine that stood still longer than a browser may be silent: what was sent meanwhile is read just after."""
    async with meeting(Kitchen("a"), is_prepared=True) as made:
        talking = asyncio.create_task(made.talk(6 * LIMITS.silent_s))
        await made.broadcast.press()
        await made.until(lambda found: found["a"].state == "heard")
        talking.cancel()
        with suppress(asyncio.CancelledError):
            await talking
        time.sleep(3 * LIMITS.silent_s)  # the loop stands still: that is what is tested
        for _ in range(3):  # the timers that are late fire, and what came meanwhile is not read yet
            await asyncio.sleep(0.06)
        assert made.broadcast.status().state == "speaking"
        await made.over(LIMITS.silent_s + 3)
        assert made.broadcast.status().ending == "browser_silent"
