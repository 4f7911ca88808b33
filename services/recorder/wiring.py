"""Builds the recorder's objects and connects them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import gettempdir

from services.recorder.adapters.bus_media_log import BusMediaLog
from services.recorder.adapters.clip_maker import ClipMaker
from services.recorder.adapters.fact_writer import FactWriter
from services.recorder.adapters.postgres.clips import PostgresClips
from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.adapters.postgres.retention import PostgresRetention
from services.recorder.adapters.recording_keeper import RecordingKeeper
from services.recorder.adapters.recording_watch import RecordingWatch
from services.recorder.adapters.retention_keeper import RetentionKeeper
from services.recorder.adapters.s3_gops import S3Gops
from services.recorder.adapters.s3_segments import S3Segments
from services.recorder.adapters.s3_sheets import S3Sheets
from services.recorder.adapters.sub_leases import SubLeases
from services.recorder.clip_desk import ClipDesk
from services.recorder.handlers import Handlers
from services.recorder.holds import HoldDesk
from services.recorder.outage_ledger import OutageLedger
from services.recorder.pictures import PicturesDesk
from services.recorder.playback import PlaybackDesk
from services.recorder.recording import Recording
from services.recorder.recording_plan import Wish
from services.recorder.segment import StreamRef
from services.recorder.settings import Settings
from services.recorder.tail import Tails
from shared import subjects
from shared.bus import Bus
from shared.bus.kv_watch import KvEntry
from shared.bus.streams import EVENTS
from shared.database import Database
from shared.errors import PeerError
from shared.messages.alerting import AlertRaised
from shared.messages.cameras import CameraState, DesiredCamera
from shared.messages.ingest import CameraCameOnline
from shared.objects import ObjectStore
from shared.service import Context, Wired
from shared.shards import ShardLeases
from shared.subjects import CameraRef

# = how far back facts are heard at start: as long as MEDIA may hold what they are about
HEARD_BACK_S = 2 * 3600
_MIGRATIONS = Path(__file__).parent / "migrations"


async def wire(context: Context[Settings]) -> Wired:
    """Its tables and bucket are there, then the shards; ready while database and S3 answer."""
    settings, bus, clock = context.settings, context.bus, context.clock
    objects = ObjectStore.from_settings(settings)
    database = Database.from_settings(settings, "recorder")
    try:
        await objects.ensure_bucket()
        await database.migrate(_MIGRATIONS)
        await bus.ensure_stream(EVENTS)
    except PeerError:
        objects.close()  # `wire` is called again
        await database.close()
        raise
    media, segments, index = BusMediaLog(bus), S3Segments(objects), PostgresIndex(database)
    ledger = OutageLedger()
    handlers: Handlers

    def new_recording(of: StreamRef) -> Recording:
        return Recording(
            of,
            media,
            segments,
            index,
            clock.now_us,
            settings.segment_s,
            wish=lambda captured_us: handlers.wish(of.camera, captured_us, clock.now_us()),
            cause_of=lambda from_us, to_us: handlers.cause_of(of.camera, to_us),
        )

    keeper = RecordingKeeper(new_recording, ledger, clock)
    handlers = Handlers(settings.worker_id, keeper.keep)
    leases = ShardLeases(bus, "recorder", settings.worker_id, clock, handlers.shard_gained, handlers.shard_lost)
    watch = RecordingWatch(
        bus,
        keeper,
        ledger,
        clock,
        settings.segment_s,
        is_wanted=lambda of: handlers.wish(of.camera, clock.now_us(), clock.now_us()) is Wish.KEEP,
        is_online=lambda camera: camera in handlers.online,
    )
    subs = SubLeases(await bus.kv("watches"), settings.worker_id, lambda: handlers.recorded_now(clock.now_us()), clock)
    writer = FactWriter(ledger, bus.publish_fact, clock)
    stop_hearing = await _listen(bus, handlers, clock.now_us())
    readable = ObjectStore.from_settings(settings, settings.s3_read_endpoint)

    def url_of(name: str, lasts_s: int) -> str:
        return readable.url(name, lasts_s=lasts_s)

    desk = PlaybackDesk(index, Tails(media, clock.now_us), url_of, clock.now_us)
    gops, clip_store = S3Gops(objects), PostgresClips(database)
    pictures = PicturesDesk(index, desk.tails, media, gops, S3Sheets(objects), clock.now_us)
    clip_desk = ClipDesk(clip_store, clock.now_us)
    folder = Path(gettempdir())
    maker = ClipMaker(clip_store, index, gops, objects, clock, settings.worker_id, folder, settings.clip_max_mb * 10**6)
    kept = PostgresRetention(database)
    hold_desk = HoldDesk(kept, clock.now_us)
    retention = RetentionKeeper(
        kept,
        objects,
        clock,
        is_ours=lambda camera: camera.shard in handlers.shards,
        desired=lambda camera: handlers.desired.get(camera),
        say=ledger.facts.append,
    )
    answers = {
        "status": handlers.status,
        "timeline": desk.timeline,
        "playlist": desk.playlist,
        "object": desk.object,
        "gop": desk.gop,
        "still": pictures.still,
        "thumbnails": pictures.thumbnails,
        "clip_make": clip_desk.make,
        "clip": clip_desk.clip,
        "clips": clip_desk.clips,
        "clip_remove": clip_desk.remove,
        "hold": hold_desk.place,
        "hold_lift": hold_desk.lift,
        "holds": hold_desk.holds,
        "storage": retention.storage,
    }
    stop_answering = await bus.serve("recorder", answers)

    async def close_objects() -> None:
        objects.close()
        readable.close()

    lanes = [(f"recording-{number}", keeper) for number in range(settings.recording_lanes)]
    return Wired(
        tasks=[
            ("shards", leases),
            ("facts", writer),
            ("watch", watch),
            ("sub-leases", subs),
            ("clips", maker),
            ("retention", retention),
            *lanes,
        ],
        readiness={"database": database.why_not_ready, "objects": objects.why_not_ready},
        close=[stop_hearing, stop_answering, leases.release, writer.flush, database.close, close_objects],
    )


async def _listen(bus: Bus, handlers: Handlers, now_us: int) -> Callable[[], Awaitable[None]]:
    """Follow which cameras there are and why they were away; returns when all cameras have been heard."""

    def desired_changed(entry: KvEntry) -> None:
        desired = None if entry.value is None else DesiredCamera.decode(entry.value)
        handlers.camera_desired(CameraRef.from_key(entry.key), desired)

    async def came_online(subject: str, data: bytes, seq: int) -> None:
        handlers.camera_came_online(CameraCameOnline.decode(data))

    def state_changed(entry: KvEntry) -> None:
        state = None if entry.value is None else CameraState.decode(entry.value)
        handlers.camera_state(CameraRef.from_key(entry.key), state)

    async def alert_raised(subject: str, data: bytes, seq: int) -> None:
        handlers.alert_raised(AlertRaised.decode(data))

    await (await bus.kv("cameras")).watch(desired_changed)
    await (await bus.kv("camera_states")).watch(state_changed)
    # What was said while no recorder listened still explains what MEDIA holds.
    since_us = now_us - HEARD_BACK_S * 1_000_000
    ends = [
        await bus.subscribe_facts(subjects.facts("ingest", "camera_came_online"), came_online, since_us=since_us),
        await bus.subscribe_facts(subjects.facts("alerting", "alert_raised"), alert_raised, since_us=since_us),
    ]

    async def stop() -> None:
        for end in ends:
            await end()

    return stop
