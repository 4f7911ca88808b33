"""The speaker of a camera that is spoken to by an HTTP upload, in the dialect of its maker.

Nothing is opened before a press: while the channel is open nobody else can speak, and amplifiers hiss. Released, the
upload stays for a while, because people speak in turns; then it is ended.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from services.intercom.adapters.camera_http import HttpAnswer, Upload
from shared.errors import CameraRefused, PeerError

# = how long a camera's amplifier may stay on after a release
LINGER_S = 10.0


class Dialect(Protocol):
    """What differs from maker to maker. All raise PeerError."""

    async def look(self) -> str:
        """The codec that the camera takes: pcmu or pcma."""
        ...

    async def begin(self) -> Upload: ...

    async def end(self) -> None:
        """The camera is told that nobody speaks any more; raises nothing."""
        ...


class UploadLeg:
    """Implements `CameraLeg`."""

    def __init__(self, dialect: Dialect, linger_s: float = LINGER_S):
        self._dialect = dialect
        self._linger_s = linger_s
        self._codec: str | None = None
        self._upload: Upload | None = None
        self._is_pressed = False
        self._is_closed = False
        self._resting: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def is_heard(self) -> bool | None:
        return None  # neither maker's protocol has a report

    @property
    def session(self) -> str:
        return ""  # an upload ends with its connection

    async def prepare(self) -> str:
        if self._codec is None:
            self._codec = await self._dialect.look()
        return self._codec

    async def play(self) -> None:
        await self._wake()
        if self._upload is None:
            await self.prepare()
            self._upload = await self._dialect.begin()
            self._changed.set()
        self._is_pressed = True

    def send(self, payload: bytes, samples: int) -> None:
        if self._upload is not None and self._is_pressed:
            self._upload.write(payload)

    async def stop(self) -> None:
        await self._wake()
        self._is_pressed = False
        self._resting = asyncio.create_task(self._rest(), name="a camera after a release")

    async def leave(self) -> None:
        await self._wake()
        self._is_pressed = False
        await self._drop()

    async def wait_closed(self) -> None:
        """An upload that ends while nobody speaks is no failure: the next press begins another."""
        while not self._is_closed:
            upload = self._upload
            self._changed.clear()
            if upload is None:
                await self._changed.wait()
                continue
            error = await _why_ended(upload)
            if self._upload is not upload:
                continue
            if self._is_pressed and not self._is_closed:
                raise error
            await self._drop()

    async def close(self) -> None:
        self._is_closed = True
        await self._wake()
        self._is_pressed = False
        await self._drop()
        self._changed.set()

    async def _rest(self) -> None:
        await asyncio.sleep(self._linger_s)
        await self._drop()

    async def _wake(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            with suppress(asyncio.CancelledError):
                await self._resting
            self._resting = None

    async def _drop(self) -> None:
        upload, self._upload = self._upload, None
        if upload is not None:
            try:
                await self._dialect.end()
            finally:
                await upload.close()


def refusal(answer: HttpAnswer, *, is_busy: bool = False) -> CameraRefused:
    """Of an answer that is none of 2xx."""
    if is_busy or answer.status == 503:
        return CameraRefused("Somebody else speaks through this camera.", status=answer.status, code="busy")
    if answer.status in (401, 403):
        return CameraRefused(
            "The camera does not let this user speak: give it the right to two-way audio.", status=answer.status
        )
    return CameraRefused(f"The camera answered with {answer.status}.", status=answer.status)


async def _why_ended(upload: Upload) -> PeerError:
    ended = await upload.wait_ended()
    answer = await upload.answer(within_s=0.0)
    return ended if answer is None or answer.status < 300 else refusal(answer)
