"""One talk: a browser's microphone, a camera's speaker, and the floor between press and release.

    preparing --camera set up--> ready --press--> talking --release--> ready; everything ends in `ended`, with a reason.

Nothing here knows WebRTC, RTSP or NATS: legs and floors are Protocols.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

from services.intercom.legs import CallerLeg, CameraLeg, Floors, Speaker, TalkLimits
from shared.clock import Clock
from shared.errors import BrightKitchenError, CameraRefused, PeerError, RequestRefused
from shared.messages.base import Fact
from shared.messages.intercom import FloorHeld, TalkEnded, TalkEnding, TalkStarted, TalkState, TalkStatus, TalkWanted
from shared.subjects import CameraRef

# = how soon a lost floor, a silent browser and a limit are noticed
ROUND_S = 0.25
RENEW_S = 1.2


class Talk:
    """`open`; from then on `run` in a task until it ends; `press`, `release` and `hang_up` at any time.

    Args:
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
        self._floors = floors
        self._say = say
        self._clock = clock
        self._limits = limits
        self._start = start
        self._state: TalkState = "preparing"
        self._codec: str | None = None
        self._ending: TalkEnding | None = None
        self._detail = ""
        self._holder: str | None = None
        self._revision: int | None = None
        self._renewed_s = 0.0
        self._since_s = clock.monotonic()
        self._floor = FloorHeld(talk=id, talker=wanted.talker, priority=wanted.priority, since_us=0)
        self._lock = asyncio.Lock()
        self._over = asyncio.Event()
        self._prepared: asyncio.Task[str] | None = None

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def status(self) -> TalkStatus:
        return TalkStatus(
            talk=self.id,
            site=self.camera.site,
            camera=self.camera.camera,
            talker=self._wanted.talker,
            priority=self._wanted.priority,
            state=self._state,
            ending=self._ending,
            detail=self._detail,
            holder=self._holder,
            codec=self._codec,
            is_heard=self._leg.is_heard,
            packets=self._speaker.packets,
            lost=self._speaker.lost,
            delay_ms=round(1000 * self._speaker.delay_s, 1),
        )

    async def open(self) -> str:
        """The answer for the browser; the camera is being prepared meanwhile. Raises RequestRefused."""
        self._prepared = asyncio.create_task(self._leg.prepare())
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
        except _Over as over:
            await self._end(over.ending, over.detail)
        finally:
            await self._close()

    async def press(self) -> TalkStatus:
        """Take the floor and let the camera play. Raises FloorTaken, or RequestRefused where the talk is over."""
        await self._until_prepared()
        async with self._lock:
            self._require_open()
            if self._state == "talking":
                return self.status()
            try:
                await self._press()
            except PeerError as error:
                await self._end(_ending_of(error), str(error))
                raise RequestRefused(self._ending or "camera_refused", str(error), status=503) from error
            return self.status()

    async def release(self) -> TalkStatus:
        """Stop speaking; the next press is as fast."""
        async with self._lock:
            self._require_open()
            if self._state == "talking":
                await self._quiet("released")
                self._to("ready")
            return self.status()

    async def floor_is(self, held: FloorHeld | None) -> None:
        """News of the camera's floor: whoever lost it falls silent and is told to whom, and when it is free again."""
        async with self._lock:
            if self.is_over or (held is not None and held.talk == self.id):
                return
            is_lost = held is not None and self._state == "talking"
            if is_lost:
                self._revision = None
                await self._quiet("preempted")
            holder = None if held is None else held.talker
            if held is not None and self._state == "ready" and not is_lost:
                await self._leg.leave()
            if is_lost or (holder != self._holder and self._state == "ready"):
                self._holder = holder
                self._to("ready")

    async def hang_up(self, ending: TalkEnding = "hung_up", detail: str = "") -> TalkStatus:
        async with self._lock:
            await self._end(ending, detail)
        return self.status()

    async def _until_ready(self) -> None:
        assert self._prepared is not None
        connected = asyncio.create_task(self._caller.wait_connected())
        try:
            self._codec = await self._prepared
        except PeerError as error:
            connected.cancel()
            raise _Over(_ending_of(error), str(error)) from error
        if self._state == "preparing":
            self._to("ready")
        try:
            await connected
            if not self._wanted.is_prepared and not self.is_over:
                await self.press()
        except RequestRefused as refusal:
            raise _Over("camera_refused" if self._holder is None else "preempted", str(refusal)) from refusal
        except PeerError as error:
            raise _Over("ice_failed", str(error)) from error

    async def _until_prepared(self) -> None:
        """Raises RequestRefused where the camera cannot be spoken to."""
        self._require_open()
        assert self._prepared is not None
        try:
            self._codec = await asyncio.shield(self._prepared)
        except PeerError as error:
            raise RequestRefused(_ending_of(error), str(error), status=503) from error

    async def _watch(self) -> None:
        closed = asyncio.create_task(self._leg.wait_closed())
        try:
            while not self.is_over:
                over = asyncio.create_task(self._over.wait())
                await asyncio.wait((closed, over), timeout=ROUND_S, return_when=asyncio.FIRST_COMPLETED)
                over.cancel()
                if closed.done() and not self.is_over:
                    raise _Over("camera_gone", str(closed.exception() or "the camera ended the session"))
                if self._caller.has_ended and not self.is_over:
                    raise _Over("browser_gone", "the browser is gone")
                async with self._lock:
                    await self._look()
        finally:
            closed.cancel()
            with suppress(BaseException):
                await closed

    async def _look(self) -> None:
        now = self._clock.monotonic()
        since_s = now - self._since_s
        if self._state == "ready" and since_s > self._limits.idle_s:
            raise _Over("idle", f"nobody pressed for {self._limits.idle_s:.0f} s")
        if self._state != "talking":
            return
        if since_s > self._limits.press_s:
            raise _Over("time_limit", f"a press may last {self._limits.press_s:.0f} s")
        silent_s = now - max(self._speaker.heard_s, self._since_s)
        if silent_s > self._limits.silent_s:
            raise _Over("browser_silent", f"nothing came from the browser for {silent_s:.1f} s")
        if now - self._renewed_s >= RENEW_S:
            await self._renew(now)

    async def _renew(self, now: float) -> None:
        assert self._revision is not None
        try:
            revision = await self._floors.renew(self.camera, self._floor, self._revision)
        except PeerError:
            return  # the bus is away: who speaks goes on; the floor ends by itself if it stays away
        if revision is None:
            # Somebody speaks more urgently; the news of who is on its way.
            self._revision = None
            await self._quiet("preempted")
            self._to("ready")
            return
        self._revision, self._renewed_s = revision, now

    async def _press(self) -> None:
        assert self._codec is not None
        floor = self._floor = self._floor.model_copy(update={"since_us": self._clock.now_us()})
        try:
            self._revision = await self._floors.take(self.camera, floor)
        except RequestRefused as refusal:
            held = getattr(refusal, "held", None)
            self._holder = held.talker if isinstance(held, FloorHeld) else None
            self._caller.tell(self.status())
            raise
        self._holder = None
        self._renewed_s = self._clock.monotonic()
        try:
            await self._leg.play()
        except PeerError:
            await self._free()
            raise
        self._speaker.on(self._codec)
        self._to("talking")
        self._say(TalkStarted(**self._about(), codec=self._codec))

    async def _quiet(self, ending: TalkEnding | Literal["released"]) -> None:
        """No more sound, the floor free, and said so. The camera is told before anybody else may speak."""
        self._speaker.off()
        seconds = self._clock.monotonic() - self._since_s
        try:
            await self._leg.stop()
        except PeerError as error:
            if ending == "released":
                raise _Over(_ending_of(error), str(error)) from error
        finally:
            await self._free()
            ended = TalkEnded(**self._about(), seconds=round(seconds, 3), ending=ending, packets=self._speaker.packets)
            self._say(ended)

    async def _free(self) -> None:
        if self._revision is not None:
            revision, self._revision = self._revision, None
            with suppress(PeerError):  # it ends by itself
                await self._floors.release(self.camera, revision)

    async def _end(self, ending: TalkEnding, detail: str) -> None:
        if self.is_over:
            return
        if self._state == "talking":
            await self._quiet(ending)
        self._ending, self._detail = ending, detail
        self._to("ended")
        self._over.set()

    async def _close(self) -> None:
        if self._prepared is not None and not self._prepared.done():
            self._prepared.cancel()
        if self._prepared is not None:
            with suppress(asyncio.CancelledError, BrightKitchenError):
                await self._prepared
        await self._leg.close()
        await self._caller.close()

    def _to(self, state: TalkState) -> None:
        self._state = state
        self._since_s = self._clock.monotonic()
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


class _Over(Exception):
    def __init__(self, ending: TalkEnding, detail: str):
        super().__init__(detail)
        self.ending = ending
        self.detail = detail


def _ending_of(error: PeerError) -> TalkEnding:
    if isinstance(error, CameraRefused):
        return "no_backchannel" if error.status in (None, 551) and not error.is_credentials else "camera_refused"
    return "camera_unreachable"
