"""Writes a talk down while it lasts: what is sent to the kitchen, what is heard there, who pressed and when.

From the first press until the talk ends, or until for a while nobody has pressed: a kitchen answers after the release,
and its answer belongs to the talk. A talk that goes on longer, or begins to speak again, is kept in parts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from services.intercom.adapters.journal_spool import Journal, JournalSpool
from services.intercom.legs import CameraLeg
from services.intercom.talk_journal import About, Entry
from shared.clock import Clock
from shared.messages.base import Fact
from shared.messages.intercom import TalkEnded, TalkStarted, TalkWanted

# How long a kitchen may take to answer.
TAIL_S = 20.0
# = how much memory making the files may take: 64 kB for each second of listening
PART_MAX_S = 600.0


class Microphone(Protocol):
    def open(self) -> None: ...

    async def close(self) -> None: ...


class TalkRecorder:
    """Of one talk.

    Args:
        microphone: makes one that tells what the camera hears.
    """

    def __init__(
        self,
        id: str,
        wanted: TalkWanted,
        spool: JournalSpool,
        microphone: Callable[[Callable[[Entry], None]], Microphone],
        clock: Clock,
    ):
        self._id = id
        self._wanted = wanted
        self._spool = spool
        self._new_microphone = microphone
        self._clock = clock
        self._journal: Journal | None = None
        self._microphone: Microphone | None = None
        self._begun_s = 0.0
        self._part = 0
        self._codec = ""
        self._tail: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def note(self, fact: Fact) -> None:
        """A press begins or ends."""
        if isinstance(fact, TalkStarted):
            self._codec = fact.codec
            self._press(fact.at_us)
        elif isinstance(fact, TalkEnded) and self._journal is not None:
            self._put(Entry("release", fact.at_us, fact.ending.encode()))
            self._tail = asyncio.get_running_loop().call_later(TAIL_S, self._end)

    def sent(self, payload: bytes) -> None:
        """One packet, as it was given to the camera."""
        if self._journal is None:
            return
        now_us = self._clock.now_us()
        if self._clock.monotonic() - self._begun_s > PART_MAX_S:
            self._put(Entry("release", now_us, b"released"))
            self._end()
            self._press(now_us)
        self._put(Entry("sent", now_us, payload))

    async def close(self) -> None:
        """The talk is over."""
        self._end()
        await asyncio.gather(*self._closing)

    def _press(self, at_us: int) -> None:
        if self._tail is not None:
            self._tail.cancel()
            self._tail = None
        if self._journal is None:
            self._begin(at_us)
        self._put(Entry("press", at_us))

    def _begin(self, at_us: int) -> None:
        self._part += 1
        wanted = self._wanted
        about = About(
            record=f"{self._id}-{self._part}",
            talk=self._id,
            site=wanted.site,
            camera=wanted.camera,
            case=wanted.case,
            talker=wanted.talker,
            priority=wanted.priority,
            # A camera that takes something else is given that, made of mu-law.
            codec="pcma" if self._codec == "pcma" else "pcmu",
        )
        journal = self._journal = self._spool.begin(about, at_us)
        self._begun_s = self._clock.monotonic()
        self._microphone = self._new_microphone(journal.put)
        self._microphone.open()

    def _put(self, entry: Entry) -> None:
        if self._journal is not None:
            self._journal.put(entry)

    def _end(self) -> None:
        if self._tail is not None:
            self._tail.cancel()
            self._tail = None
        journal, self._journal = self._journal, None
        microphone, self._microphone = self._microphone, None
        if journal is None or microphone is None:
            return

        async def close() -> None:
            await microphone.close()
            journal.close()

        task = asyncio.create_task(close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class RecordedLeg:
    """Implements `CameraLeg`: another one, and what goes through it is written down."""

    def __init__(self, leg: CameraLeg, recorder: TalkRecorder):
        self._leg = leg
        self._recorder = recorder

    @property
    def is_heard(self) -> bool | None:
        return self._leg.is_heard

    @property
    def session(self) -> str:
        return self._leg.session

    async def prepare(self) -> str:
        return await self._leg.prepare()

    async def play(self) -> None:
        await self._leg.play()

    def send(self, payload: bytes, samples: int) -> None:
        self._leg.send(payload, samples)
        self._recorder.sent(payload)

    async def stop(self) -> None:
        await self._leg.stop()

    async def leave(self) -> None:
        await self._leg.leave()

    async def wait_closed(self) -> None:
        await self._leg.wait_closed()

    async def close(self) -> None:
        try:
            await self._leg.close()
        finally:
            await self._recorder.close()
