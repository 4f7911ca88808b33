"""One talk: a browser's microphone, a camera's speaker, and the floor between press and release.

    preparing --camera set up--> ready --press--> [waiting, while others speak -->] talking --release--> ready

Everything ends in `ended`, with a reason. Nothing here knows WebRTC, RTSP or NATS: legs and floors are Protocols.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

from services.intercom.adapters.talk_floor import TalkFloor
from services.intercom.endings import TalkOver, ending_of, ending_of_refusal, is_busy
from services.intercom.floor import FloorTaken
from services.intercom.legs import CallerLeg, CameraLeg, Floors, Speaker, TalkLimits
from services.intercom.silence import Silence
from shared.clock import Clock
from shared.errors import BrightKitchenError, CameraRefused, PeerError, RequestRefused
from shared.messages.base import Fact
from shared.messages.intercom import FloorHeld, TalkEnded, TalkEnding, TalkStarted, TalkState, TalkStatus, TalkWanted
from shared.subjects import CameraRef

# = how soon a lost floor, a silent browser and a limit are noticed
ROUND_S = 0.25
# = how long whoever spoke before has to leave a camera that takes one session at a time
BUSY_PATIENCE_S = 1.0
_BUSY_ROUND_S = 0.1
_UNHEARD = (
    "The camera takes our sound, was opened anew, and still reports that none arrives: restart it, or look whether"
    " its speaker is switched on."
)
_BUSY = "Another program may be speaking through it, or its sessions are used up: close one and press again."


class Talk:
    """`open`; from then on `run` in a task until it ends; `press`, `release` and `hang_up` at any time.

    Args:
        position: of this talk among those who wait for the floor.
        say: facts; start: puts `run` into a task.
    """

    def __init__(
        self,
        id: str,
        wanted: TalkWanted,
        caller: CallerLeg,
        leg: CameraLeg,
        speaker: Speaker,
        floors: Floors,
        position: Callable[[], int | None],
        say: Callable[[Fact], None],
        clock: Clock,
        limits: TalkLimits,
        start: Callable[[Talk], None],
    ):
        self.id = id
        self.camera = CameraRef(wanted.site, wanted.camera)
        self.guest = wanted.guest
        self._wanted = wanted
        self._caller = caller
        self._leg = leg
        self._speaker = speaker
        self._say = say
        self._clock = clock
        self._limits = limits
        self._start = start
        me = FloorHeld(talk=id, talker=wanted.talker, priority=wanted.priority, since_us=0)
        self._floor = TalkFloor(self.camera, me, floors, position, clock)
        self._state: TalkState = "preparing"
        self._codec: str | None = None
        self._ending: TalkEnding | None = None
        self._detail = ""
        self._was_heard: bool | None = None
        self._since_s = clock.monotonic()
        self._silence = Silence()
        self._lock = asyncio.Lock()
        # Presses and releases in the order in which they came: who let go does not speak on because the press waited.
        self._changes = asyncio.Lock()
        self._over = asyncio.Event()
        self._prepared: asyncio.Task[str] | None = None

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def status(self) -> TalkStatus:
        is_unheard = self._state == "talking" and self._leg.is_heard is False
        return TalkStatus(
            talk=self.id,
            site=self.camera.site,
            camera=self.camera.camera,
            talker=self._wanted.talker,
            priority=self._wanted.priority,
            state=self._state,
            ending=self._ending,
            detail=_UNHEARD if is_unheard else self._detail,
            holder=self._floor.holder,
            queue_position=self._floor.position,
            codec=self._codec,
            is_heard=self._leg.is_heard,
            packets=self._speaker.packets,
            lost=self._speaker.lost,
            delay_ms=round(1000 * self._speaker.delay_s, 1),
        )

    async def open(self) -> str:
        """The answer for the browser; the camera is being prepared meanwhile. Raises RequestRefused."""
        self._prepare()
        try:
            answer = await self._caller.answer(self._wanted.offer)
        except BaseException:
            await self._close()
            raise
        self._start(self)
        return answer

    async def run(self) -> None:
        """Until it is over. Everything is closed then, whatever happened."""
        try:
            await self._until_ready()
            await self._watch()
        except TalkOver as over:
            await self.hang_up(over.ending, over.detail)
        finally:
            await self._close()

    async def press(self, *, may_wait: bool = False) -> TalkStatus:
        """Take the floor and let the camera play; or wait for it. Raises FloorTaken, or RequestRefused with the name of
        an ending; the talk is over then, but where the camera was only busy."""
        async with self._changes:
            await self._until_prepared()
            return await self._press_prepared(may_wait)

    async def _press_prepared(self, may_wait: bool) -> TalkStatus:
        async with self._locked():
            self._require_open()
            try:
                if self._state != "talking" and not (self._state == "waiting" and may_wait):
                    await self._press()
            except FloorTaken:
                self._tell()
                if not may_wait:
                    raise
                await self._floor.wait()
                self._to("waiting")
        return self.status()

    async def trickle(self, fragment: str) -> TalkStatus:
        """More of the browser's candidates. Raises RequestRefused."""
        self._require_open()
        await self._caller.trickle(fragment)
        return self.status()

    async def release(self) -> TalkStatus:
        """Stop speaking, or waiting; the next press is as fast."""
        async with self._changes, self._locked():
            self._require_open()
            await self._stop("released")
        return self.status()

    async def floor_is(self, held: FloorHeld | None) -> None:
        """News of the camera's floor: whoever lost it falls silent and is told to whom, and when it is free again."""
        async with self._locked():
            if self.is_over or (held is not None and held.talk == self.id):
                return
            before = self._floor.holder
            self._floor.news(held)
            if held is None:
                await self._floor_free()
            elif self._state == "talking":
                await self._preempted()
            elif self._state != "preparing":
                await self._leg.leave()
            if before != self._floor.holder:
                self._tell()

    def queue_is(self) -> None:
        """News of those who wait."""
        if self._floor.is_waiting:
            self._tell()

    async def hang_up(self, ending: TalkEnding = "hung_up", detail: str = "") -> TalkStatus:
        async with self._lock:
            await self._end(ending, detail)
        return self.status()

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[None]:
        """One thing at a time. What is over inside is over."""
        async with self._lock:
            try:
                yield
            except TalkOver as over:
                await self._end(over.ending, over.detail)

    async def _until_ready(self) -> None:
        """The camera and the browser are waited for at once, and no longer than the talk is wanted."""
        connected = asyncio.create_task(self._caller.wait_connected())
        try:
            await self._unless_over(self._until_prepared())
            if self._state == "preparing" and not self.is_over:
                self._to("ready")
            await self._unless_over(connected)
            if not self._wanted.is_prepared and not self.is_over:
                await self.press()
        except RequestRefused as refusal:
            raise TalkOver(ending_of_refusal(refusal), str(refusal)) from refusal
        except PeerError as error:
            raise TalkOver("ice_failed", str(error)) from error
        finally:
            connected.cancel()

    async def _unless_over(self, awaited: Awaitable[None]) -> None:
        task, over = asyncio.ensure_future(awaited), asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait((task, over), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
        finally:
            task.cancel()
            over.cancel()

    async def _until_prepared(self) -> None:
        """Raises RequestRefused where the camera cannot be spoken to; one that is busy is asked again by a press."""
        self._require_open()
        assert self._prepared is not None
        try:
            self._codec = await asyncio.shield(self._prepared)
        except PeerError as error:
            # Once there was a codec it was ready before: a press tries again, and says how that went.
            if self._codec is None and not is_busy(error):
                raise RequestRefused(ending_of(error), str(error), status=503) from error
            self._detail = f"{error} {_BUSY}" if is_busy(error) else str(error)

    async def _watch(self) -> None:
        closed = asyncio.create_task(self._leg.wait_closed())
        over = asyncio.create_task(self._over.wait())
        try:
            while not self.is_over:
                due_s = self._clock.monotonic() + ROUND_S
                await asyncio.wait((closed, over), timeout=ROUND_S, return_when=asyncio.FIRST_COMPLETED)
                self._silence.woke(due_s, self._clock.monotonic())
                async with self._locked():
                    if not self.is_over:
                        await self._look(closed)
        finally:
            over.cancel()
            closed.cancel()
            with suppress(BaseException):
                await closed

    async def _look(self, closed: asyncio.Task[None]) -> None:
        if closed.done():
            raise TalkOver("camera_gone", str(closed.exception() or "the camera ended the session"))
        if self._caller.has_ended:
            raise TalkOver("browser_gone", "the browser is gone")
        now = self._clock.monotonic()
        since_s = now - self._since_s
        if self._floor.is_holder_gone():
            self._floor.news(None)
            await self._floor_free()
            self._tell()
        if self._state == "ready" and since_s > self._limits.idle_s:
            raise TalkOver("idle", f"nobody pressed for {self._limits.idle_s:.0f} s")
        if self._state in ("talking", "waiting") and since_s > self._limits.press_s:
            raise TalkOver("time_limit", f"a press may last {self._limits.press_s:.0f} s")
        if self._state == "waiting" and await self._floor.keep_waiting():
            await self._try_again()
        if self._state == "talking":
            await self._look_at_talking(now)

    async def _look_at_talking(self, now: float) -> None:
        silent_s = self._silence.seconds(self._speaker.heard_s, self._since_s, now)
        if silent_s > self._limits.silent_s:
            raise TalkOver("browser_silent", f"nothing came from the browser for {silent_s:.1f} s")
        if self._was_heard != self._leg.is_heard:
            self._was_heard = self._leg.is_heard
            self._tell()
        self._floor.plays(self._leg.session)
        if not await self._floor.keep():
            await self._preempted()

    async def _press(self) -> None:
        """Raises FloorTaken; RequestRefused, after the talk was ended, or the camera was busy."""
        try:
            await self._floor.take()
        except PeerError as error:
            raise RequestRefused("unavailable", f"Who may speak cannot be asked now: {error}", status=503) from error
        try:
            await self._play()
        except PeerError as error:
            await self._floor.free()
            if is_busy(error):
                raise RequestRefused("camera_busy", f"{error} {_BUSY}", status=409) from error
            await self._end(ending_of(error), str(error))
            raise RequestRefused(ending_of(error), str(error), status=503) from error
        assert self._codec is not None
        self._was_heard, self._detail = None, ""
        self._speaker.on(self._codec)
        self._to("talking")
        self._say(TalkStarted(**self._about(), codec=self._codec))
        # Sound flows by now: what is left behind where this worker dies is said before anything else.
        self._floor.plays(self._leg.session)
        await self._floor.keep()

    async def _play(self) -> None:
        """A camera that takes one session at a time is free a moment after whoever spoke before has lost the floor."""
        until_s = self._clock.monotonic() + BUSY_PATIENCE_S
        while True:
            try:
                await self._settled()
                if self._codec is None:
                    self._codec = await self._leg.prepare()
                await self._leg.play()
                return
            except CameraRefused as refusal:
                if not is_busy(refusal) or self._clock.monotonic() >= until_s:
                    raise
            await self._clock.sleep(_BUSY_ROUND_S)

    async def _try_again(self) -> None:
        """One who waits: is it free?"""
        try:
            await self._press()
        except FloorTaken:
            return
        except RequestRefused as refusal:
            if not self.is_over:
                raise TalkOver(ending_of_refusal(refusal), str(refusal)) from refusal

    async def _floor_free(self) -> None:
        if self._state == "waiting" and self._floor.position == 1:
            await self._try_again()
        elif self._state == "ready" and self._prepared is not None and self._prepared.done():
            self._prepare()

    async def _preempted(self) -> None:
        """The camera is left at once, for it may hold one session only."""
        self._floor.lost()
        await self._stop("preempted")

    async def _stop(self, ending: TalkEnding | Literal["released"]) -> None:
        """No more sound, or no more waiting. The camera is told before anybody else may speak."""
        await self._floor.stop_waiting()
        was = self._state
        if was in ("talking", "waiting"):
            self._state = "ready"
            if was == "talking":
                await self._quiet(ending)
            self._to("ready")

    async def _quiet(self, ending: TalkEnding | Literal["released"]) -> None:
        self._speaker.off()
        seconds = self._clock.monotonic() - self._since_s
        try:
            await (self._leg.leave() if ending == "preempted" else self._leg.stop())
        except PeerError as error:
            if ending == "released":
                raise TalkOver(ending_of(error), str(error)) from error
        finally:
            await self._floor.free()
            self._say(
                TalkEnded(
                    **self._about(),
                    seconds=round(seconds, 3),
                    ending=ending,
                    packets=self._speaker.packets,
                    is_heard=self._leg.is_heard,
                )
            )

    async def _end(self, ending: TalkEnding, detail: str) -> None:
        if self.is_over:
            return
        await self._floor.stop_waiting()
        was, self._state = self._state, "ended"
        self._ending, self._detail = ending, detail
        if was == "talking":
            await self._quiet(ending)
        self._to("ended")
        self._over.set()

    async def _close(self) -> None:
        if self._prepared is not None:
            self._prepared.cancel()
        await self._settled()
        await self._leg.close()
        await self._caller.close()

    def _prepare(self) -> None:
        self._prepared = asyncio.create_task(self._leg.prepare(), name="a camera being prepared")

    async def _settled(self) -> None:
        """Whatever is being prepared is so, or failed."""
        if self._prepared is not None:
            with suppress(asyncio.CancelledError, BrightKitchenError):
                await self._prepared

    def _to(self, state: TalkState) -> None:
        self._state = state
        self._since_s = self._clock.monotonic()
        self._tell()

    def _tell(self) -> None:
        self._caller.tell(self.status())

    def _about(self) -> dict[str, str | int]:
        return {
            "site": self.camera.site,
            "camera": self.camera.camera,
            "at_us": self._clock.now_us(),
            "talk": self.id,
            "talker": self._wanted.talker,
            "priority": self._wanted.priority,
        }

    def _require_open(self) -> None:
        if self.is_over:
            raise RequestRefused("talk_over", f"This talk is over ({self._ending}). Open a new one.", status=409)
