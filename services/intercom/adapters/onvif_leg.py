"""The speaker of a camera that has an ONVIF backchannel.

Released, the camera is paused a moment later: people speak in turns, and the next press is PLAY alone, while the
amplifier is off in between. Where it knows no PAUSE, or refused the PLAY after one, the session plays on without sound
for `LINGER_S`, is then ended and prepared anew.

A camera may accept everything and stay silent. Where its receiver reports say so, the session is opened anew once a
press, with a picture beside the sound; where they say so again, `is_heard` is False and the talker is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from services.intercom.adapters.aac_maker import SAMPLES, AacMaker
from services.intercom.g711 import decoded
from shared.errors import CameraRefused, PeerError
from shared.rtsp.backchannel import Backchannel
from shared.rtsp.packetize_audio import packetize_aac
from shared.telemetry import counter

# = what a camera may still have to say after a release, and is let say
TAIL_S = 0.5
# = how long the amplifier of a camera that cannot pause may stay on after a release
LINGER_S = 10.0
# Cameras forget a session a while after its end, and count it until then.
_REST_S = 2.0

_opened_anew = counter("intercom_sessions_opened_anew_total", "sessions opened anew", ["why"])


class OnvifLeg:
    """Implements `CameraLeg`. Args: new: makes a session."""

    def __init__(self, new: Callable[[], Backchannel], linger_s: float = LINGER_S):
        self._new = new
        self._linger_s = linger_s
        self._session: Backchannel | None = None
        self._is_playing = False
        self._is_pressed = False
        self._is_closed = False
        self._may_pause = True
        self._is_accompanied = False
        self._was_opened_anew = False
        self._failure: PeerError | None = None
        self._maker: AacMaker | None = None
        self._changed = asyncio.Event()
        # What goes on by itself: while pressed, listening for a camera that hears nothing; afterwards, coming to rest.
        self._behind: asyncio.Task[None] | None = None
        self._pausing: asyncio.Task[None] | None = None

    @property
    def is_heard(self) -> bool | None:
        heard = None if self._session is None else self._session.is_heard
        return heard if heard or self._was_opened_anew else None

    @property
    def session(self) -> str:
        return "" if self._session is None else self._session.session

    async def prepare(self) -> str:
        if self._session is not None and self._session.track is not None:
            return str(self._session.track.codec)
        session = self._new()
        try:
            track = await session.prepare(is_accompanied=self._is_accompanied)
        except BaseException:
            await session.close()
            raise
        self._session = session
        self._changed.set()
        return str(track.codec)

    async def play(self) -> None:
        await self._wake()
        self._is_pressed, self._was_opened_anew = True, False
        if not self._is_playing:
            await self._play()
        self._maker = self._new_maker()
        self._behind = asyncio.create_task(self._listen(), name="a camera that may hear nothing")

    def send(self, payload: bytes, samples: int) -> None:
        if self._session is None or not self._is_playing:
            return
        if self._maker is None:
            self._session.send(payload, samples)
        else:
            self._send_units(self._maker.put(decoded(payload, "pcmu")))

    async def stop(self) -> None:
        await self._wake()
        self._is_pressed = False
        if self._maker is not None:
            self._send_units(self._maker.end())
            self._maker = None
        self._behind = asyncio.create_task(self._rest(), name="a camera after a release")

    async def leave(self) -> None:
        """Somebody else has the floor: the camera may hold one session only. The next `play` begins anew."""
        await self._wake()
        self._is_pressed = False
        await self._drop()

    async def wait_closed(self) -> None:
        """A session that ends while nobody speaks is no failure: the next press opens another."""
        while not self._is_closed:
            if self._failure is not None:
                raise self._failure
            session = self._session
            self._changed.clear()
            if session is None:
                await self._changed.wait()
                continue
            try:
                await session.wait_closed()
            except PeerError:
                if self._session is not session:
                    continue
                if self._is_pressed and not self._is_closed:
                    raise
                await self._drop()

    async def close(self) -> None:
        self._is_closed = True
        await self._wake()
        await self._drop()
        self._changed.set()

    def _new_maker(self) -> AacMaker | None:
        """Of one press, for a camera that takes AAC."""
        audio = None if self._session is None or self._session.track is None else self._session.track.audio
        return None if audio is None else AacMaker(audio.sample_rate, audio.channels)

    def _send_units(self, units: Sequence[bytes]) -> None:
        if self._session is None or not self._is_playing:
            return
        for unit in units:
            pieces = packetize_aac(unit)
            for number, piece in enumerate(pieces, start=1):
                is_last = number == len(pieces)
                self._session.send(piece, SAMPLES if is_last else 0, is_whole=is_last)

    async def _play(self) -> None:
        was_paused = self._session is not None and self._session.sent > 0
        if self._session is None:
            await self.prepare()
        assert self._session is not None
        try:
            await self._session.play()
        except CameraRefused:
            if not was_paused:
                raise
            self._may_pause = False
            _opened_anew.labels(why="refused after a pause").inc()
            await self._drop()
            await self.prepare()
            await self._session.play()
        self._is_playing = True

    async def _listen(self) -> None:
        session = self._session
        assert session is not None
        await session.wait_unheard()
        # Whatever the camera was asked for that a simpler one would not be, is not asked for again.
        self._is_accompanied, self._may_pause = True, False
        _opened_anew.labels(why="heard nothing").inc()
        try:
            await self._drop()
            await self.prepare()
            await self._play()
            self._was_opened_anew = True
        except PeerError as error:
            self._failure = error
            self._changed.set()

    async def _rest(self) -> None:
        await asyncio.sleep(TAIL_S)
        # Not to be broken off half way: whether the camera plays must be known.
        self._pausing = asyncio.create_task(self._pause(), name="PAUSE")
        await asyncio.shield(self._pausing)
        if not self._is_playing:
            return
        await asyncio.sleep(self._linger_s - TAIL_S)
        await self._drop()
        await asyncio.sleep(_REST_S)
        with suppress(PeerError):  # the next press says it
            await self.prepare()

    async def _pause(self) -> None:
        session = self._session
        if session is None or not self._may_pause or not session.may_pause:
            return
        try:
            await session.pause()
            self._is_playing = False
        except CameraRefused:
            self._may_pause = False
        except PeerError:
            await self._drop()

    async def _wake(self) -> None:
        if self._behind is not None:
            self._behind.cancel()
            # Not awaited itself: whoever is cancelled while waiting here would take that for the task's own end.
            await asyncio.wait((self._behind,))
            behind, self._behind = self._behind, None
            if not behind.cancelled():
                behind.result()
        if self._pausing is not None:
            await self._pausing
            self._pausing = None

    async def _drop(self) -> None:
        session, self._session, self._is_playing = self._session, None, False
        if session is not None:
            await session.close()
