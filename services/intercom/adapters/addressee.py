"""One camera of a broadcast: warmed, given the floor, played to, tried again; its receipt says how far it is.

    waiting --session stands--> accepted --floor, PLAY, first sound--> playing --it reports our sound--> heard
    whatever fails: failed, with a reason; tried again while there is hope and somebody still wants it to play.

One task a camera, so that none waits for another. What happens meanwhile (a press, a release, a floor lost, a session
ended, a recording over) only sets a flag and wakes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from services.intercom.adapters.fan import Ear, Fan
from services.intercom.floor import FloorTaken
from services.intercom.legs import CameraLeg, Floors
from services.intercom.receipts import HOPELESS, final, reason_of
from shared.clock import Clock
from shared.errors import PeerError, RequestRefused
from shared.messages.broadcasts import Receipt, ReceiptReason, ReceiptState
from shared.messages.intercom import FloorHeld
from shared.subjects import CameraRef

_RETRY_FIRST_S = 0.5
_RETRY_LAST_S = 5.0
# Receiver reports come every 5 s (RFC 3550 6.2); so long after the last sound one may still say that it was heard.
HEARD_WITHIN_S = 6.0
_FLOOR_REASONS: tuple[ReceiptReason, ...] = ("floor_taken", "preempted")
_FLOOR_FIRST: tuple[ReceiptReason, ...] = (*_FLOOR_REASONS, "camera_busy")
_SOMEBODY = FloorHeld(talk="", talker="Somebody", priority="emergency", since_us=0)


class Turns:
    """How many sessions are being made at once; who is slow gives his turn on, so that a dead camera delays none."""

    def __init__(self, at_once: int, patience_s: float = 0.25):
        self._turns = asyncio.Semaphore(at_once)
        self._patience_s = patience_s

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        await self._turns.acquire()
        timer = asyncio.get_running_loop().call_later(self._patience_s, self._turns.release)
        try:
            yield
        finally:
            if not timer.cancelled() and timer.when() > asyncio.get_running_loop().time():
                timer.cancel()
                self._turns.release()


class Addressee:
    """`run` in a task until it is cancelled, or there is nothing more to do; everything else at any time.

    Args:
        floor: who speaks, as other talkers see it.
        changed: told after every change of the receipt.
    """

    def __init__(
        self,
        camera: CameraRef,
        leg: CameraLeg,
        floor: FloorHeld,
        floors: Floors,
        fan: Fan,
        turns: Turns,
        clock: Clock,
        changed: Callable[[Addressee], None],
    ):
        self.camera = camera
        self.receipt = Receipt(site=camera.site, camera=camera.camera, state="waiting")
        self.revision: int | None = None
        self._leg = leg
        self.floor = floor
        self._floors = floors
        self._fan = fan
        self._turns = turns
        self._clock = clock
        self._changed = changed
        self._codec = ""
        self._ear: Ear | None = None
        self._packets_before = 0
        self._is_wanted = False
        self._is_finished = False
        self._is_receipt_final = False
        self._last_sound_s = 0.0
        self._lost_to: FloorHeld | None = None
        self._closed: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    @property
    def is_decided(self) -> bool:
        """Whether a start need not wait for it any longer."""
        return self.is_playing or self.receipt.state == "failed"

    @property
    def is_playing(self) -> bool:
        return self._ear is not None and not self._ear.is_left

    @property
    def is_settled(self) -> bool:
        """Nothing more is to be expected of it: over and heard, or not heard for long enough, or hopeless."""
        if self.receipt.state == "failed":
            return self.receipt.reason in HOPELESS
        waited_s = self._clock.monotonic() - self._last_sound_s
        return self._is_finished and (self.receipt.state == "heard" or waited_s > HEARD_WITHIN_S)

    @property
    def is_failed(self) -> bool:
        return self.receipt.state == "failed"

    def speak(self) -> None:
        """Play from now on."""
        self._is_wanted = True
        self._news.set()

    def quiet(self) -> None:
        self._is_wanted = False
        if self._ear is not None:
            self._fan.leave(self._ear)  # at once: what follows takes a while
        self._news.set()

    def floor_is(self, held: FloorHeld | None) -> None:
        """News of the camera's floor, from whoever has it. Free again is news too, for who waits for it."""
        if held is not None and held.talk != self.floor.talk and self.revision is not None:
            self.lose_floor(held)
        elif held is None and self.receipt.reason in _FLOOR_REASONS:
            self._news.set()

    def lose_floor(self, held: FloorHeld | None) -> None:
        """Somebody speaks more urgently; None: it is not known yet who."""
        self.revision = None
        self._lost_to = held or _SOMEBODY
        if self._ear is not None:
            self._fan.leave(self._ear)
        self._news.set()

    def look(self, common_start_us: int | None) -> None:
        """Every moment: whether the camera says that it hears us, and how much it was given."""
        ear, receipt = self._ear, self.receipt
        is_heard = self._leg.is_heard
        if is_heard and (receipt.state in ("playing", "played") or receipt.reason == "not_heard"):
            self._to("heard")
        elif is_heard is False and receipt.state in ("playing", "heard"):
            self._fail("not_heard", "The camera takes our sound and reports that none comes.")
        if ear is not None:
            packets = self._packets_before + ear.packets
            late_ms = receipt.late_ms
            if receipt.began_us is not None and late_ms is None and common_start_us is not None:
                late_ms = round(max(0, receipt.began_us - common_start_us) / 1000, 1)
            if (packets, late_ms) != (receipt.packets, receipt.late_ms):
                # Not said to anybody by itself: it changes all the time.
                self._put(packets=packets, late_ms=late_ms)

    def settle(self) -> None:
        """The broadcast is over: from here on nothing changes the receipt."""
        if not self._is_receipt_final:
            self.receipt = final(self.receipt)
            self._is_receipt_final = True

    async def run(self) -> None:
        delay_s = _RETRY_FIRST_S
        while not self._is_finished:
            began_s = self._clock.monotonic()
            try:
                await self._attempt()
            except FloorTaken as taken:
                self._fail("preempted" if self._lost_to is not None else "floor_taken", str(taken), taken.held.talker)
                self._lost_to = None
            except RequestRefused as refusal:
                is_password = refusal.code == "password_unreadable"
                self._fail("wrong_password" if is_password else "no_backchannel", str(refusal))
            except PeerError as error:
                self._fail(reason_of(error, was_playing=self._ear is not None), str(error))
            finally:
                await self._fall_silent()
            if self.receipt.reason in HOPELESS:
                return
            if not self._is_finished:
                is_long_ago = self._clock.monotonic() - began_s > _RETRY_LAST_S
                delay_s = _RETRY_FIRST_S if is_long_ago else min(2 * delay_s, _RETRY_LAST_S)
                await self._pause(delay_s)

    async def close(self) -> None:
        """Everything toward the camera ended."""
        await self._fall_silent()
        if self._closed is not None:
            self._closed.cancel()
            await asyncio.wait((self._closed,))
        await self._leg.close()

    async def _attempt(self) -> None:
        """Until it has failed, or the recording is over."""
        self._put(attempts=self.receipt.attempts + 1)
        if self._is_wanted and (self.receipt.attempts == 1 or self.receipt.reason in _FLOOR_FIRST):
            await self._take_floor()  # before its one session is taken: somebody else may speak with it
        async with self._turns.turn():
            self._codec = await self._leg.prepare()
        self._watch_session()
        if not self._is_wanted:
            self._to("accepted")
        while not self._is_finished:
            await self._until(lambda: self._is_wanted)
            await self._play()
            await self._until(self._ear_is_done)
            await self._stop()

    async def _play(self) -> None:
        await self._take_floor()
        await self._leg.play()
        # Said with the next renewal.
        self.floor = self.floor.model_copy(update={"session": self._leg.session})
        if not self._is_wanted:
            return
        self._ear = Ear("pcma" if self._codec == "pcma" else "pcmu", self._leg.send, self._ear_changed)
        self._fan.join(self._ear)
        self._changed(self)

    async def _take_floor(self) -> None:
        if self.revision is None:
            self._lost_to = None
            taking = asyncio.ensure_future(self._floors.take(self.camera, self.floor))
            try:
                self.revision = await asyncio.shield(taking)
            except asyncio.CancelledError:
                with suppress(RequestRefused, PeerError):
                    self.revision = await taking  # to be given back
                raise

    def _ear_is_done(self) -> bool:
        return self._ear is None or self._ear.is_left or self._lost_to is not None

    async def _stop(self) -> None:
        """Played to the end, released, or overtaken: then somebody may want the camera's one session at once."""
        lost_to, ear = self._lost_to, self._ear
        self._leave_fan()
        if lost_to is not None:
            await self._leg.leave()
            raise FloorTaken(lost_to)
        await self._leg.stop()
        await self._free()
        if ear is not None and ear.is_over:
            self._is_finished = True
            if self.receipt.state == "playing":
                self._to("played")

    def _ear_changed(self) -> None:
        ear = self._ear
        if ear is None:
            return
        if ear.is_over:
            self._news.set()
            return
        if self.receipt.began_us is None:
            self._put(began_us=ear.began_us)
        self._to("heard" if self._leg.is_heard else "playing")

    def _to(self, state: ReceiptState) -> None:
        self._put(state=state, reason=None, detail="", holder=None, codec=self._codec)
        self._changed(self)

    def _fail(self, reason: ReceiptReason, detail: str, holder: str | None = None) -> None:
        self._put(state="failed", reason=reason, detail=detail[:300], holder=holder)
        self._changed(self)

    def _put(self, **news: object) -> None:
        if not self._is_receipt_final:
            self.receipt = self.receipt.model_copy(update=news)

    def _watch_session(self) -> None:
        if self._closed is not None:
            self._closed.cancel()
        self._closed = asyncio.create_task(self._leg.wait_closed())
        self._closed.add_done_callback(lambda _: self._news.set())

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Raises what ended the session."""
        while not is_so():
            if self._closed is not None and self._closed.done() and not self._closed.cancelled():
                self._closed.result()
                return
            self._news.clear()
            await self._news.wait()

    async def _pause(self, seconds: float) -> None:
        """Until it is worth to try again."""
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _fall_silent(self) -> None:
        """However it came to this: no more sound, no session where it failed, the floor free."""
        self._leave_fan()
        await self._free()
        if self.receipt.state == "failed":
            with suppress(PeerError):
                await self._leg.leave()

    def _leave_fan(self) -> None:
        ear, self._ear = self._ear, None
        if ear is not None:
            self._fan.leave(ear)
            self._packets_before += ear.packets
            self._last_sound_s = self._clock.monotonic()
            self._put(packets=self._packets_before)

    async def _free(self) -> None:
        """Cut off in the middle it is done again by `close`."""
        while (revision := self.revision) is not None:
            with suppress(PeerError):  # it ends by itself
                await self._floors.release(self.camera, revision)
            if self.revision == revision:  # another one where it was renewed at this very moment
                self.revision = None
