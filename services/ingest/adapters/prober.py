"""Looks at an address once: connects, waits for the first GOP, says what is there or why nothing is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from services.ingest.adapters.sources import Sources
from services.ingest.conditions import CameraFrozen, finding_of
from services.ingest.normaliser import Normaliser
from shared.clock import Clock
from shared.errors import PeerError
from shared.media.formats import StreamFormat
from shared.media.fragment import Fragment
from shared.messages.ingest import ProbeReply, ProbeRequest

PROBE_LIMIT_S = 9.0
# = time for a second IDR, which tells the GOP length; a camera with longer GOPs is shown without it
GOP_LIMIT_S = 3.0
AT_ONCE = 8


@dataclass(slots=True)
class _Seen:
    """What came so far."""

    began: float
    clock: Clock
    fmt: StreamFormat | None = None
    first_picture_s: float | None = None
    has_picture: asyncio.Event = field(default_factory=asyncio.Event)

    def on_run(self, run: str, stream: StreamFormat, why: str) -> None:
        self.fmt = stream

    def on_fragment(self, fragment: Fragment) -> None:
        if self.first_picture_s is None:
            self.first_picture_s = self.clock.monotonic() - self.began
            self.has_picture.set()


class Prober:
    """Answers the command `probe`, a few at once."""

    def __init__(self, sources: Sources, clock: Clock):
        self._sources = sources
        self._clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def probe(self, data: bytes) -> ProbeReply:
        """Handler of the request."""
        request = ProbeRequest.decode(data)
        async with self._turns:
            return await self._look(request)

    async def _look(self, request: ProbeRequest) -> ProbeReply:
        seen = _Seen(self._clock.monotonic(), self._clock)
        normaliser = Normaliser(seen.on_fragment, seen, lambda: "0" * 16, 2_000_000, is_watched=True)
        try:
            source = self._sources.of(request.url, request.username, request.password, request.transport, True)
            running = asyncio.create_task(source.run(normaliser))
        except PeerError as error:
            return _failure(error)
        picture = asyncio.create_task(seen.has_picture.wait())
        try:
            await asyncio.wait({running, picture}, timeout=PROBE_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
            if not picture.done():
                return _failure(CameraFrozen(f"Connected, but no picture within {PROBE_LIMIT_S:g} s."))
            await self._wait_for_second_idr(normaliser, running)
        except PeerError as error:
            return _failure(error)
        finally:
            picture.cancel()
            running.cancel()
            await asyncio.wait({running}, timeout=2.0)
        return _success(seen, normaliser)

    async def _wait_for_second_idr(self, normaliser: Normaliser, running: asyncio.Task[None]) -> None:
        until = self._clock.monotonic() + GOP_LIMIT_S
        while normaliser.figures.gop_seconds is None and self._clock.monotonic() < until and not running.done():
            await self._clock.sleep(0.05)


def _failure(error: PeerError) -> ProbeReply:
    finding = finding_of(error)
    return ProbeReply(is_ok=False, reason_code=finding.reason_code, reason=finding.reason)


def _success(seen: _Seen, normaliser: Normaliser) -> ProbeReply:
    assert seen.fmt is not None
    assert seen.fmt.video is not None
    video, audio = seen.fmt.video, seen.fmt.audio
    first_picture_s = seen.first_picture_s or 0.0
    return ProbeReply(
        is_ok=True,
        reason_code="ok",
        reason="Pictures are coming.",
        video_codec=video.codec,
        audio_codec=None if audio is None else "aac",
        codecs=seen.fmt.codecs,
        width=video.width,
        height=video.height,
        frame_rate=video.frame_rate,
        gop_seconds=normaliser.figures.gop_seconds,
        first_picture_ms=round(first_picture_s * 1000),
    )
