"""The speaker of a camera of which nobody said how it is reached: the first way that works."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.intercom.legs import CameraLeg
from shared.errors import CameraRefused, CameraUnreachable, PeerError, ProtocolViolation
from shared.messages.speakers import FoundWay

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way. `look` says which codec the camera would be given, and leaves nothing behind; raises PeerError."""

    way: FoundWay
    leg: Callable[[], CameraLeg]
    look: Callable[[], Awaitable[str]]


class FirstLeg:
    """Implements `CameraLeg`.

    Args:
        candidates: in the order in which they are tried; of those behind the first it is no wonder that nothing
            answers them.
    """

    def __init__(self, candidates: Sequence[Candidate]):
        self._candidates = candidates
        self._chosen: CameraLeg | None = None
        self._is_closed = False
        self._changed = asyncio.Event()

    @property
    def is_heard(self) -> bool | None:
        return None if self._chosen is None else self._chosen.is_heard

    @property
    def session(self) -> str:
        return "" if self._chosen is None else self._chosen.session

    async def prepare(self) -> str:
        if self._chosen is not None:
            return await self._chosen.prepare()
        codec, self._chosen = await first_of(self._candidates, _prepared)
        self._changed.set()
        return codec

    async def play(self) -> None:
        if self._chosen is None:
            await self.prepare()
        assert self._chosen is not None
        await self._chosen.play()

    def send(self, payload: bytes, samples: int) -> None:
        if self._chosen is not None:
            self._chosen.send(payload, samples)

    async def stop(self) -> None:
        if self._chosen is not None:
            await self._chosen.stop()

    async def leave(self) -> None:
        if self._chosen is not None:
            await self._chosen.leave()

    async def wait_closed(self) -> None:
        while not self._is_closed:
            if self._chosen is not None:
                return await self._chosen.wait_closed()
            self._changed.clear()
            await self._changed.wait()

    async def close(self) -> None:
        self._is_closed = True
        self._changed.set()
        if self._chosen is not None:
            await self._chosen.close()


async def looked_for(candidates: Sequence[Candidate]) -> tuple[str, FoundWay]:
    """The codec and the way of the first that works. Raises PeerError: why there is none."""

    async def look(candidate: Candidate) -> tuple[str, FoundWay]:
        return await candidate.look(), candidate.way

    return await first_of(candidates, look)


async def first_of(candidates: Sequence[Candidate], use: Callable[[Candidate], Awaitable[T]]) -> T:
    """What `use` makes of the first candidate that is not refused as one that the camera does not have."""
    refusals: list[str] = []
    for number, candidate in enumerate(candidates):
        try:
            return await use(candidate)
        except PeerError as error:
            if not _goes_on(error, is_first=number == 0):
                raise
            refusals.append(str(error))
    # What the first said is what people look at first; the others are mentioned where they were asked.
    raise CameraRefused(" ".join(dict.fromkeys(refusals)), code="no_speaker")


async def _prepared(candidate: Candidate) -> tuple[str, CameraLeg]:
    leg = candidate.leg()
    try:
        return await leg.prepare(), leg
    except BaseException:
        await leg.close()
        raise


def _goes_on(error: PeerError, *, is_first: bool) -> bool:
    if isinstance(error, CameraRefused):
        # Another maker's camera refuses what it does not know with whatever it likes, but for the password.
        return error.code in ("no_speaker", "codec") or (not is_first and error.code != "busy")
    return not is_first and isinstance(error, CameraUnreachable | ProtocolViolation)
