"""The way out for fragments: the bus's publisher, its metrics, and what it had to forget as facts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from services.ingest.camera_ledger import CameraLedger
from services.ingest.fleet import StreamRef
from shared import subjects
from shared.bus import Bus
from shared.bus.media_publisher import MediaPublisher
from shared.clock import Clock
from shared.media.fragment import Fragment
from shared.messages.ingest import FragmentsLost
from shared.telemetry import before_scrape, counter, gauge, log

SETTLE_LIMIT_S = 2.0

_fragments = counter("ingest_fragments_total", "Fragments given to the bus")
_bytes = counter("ingest_bytes_total", "Bytes of fragments given to the bus")
_unsent = gauge("ingest_unsent_bytes", "Bytes of fragments that the bus has not confirmed")
_lost = counter("ingest_fragments_lost_total", "Fragments forgotten because the bus was away for too long")


class MediaOut:
    """Its `tick`, once a second, forgets what is too old and sends again what was not confirmed."""

    def __init__(self, ledger: CameraLedger, clock: Clock):
        self._ledger = ledger
        self._clock = clock
        self._publisher: MediaPublisher
        self._counted = (0, 0)

    @classmethod
    async def open(cls, bus: Bus, ledger: CameraLedger, clock: Clock, keep_bytes: int) -> MediaOut:
        out = cls(ledger, clock)
        out._publisher = await bus.media_publisher(out._on_gap, keep_bytes)
        before_scrape("media out", out._count)
        return out

    def publisher_of(self, stream: StreamRef) -> Callable[[Fragment], None]:
        """For one stream, with its subject spelled once."""
        return partial(self._publisher.publish, subjects.media(stream.camera, stream.stream))

    def tick(self) -> None:
        self._publisher.tick()

    async def settle(self) -> None:
        """Give the bus a moment to confirm what was published last."""
        until = self._clock.monotonic() + SETTLE_LIMIT_S
        while not self._publisher.is_settled and self._clock.monotonic() < until:
            await self._clock.sleep(0.05)

    def _count(self) -> None:
        publisher = self._publisher
        fragments, size = self._counted
        _fragments.inc(publisher.published - fragments)
        _bytes.inc(publisher.published_bytes - size)
        _unsent.set(publisher.kept_bytes)
        self._counted = (publisher.published, publisher.published_bytes)

    def _on_gap(self, subject: str, first: Fragment, last: Fragment) -> None:
        camera, stream = subjects.stream_of(subject)
        _lost.inc(last.header.seq - first.header.seq + 1)
        log().error("fragments lost, the bus was away for too long", camera=str(camera), run=first.header.run)
        self._ledger.add_fact(
            FragmentsLost(
                site=camera.site,
                camera=camera.camera,
                at_us=first.header.captured_us,
                stream=stream,
                run=first.header.run,
                first_seq=first.header.seq,
                last_seq=last.header.seq,
            )
        )
