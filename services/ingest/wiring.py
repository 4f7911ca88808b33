"""Builds ingest and connects its parts: the one file that knows them all."""

from __future__ import annotations

import asyncio
import secrets
from typing import cast

from services.ingest.adapters.each_second import EachSecond
from services.ingest.adapters.fleet_keeper import FleetKeeper
from services.ingest.adapters.media_out import MediaOut
from services.ingest.adapters.prober import AT_ONCE as PROBES_AT_ONCE
from services.ingest.adapters.prober import Prober
from services.ingest.adapters.pyav_transcode import H264Transcoder
from services.ingest.adapters.sources import Sources
from services.ingest.adapters.state_writer import StateWriter
from services.ingest.adapters.stream_puller import StreamPuller
from services.ingest.adapters.stream_reports import StreamReports
from services.ingest.adapters.transcodes import Transcodes
from services.ingest.camera_ledger import CameraLedger
from services.ingest.fleet import Fleet, Pull, StreamRef, Watching
from services.ingest.handlers import Handlers
from services.ingest.normaliser import Normaliser, RunEvents
from services.ingest.settings import Settings
from shared import subjects
from shared.bus import Bus
from shared.bus.kv_watch import KvEntry
from shared.bus.media_backlog import KEEP_S
from shared.bus.requests import RequestHandler
from shared.bus.streams import EVENTS, MEDIA, Limits
from shared.media.fragment import Fragment
from shared.messages.cameras import CameraState, DesiredCamera, StreamName, WatchLease
from shared.messages.status import ServiceStatus
from shared.rtsp.read_mill import ReadMill
from shared.sealing import Sealer
from shared.service import Context, Wired
from shared.shards import ShardLeases
from shared.subjects import CameraRef
from shared.version import VERSION

# = how long a camera may take from the first byte sent to it to its first whole picture
FIRST_PICTURE_LIMIT_S = 15.0
# The longest GOP that a transcode begins in the middle of: 20 s at 30 pictures a second, one a fragment.
_GOP_FRAGMENTS_MAX = 600
CAPABILITIES = ("rtsp", "libav", "probe", "transcode")


class _Streams:
    """Makes what serves one stream, and takes cameras over from workers before us."""

    def __init__(self, context: Context[Settings], media: MediaOut, sources: Sources, ledger: CameraLedger):
        self._settings = context.settings
        self._bus = context.bus
        self._clock = context.clock
        self._media = media
        self._sources = sources
        self._ledger = ledger
        self._reports = StreamReports(ledger, context.clock)

    def puller(self, stream: StreamRef, pull: Pull) -> StreamPuller:
        return StreamPuller(
            stream,
            lambda: self._sources.open(stream, pull),
            lambda puller: self._normaliser(stream, puller),
            self._reports,
            self._clock,
            self._settings.frozen_after_s,
            FIRST_PICTURE_LIMIT_S,
        )

    def transcoded(self, camera: CameraRef) -> Normaliser:
        """For pictures of our own making, whose runs say nothing about the camera."""
        return self._normaliser(StreamRef(camera, "h264"), self._reports.unheard)

    async def take_over(self, camera: CameraRef) -> None:
        """Begin with what the worker before us said, and where its pictures end."""
        if self._ledger.state(camera) is not None:
            return
        entry = await (await self._bus.kv("camera_states")).get(camera.key)
        if entry is None or entry.value is None:
            return
        last = await self._bus.last_media(subjects.media(camera, "main"))
        until_us = None if last is None else last.header.captured_us + last.header.duration_90k * 100 // 9
        self._ledger.take_over(CameraState.decode(entry.value), camera, until_us)

    async def recent(self, camera: CameraRef, since_us: int) -> list[Fragment]:
        """What the bus holds of the main stream since then."""
        return await self._bus.recent_media(subjects.media(camera, "main"), since_us, limit=_GOP_FRAGMENTS_MAX)

    def _normaliser(self, stream: StreamRef, events: RunEvents) -> Normaliser:
        return Normaliser(
            self._media.publisher_of(stream),
            events,
            lambda: secrets.token_hex(8),
            int(self._settings.clock_tolerance_s * 1e6),
        )


async def wire(context: Context[Settings]) -> Wired:
    """Connect to what the bus holds, then pull what is wanted."""
    settings, bus, clock = context.settings, context.bus, context.clock
    await bus.ensure_stream(MEDIA, Limits(settings.media_max_age_s, settings.media_max_bytes))
    await bus.ensure_stream(EVENTS)
    states = await bus.kv("camera_states")
    fleet = Fleet()
    news = asyncio.Event()
    ledger = CameraLedger(settings.worker_id, int(settings.clock_tolerance_s * 1e6), news.set)
    media = await MediaOut.open(bus, ledger, clock, settings.unsent_bytes_max)
    mill = ReadMill(tick_s=settings.read_tick_ms / 1000)
    sources = Sources(settings, Sealer.from_settings(settings), mill, clock)
    streams = _Streams(context, media, sources, ledger)
    transcodes = Transcodes(H264Transcoder, streams.transcoded, streams.recent, settings.transcodes_max)
    handlers: Handlers
    keeper = FleetKeeper(
        fleet,
        ledger,
        context.supervisor,
        streams.puller,
        streams.take_over,
        transcodes,
        clock,
        settings.sub_linger_s,
        lambda lease_s: handlers.watches_expired(lease_s),
    )
    handlers = Handlers(fleet, ledger, keeper.notify, keeper.watch_changed, clock.now_us, clock.monotonic)
    # While NATS is away cameras are pulled for as long as their fragments can be kept (decision 0001).
    leases = ShardLeases(
        bus,
        "ingest",
        settings.worker_id,
        clock,
        handlers.shard_gained,
        handlers.shard_lost,
        fenced_after_s=KEEP_S,
    )

    async def put_state(camera: CameraRef, state: CameraState) -> None:
        await states.put(camera.key, state.encode())

    async def status(data: bytes) -> ServiceStatus:
        return ServiceStatus(service="ingest", worker=settings.worker_id, version=VERSION, capabilities=CAPABILITIES)

    writer = StateWriter(ledger, news, put_state, bus.publish_fact, clock)
    await _listen(bus, handlers)
    answers: dict[str, RequestHandler] = {"probe": Prober(sources, clock).probe, "status": status}
    stop_serving = await bus.serve("ingest", answers, at_once={"probe": PROBES_AT_ONCE})
    return Wired(
        tasks=(
            ("shards", leases),
            ("fleet", keeper),
            ("watchdog", EachSecond(clock, keeper.look, media.tick)),
            ("states", writer),
        ),
        close=(keeper.stop, stop_serving, leases.release, media.settle, writer.flush),
    )


async def _listen(bus: Bus, handlers: Handlers) -> None:
    """Follow what is wanted and who watches; returns when all that was there has been heard."""

    def desired_changed(entry: KvEntry) -> None:
        desired = None if entry.value is None else DesiredCamera.decode(entry.value)
        handlers.camera_desired(CameraRef.from_key(entry.key), desired)

    def watch_changed(entry: KvEntry) -> None:
        camera, stream, holder = subjects.watch_of(entry.key)
        how = Watching.NOBODY if entry.value is None else Watching(WatchLease.decode(entry.value).pictures)
        handlers.watch_heard(camera, cast(StreamName, stream), holder, how)

    await (await bus.kv("cameras")).watch(desired_changed)
    await (await bus.kv("watches")).watch(watch_changed)
