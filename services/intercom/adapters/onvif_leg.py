"""The speaker of a camera that has an ONVIF backchannel.

After a release the session goes on playing without sound for a while: people speak in turns, and the next press costs
nothing. Then it is ended, so that no camera hisses and nobody else is kept out, and prepared anew. It is not paused:
cameras that grant PAUSE and refuse the PLAY after it are common (GStreamer's server is one).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from shared.errors import PeerError
from shared.rtsp.backchannel import Backchannel

# = how long a camera's amplifier may stay on after a release
LINGER_S = 10.0
# A session opened at once after another was ended stays silent on some cameras.
_REST_S = 2.0


class OnvifLeg:
    """Implements `CameraLeg`. Args: new: makes a session."""

    def __init__(self, new: Callable[[], Backchannel], linger_s: float = LINGER_S):
        self._new = new
        self._linger_s = linger_s
        self._session: Backchannel | None = None
        self._is_playing = False
        self._is_closed = False
        self._resting: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def is_heard(self) -> bool | None:
        return None if self._session is None else self._session.is_heard

    async def prepare(self) -> str:
        session = self._new()
        try:
            track = await session.prepare()
        except BaseException:
            await session.close()
            raise
        self._session = session
        self._changed.set()
        return str(track.codec)

    async def play(self) -> None:
        await self._wake()
        if self._session is None:
            await self.prepare()
        if not self._is_playing and self._session is not None:
            await self._session.play()
            self._is_playing = True

    async def stop(self) -> None:
        await self._wake()
        self._resting = asyncio.create_task(self._rest())

    async def leave(self) -> None:
        """Somebody else has the floor: the camera may hold one session only. The next `play` begins anew."""
        await self._wake()
        await self._drop()

    def send(self, payload: bytes, samples: int) -> None:
        if self._session is not None and self._is_playing:
            self._session.send(payload, samples)

    async def wait_closed(self) -> None:
        while not self._is_closed:
            session = self._session
            self._changed.clear()
            if session is None:
                await self._changed.wait()
                continue
            try:
                await session.wait_closed()
            except PeerError:
                if self._session is session and not self._is_closed:
                    raise

    async def close(self) -> None:
        self._is_closed = True
        await self._wake()
        await self._drop()
        self._changed.set()

    async def _rest(self) -> None:
        await asyncio.sleep(self._linger_s)
        await self._drop()
        await asyncio.sleep(_REST_S)
        with suppress(PeerError):  # the next press says it
            await self.prepare()

    async def _wake(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            with suppress(asyncio.CancelledError):
                await self._resting
            self._resting = None

    async def _drop(self) -> None:
        session, self._session, self._is_playing = self._session, None, False
        if session is not None:
            await session.close()
