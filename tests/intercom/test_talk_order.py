"""Presses and releases of one talk, while its camera lets us wait."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from unittest.mock import AsyncMock, MagicMock

import pytest

from services.intercom.adapters.talk import Talk
from services.intercom.handlers.talks import Handlers
from services.intercom.legs import TalkLimits
from shared.clock import FakeClock, SystemClock
from shared.errors import RequestRefused
from shared.messages.cameras import DesiredCamera, DesiredStream
from shared.messages.intercom import TalkStatus, TalkWanted
from shared.subjects import CameraRef


async def test_who_lets_go_while_the_camera_is_being_prepared_does_not_speak_on() -> None:
    is_prepared = asyncio.Event()
    leg, speaker, floors, caller = MagicMock(), MagicMock(), AsyncMock(), MagicMock()

    async def prepare() -> str:
        await is_prepared.wait()
        return "pcmu"

    leg.prepare = prepare
    leg.is_heard = None
    caller.answer = AsyncMock(return_value="v=0")
    wanted = TalkWanted(site="s", camera="c", talker="anna", offer="v=0", is_prepared=True)
    started: list[Any] = []
    talk = Talk(
        "w.1", wanted, caller, leg, speaker, floors, lambda: None, lambda fact: None, FakeClock(), MagicMock(), started.append
    )  # fmt: skip
    done: list[str] = []
    talk._press = AsyncMock(side_effect=lambda: done.append("pressed"))  # type: ignore[method-assign]
    talk._stop = AsyncMock(side_effect=done.append)  # type: ignore[method-assign]
    await talk.open()
    press = asyncio.create_task(talk.press())
    await asyncio.sleep(0)
    release = asyncio.create_task(talk.release())
    for _ in range(5):
        await asyncio.sleep(0)
    assert done == []
    is_prepared.set()
    await asyncio.gather(press, release)
    assert done == ["pressed", "released"]


async def test_talks_that_are_being_opened_count() -> None:
    goes_on = asyncio.Event()

    def new_talk(id: str, wanted: TalkWanted, desired: DesiredCamera) -> Any:
        async def open() -> str:
            await goes_on.wait()
            return "v=0"

        status = TalkStatus(talk=id, site="s", camera="c", talker=wanted.talker, priority="routine", state="preparing")
        return MagicMock(id=id, is_over=False, open=open, status=lambda: status)

    desired = DesiredCamera(site="s", camera="c", name="c", main=DesiredStream(url="rtsp://h/1"))
    handlers = Handlers("w", new_talk, 1, FakeClock(), cameras={CameraRef("s", "c"): desired})
    request = TalkWanted(site="s", camera="c", talker="anna", offer="v=0").encode()
    first = asyncio.create_task(handlers.talk_open(request))
    await asyncio.sleep(0)
    with pytest.raises(RequestRefused, match="No more talks"):
        await asyncio.wait_for(handlers.talk_open(request), 5)
    goes_on.set()
    assert (await first).answer == "v=0"
    with pytest.raises(RequestRefused, match="No more talks"):
        await handlers.talk_open(request)


async def test_a_talk_that_slept_does_not_blame_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intercom.adapters.talk.ROUND_S", 0.02)
    clock, silent_s = SystemClock(), 0.4
    speaker, leg, caller, floors = MagicMock(heard_s=0.0), MagicMock(is_heard=None), MagicMock(), AsyncMock()
    leg.prepare = AsyncMock(return_value="pcmu")
    leg.play, leg.stop, leg.leave, leg.close = AsyncMock(), AsyncMock(), AsyncMock(), AsyncMock()
    leg.wait_closed = asyncio.Event().wait
    caller.answer, caller.wait_connected, caller.close = AsyncMock(return_value="v=0"), AsyncMock(), AsyncMock()
    caller.has_ended = False
    floors.take, floors.renew = AsyncMock(return_value=1), AsyncMock(return_value=1)
    wanted = TalkWanted(site="s", camera="c", talker="anna", offer="v=0", is_prepared=True)
    running: list[asyncio.Task[None]] = []
    talk = Talk(
        "w.1", wanted, caller, leg, speaker, floors, lambda: None, lambda fact: None, clock,
        TalkLimits(silent_s=silent_s), lambda one: running.append(asyncio.create_task(one.run())),
    )  # fmt: skip
    await talk.open()

    async def speak() -> None:
        while True:
            speaker.heard_s = clock.monotonic()
            await asyncio.sleep(0.02)

    speaking = asyncio.create_task(speak())
    await talk.press()
    await asyncio.sleep(0.1)
    speaking.cancel()
    time.sleep(3 * silent_s)  # the loop stands still: that is what is tested
    for _ in range(3):  # the timers that are late fire, and what came meanwhile is not read yet
        await asyncio.sleep(0.03)
    assert talk.status().state == "talking"
    async with asyncio.timeout(5):
        await running[0]
    assert talk.status().ending == "browser_silent"
