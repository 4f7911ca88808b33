"""One broadcast: a microphone or a recording, many cameras, one start, a receipt of each.

    preparing --all were tried--> ready --press--> speaking --release--> ready; everything ends in `ended`.

Each camera has a task of its own (`Addressee`); what they are given comes from one timer (`Fan`); floors are renewed in
one round; the browser is told what changed four times a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from services.intercom.adapters.addressee import Addressee
from services.intercom.broadcast_parts import BroadcastBook, BroadcastLimits, Narrator
from services.intercom.legs import CallerLeg, Floors
from services.intercom.receipts import counted
from services.intercom.silence import Silence
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.base import Fact
from shared.messages.broadcasts import (
    BroadcastEnded,
    BroadcastEnding,
    BroadcastReceipted,
    BroadcastSource,
    BroadcastStarted,
    BroadcastState,
    BroadcastStatus,
    BroadcastWanted,
    Receipt,
)
from shared.messages.intercom import FloorHeld
from shared.subjects import CameraRef

ROUND_S = 0.25
RENEW_S = 1.0
# = how many receipts one message to the browser carries; a data channel takes 64 kB
_TOLD_AT_ONCE = 100


class Broadcast:
    """`open`; from then on `run` in a task until it ends; `press`, `release` and `hang_up` at any time.

    Args:
        caller: the browser; None where a recording is played.
        skipped: receipts of cameras that are not even tried.
        say: facts; start: puts `run` into a task.
    """

    def __init__(
        self,
        id: str,
        wanted: BroadcastWanted,
        addressees: Sequence[Addressee],
        skipped: Sequence[Receipt],
        narrator: Narrator,
        caller: CallerLeg | None,
        floors: Floors,
        book: BroadcastBook,
        say: Callable[[Fact], None],
        clock: Clock,
        limits: BroadcastLimits,
        start: Callable[[Broadcast], None],
    ):
        self.id = id
        self._wanted = wanted
        self._addressees = {one.camera: one for one in addressees}
        self._skipped = tuple(skipped)
        self._narrator = narrator
        self._caller = caller
        self._floors = floors
        self._book = book
        self._say = say
        self._clock = clock
        self._limits = limits
        self._start = start
        self._state: BroadcastState = "preparing"
        self._ending: BroadcastEnding | None = None
        self._detail = ""
        self._opened_us = clock.now_us()
        self._began_us: int | None = None
        self._ended_us: int | None = None
        self._since_s = clock.monotonic()
        self._silence = Silence()
        self._began_s = 0.0
        self._untold: dict[CameraRef, None] = dict.fromkeys(self._addressees)
        self._is_state_told = False
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()
        self._over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def talker(self) -> str:
        return self._wanted.talker

    def changed(self, addressee: Addressee) -> None:
        """A receipt is another one now."""
        self._untold[addressee.camera] = None
        self._news.set()

    def status(self) -> BroadcastStatus:
        return self._status(self._receipts())

    async def open(self) -> str | None:
        """The answer for the browser; cameras are being warmed meanwhile. Raises RequestRefused."""
        if not self._wanted.is_prepared:
            for one in self._addressees.values():
                one.speak()  # they get as far as they can while the browser connects
        self._tasks = [asyncio.create_task(one.run()) for one in self._addressees.values()]
        answer = None
        try:
            if self._caller is not None:
                answer = await self._caller.answer(self._wanted.offer or "")
        except BaseException:
            await self._close()
            raise
        self._book.keep(self.status())
        self._start(self)
        return answer

    async def run(self) -> None:
        """Until it is over. Everything is closed then, whatever happened."""
        renewing = asyncio.create_task(self._renew_for_ever())
        try:
            if self._caller is not None:
                await self._wait_connected(self._caller)
            if not self._wanted.is_prepared and not self.is_over:
                with suppress(RequestRefused):  # it ended meanwhile
                    await self.press()
            while not self.is_over:
                await self._round()
        except _Over as over:
            await self._end(over.ending, over.detail)
        finally:
            renewing.cancel()
            await self._end("draining", "")
            await self._close()
            self._conclude()

    async def press(self) -> BroadcastStatus:
        """Everybody who is ready begins at once; who is not, later. Raises RequestRefused where it is over."""
        async with self._lock:
            self._require_open()
            if self._state == "speaking":
                return self.status()
            self._narrator.press()
            for one in self._addressees.values():
                one.speak()
            await self._wait_decided()
            self._require_open()
            is_first = self._began_us is None
            if is_first:
                self._began_us, self._began_s = self._clock.now_us(), self._clock.monotonic()
            self._to("speaking")
            self._narrator.begin()
            if is_first:
                playing = sum(one.is_playing for one in self._addressees.values())
                self._say(
                    BroadcastStarted(
                        **self._about(), cameras=len(self._receipts()), playing=playing, reason=self._wanted.reason
                    )
                )
                self._book.keep(self.status())
            return self.status()

    async def release(self) -> BroadcastStatus:
        """Stop speaking; the next press is as fast."""
        async with self._lock:
            self._require_open()
            if self._state == "speaking":
                self._quiet()
                self._to("ready")
            return self.status()

    def tell_all(self) -> None:
        """The browser begins to listen: everything is news to it."""
        self._untold = dict.fromkeys(self._addressees)
        self._is_state_told = False

    async def hang_up(self, ending: BroadcastEnding = "hung_up", detail: str = "") -> BroadcastStatus:
        await self._end(ending, detail)
        return self.status()

    def floor_is(self, camera: CameraRef, held: FloorHeld | None) -> None:
        """KV `floors`."""
        addressee = self._addressees.get(camera)
        if addressee is not None:
            addressee.floor_is(held)

    async def _wait_connected(self, caller: CallerLeg) -> None:
        try:
            await caller.wait_connected()
        except PeerError as error:
            raise _Over("ice_failed", str(error)) from error

    async def _wait_decided(self) -> None:
        """Until every camera plays or has failed, no longer than a start waits."""
        undecided = list(self._addressees.values())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.start_s):
                while undecided := [one for one in undecided if not one.is_decided]:
                    self._news.clear()
                    await self._news.wait()

    async def _round(self) -> None:
        due_s = self._clock.monotonic() + ROUND_S
        with suppress(TimeoutError):
            async with asyncio.timeout(ROUND_S):
                await self._over.wait()
        self._silence.woke(due_s, self._clock.monotonic())
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()  # our bug is not waited for
        for one in self._addressees.values():
            one.look(self._began_us)
        if self._caller is not None and self._caller.has_ended:
            raise _Over("browser_gone", "the browser is gone")
        if not self.is_over:
            self._check_limits(self._clock.monotonic())
        if self._state == "preparing" and all(one.receipt.state != "waiting" for one in self._addressees.values()):
            self._to("ready")
        self._tell()

    def _check_limits(self, now: float) -> None:
        since_s, limits = now - self._since_s, self._limits
        if self._state != "speaking":
            if since_s > limits.idle_s:
                raise _Over("idle", f"nobody pressed for {limits.idle_s:.0f} s")
            return
        if not self._narrator.is_endless:
            if self._is_all_said(now):
                raise _Over("finished", "")
            return
        if since_s > limits.press_s:
            raise _Over("time_limit", f"a press may last {limits.press_s:.0f} s")
        silent_s = self._silence.seconds(self._narrator.heard_s, self._since_s, now)
        if silent_s > limits.silent_s:
            raise _Over("browser_silent", f"nothing came from the browser for {silent_s:.1f} s")

    def _is_all_said(self, now: float) -> bool:
        """Of a recording: who plays is let finish; who failed is tried for a while."""
        still = [one for one in self._addressees.values() if not one.is_settled]
        is_time_up = now - self._began_s > self._limits.retry_s + self._narrator.seconds
        return all(one.is_failed for one in still) if is_time_up else not still

    async def _renew_for_ever(self) -> None:
        while True:
            await self._clock.sleep(RENEW_S)
            held = [(one, one.revision) for one in self._addressees.values() if one.revision is not None]
            await asyncio.gather(*(self._renew(one, revision) for one, revision in held))

    async def _renew(self, addressee: Addressee, revision: int) -> None:
        try:
            renewed = await self._floors.renew(addressee.camera, addressee.floor, revision)
        except PeerError:
            return  # the bus is away: who speaks goes on; the floor ends by itself if it stays away
        if addressee.revision == revision:
            if renewed is None:
                addressee.lose_floor(None)
            else:
                addressee.revision = renewed
        elif renewed is not None:
            with suppress(PeerError):
                await self._floors.release(addressee.camera, renewed)  # given back meanwhile

    def _quiet(self) -> None:
        self._narrator.release()
        for one in self._addressees.values():
            one.quiet()

    async def _end(self, ending: BroadcastEnding, detail: str) -> None:
        async with self._lock:
            if self.is_over:
                return
            self._narrator.release()
            for one in self._addressees.values():
                one.look(self._began_us)
                one.settle()
                one.quiet()
            self._ending, self._detail = ending, detail
            self._ended_us = self._clock.now_us()
            self.tell_all()
            self._to("ended")
            self._over.set()

    async def _close(self) -> None:
        # Again and again: a cancellation may end something inside of what it was meant for.
        while running := [task for task in self._tasks if not task.done()]:
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=ROUND_S)
        await asyncio.gather(*(one.close() for one in self._addressees.values()))
        if self._caller is not None:
            await self._caller.close()

    def _conclude(self) -> None:
        """Said and written down, once."""
        status = self.status()
        for receipt in status.receipts:
            said = receipt.model_dump(exclude={"holder", "codec", "late_ms"})
            self._say(BroadcastReceipted(**self._about(), **said))
        seconds = self._clock.monotonic() - self._began_s if self._began_us is not None else 0.0
        ending = status.ending or "hung_up"
        self._say(BroadcastEnded(**self._about(), ending=ending, counts=status.counts, seconds=round(seconds, 3)))
        self._book.keep(status)

    def _tell(self) -> None:
        """The browser, what changed."""
        if self._caller is None or (not self._untold and self._is_state_told):
            return
        changed = [self._addressees[camera].receipt for camera in self._untold]
        self._untold.clear()
        self._is_state_told = True
        for begin in range(0, max(1, len(changed)), _TOLD_AT_ONCE):
            self._caller.tell(self._status(tuple(changed[begin : begin + _TOLD_AT_ONCE])))

    def _to(self, state: BroadcastState) -> None:
        self._state = state
        self._since_s = self._clock.monotonic()
        self._is_state_told = False
        self._tell()

    def _receipts(self) -> tuple[Receipt, ...]:
        return (*(one.receipt for one in self._addressees.values()), *self._skipped)

    def _status(self, receipts: tuple[Receipt, ...]) -> BroadcastStatus:
        wanted = self._wanted
        return BroadcastStatus(
            broadcast=self.id,
            talker=wanted.talker,
            priority=wanted.priority,
            source=source_of(wanted),
            announcement=wanted.announcement,
            text=wanted.text,
            reason=wanted.reason,
            state=self._state,
            ending=self._ending,
            detail=self._detail,
            opened_us=self._opened_us,
            began_us=self._began_us,
            ended_us=self._ended_us,
            counts=counted(self._receipts()),
            receipts=receipts,
        )

    def _about(self) -> dict[str, str | int]:
        return {
            "broadcast": self.id,
            "at_us": self._clock.now_us(),
            "talker": self._wanted.talker,
            "priority": self._wanted.priority,
            "source": source_of(self._wanted),
        }

    def _require_open(self) -> None:
        if self.is_over:
            raise RequestRefused(
                "broadcast_over", f"This broadcast is over ({self._ending}). Open a new one.", status=409
            )


class _Over(Exception):
    def __init__(self, ending: BroadcastEnding, detail: str):
        super().__init__(detail)
        self.ending = ending
        self.detail = detail


def source_of(wanted: BroadcastWanted) -> BroadcastSource:
    if wanted.offer is not None:
        return "microphone"
    return "announcement" if wanted.announcement is not None else "text"
