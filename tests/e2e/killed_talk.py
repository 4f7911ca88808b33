"""Somebody speaks, somebody waits, and the worker of the first is killed, or its machine falls silent."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tests.e2e.second_intercom import another_intercom, worker_of
from tests.intercom.heard import heard
from tests.intercom.talker import Talker
from tests.peers.told import played_last, until_over
from tests.stack import Stack

LOUD = 3000
_LIMIT_S = 20.0


@dataclass(frozen=True)
class Killed:
    """Seconds after the end.

    Attributes:
        told_s: who spoke can be told that the talk is gone; reason: the code.
        silent_s: the last of that talker's sound in the kitchen, before or after.
        camera_s: the camera plays no more of it; camera: by what.
        floor_s: who waited at the other worker speaks.
        heard_s: and is heard.
    """

    told_s: float
    reason: str
    silent_s: float
    camera_s: float
    camera: str
    floor_s: float
    heard_s: float

    def rounded(self) -> dict[str, object]:
        return {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(self).items()}


async def kill_who_speaks(
    stack: Stack, new_talker: Callable[[str], Talker], camera: str, sound: Path, told: Path, *, is_frozen: bool = False
) -> Killed:
    """
    Args:
        new_talker: of `li` and of `wang`; sound, told: what the camera writes.
        is_frozen: the worker neither ends nor does anything, and its connections stand: as a machine that lost its
            network or its power looks to the camera.
    """
    with another_intercom(stack) as second:
        li, wang = new_talker("li"), new_talker("wang")
        await _open(li, camera, is_second=True)
        assert (await li.press()).status_code == 200
        await _until_loud(sound, time.time())
        await _open(wang, camera, is_second=False)
        wang.tone._hz = 880.0
        waiting = await wang.press(may_wait=True)
        assert (waiting.status_code, waiting.json()["queue_position"]) == (200, 1), waiting.text
        session = played_last(told)
        second.send_signal(signal.SIGSTOP if is_frozen else signal.SIGKILL)
        killed_s = time.time()
        asked = asyncio.create_task(_until_told(li))
        ended = asyncio.create_task(asyncio.to_thread(until_over, told, session, killed_s, _LIMIT_S))
        await wang.until("talking", _LIMIT_S)
        floor_s = time.time()
        heard_s = await _until_loud(sound, floor_s)
        over, (reason, told_s) = await ended, await asked
        silent_s = max(one.at_s for one in heard(sound) if one.at_s < floor_s - 0.5)
        for one in (li, wang):
            await one.close()
    return Killed(
        told_s - killed_s, reason, silent_s - killed_s, over.at_s - killed_s, over.what, floor_s - killed_s,
        heard_s - killed_s,
    )  # fmt: skip


async def _open(talker: Talker, camera: str, *, is_second: bool) -> None:
    """The queue group asks either worker."""
    for _ in range(40):
        assert (await talker.offer(camera, prepare="true")).status_code == 201
        if (worker_of(talker) == "second") == is_second:
            await talker.until("ready")
            return
        await talker.http.delete(talker.talk)
        assert talker.peer is not None
        await talker.peer.close()
    raise AssertionError("the queue group asks one worker alone")


async def _until_loud(sound: Path, since_s: float) -> float:
    async with asyncio.timeout(_LIMIT_S):
        while True:
            for one in heard(sound):
                if one.at_s >= since_s and np.abs(one.samples).max() > LOUD:
                    return one.at_s
            await asyncio.sleep(0.05)


async def _until_told(talker: Talker) -> tuple[str, float]:
    """As the console asks: once a second, here more often."""
    async with asyncio.timeout(_LIMIT_S):
        while True:
            answer = await talker.http.get(talker.talk)
            if answer.status_code != 200:
                return str(answer.json()["code"]), time.time()
            await asyncio.sleep(0.1)
