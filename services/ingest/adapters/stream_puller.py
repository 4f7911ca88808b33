"""One connection to one stream of one camera: connect, hand on what comes, notice when nothing does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from services.ingest.conditions import ONLINE, STARTING, CameraFrozen, Finding, finding_of
from services.ingest.fleet import StreamRef, Watching
from services.ingest.normaliser import Normaliser
from shared.clock import Clock
from shared.errors import CameraUnreachable, PeerError
from shared.media.formats import StreamFormat


class Source(Protocol):
    """Whatever speaks the camera's protocol. It describes its tracks to the normaliser, then feeds it."""

    async def run(self, sink: Normaliser) -> None:
        """Until cancelled or the stream ends. Raises PeerError; returning means end of stream."""
        ...

    def set_immediate(self, is_immediate: bool) -> None:
        """Read as soon as bytes arrive (somebody watches), or on the process's tick."""
        ...


class StreamEvents(Protocol):
    """What the puller reports, in terms of cameras."""

    def found(self, stream: StreamRef, finding: Finding) -> None: ...

    def run_began(self, stream: StreamRef, run: str, fmt: StreamFormat, why: str) -> None: ...


class StreamPuller:
    """Supervised: `run_once` is one connection; the supervisor waits between two."""

    def __init__(
        self,
        stream: StreamRef,
        open_source: Callable[[], Source],
        new_normaliser: Callable[[StreamPuller], Normaliser],
        events: StreamEvents,
        clock: Clock,
        frozen_after_s: float,
        first_picture_limit_s: float,
    ):
        self.stream = stream
        self._open_source = open_source
        self._new_normaliser = new_normaliser
        self._events = events
        self._clock = clock
        self._frozen_after_s = frozen_after_s
        self._first_picture_limit_s = first_picture_limit_s
        self._watching = Watching.NOBODY
        self._source: Source | None = None
        self._limit: asyncio.Timeout | None = None
        self._seen_pictures = 0
        self._seen_at = 0.0
        self.normaliser: Normaliser | None = None
        """Of the connection that stands or was last tried."""

    async def run_once(self) -> None:
        """One connection, until it ends. Raises the PeerError that ended it, after reporting it."""
        if self.normaliser is None:
            self._events.found(self.stream, STARTING)
        normaliser = self.normaliser = self._new_normaliser(self)
        source = self._source = self._open_source()
        self._seen_pictures, self._seen_at = 0, self._clock.monotonic()
        source.set_immediate(self._watching is not Watching.NOBODY)
        normaliser.watch(self._watching is Watching.EACH)
        try:
            async with asyncio.timeout(None) as self._limit:
                await source.run(normaliser)
            raise CameraUnreachable("end of stream", code="closed")
        except TimeoutError:
            error = CameraFrozen(f"No picture for {self._frozen_after_s:g} s.")
            self._events.found(self.stream, finding_of(error))
            raise error from None
        except PeerError as error:
            self._events.found(self.stream, finding_of(error))
            raise
        finally:
            self._limit = None
            self._source = None
            normaliser.finish()

    def watch(self, watching: Watching) -> None:
        """Somebody looks, or nobody any more."""
        self._watching = watching
        if self._source is not None:
            self._source.set_immediate(watching is not Watching.NOBODY)
        if self.normaliser is not None:
            self.normaliser.watch(watching is Watching.EACH)

    def tick(self) -> None:
        """About once a second: has a picture come since the last look?"""
        if self._limit is None or self.normaliser is None:
            return
        pictures = self.normaliser.figures.pictures
        now = self._clock.monotonic()
        if pictures != self._seen_pictures:
            self._seen_pictures, self._seen_at = pictures, now
            return
        limit_s = self._frozen_after_s if pictures else self._first_picture_limit_s
        if now - self._seen_at >= limit_s:
            limit, self._limit = self._limit, None  # once: an expiring limit refuses to be moved again
            limit.reschedule(asyncio.get_running_loop().time())

    def take_lost_packets(self) -> int:
        """RTP packets lost since the last call."""
        if self.normaliser is None:
            return 0
        lost, self.normaliser.figures.lost_packets = self.normaliser.figures.lost_packets, 0
        return lost

    # RunEvents of the normaliser

    def on_run(self, run: str, stream: StreamFormat, why: str) -> None:
        self._events.run_began(self.stream, run, stream, why)
        self._events.found(self.stream, ONLINE)
