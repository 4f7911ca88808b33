"""Builds the recorder's objects and connects them."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from services.recorder.adapters.bus_media_log import LOOK_BYTES, BusMediaLog
from services.recorder.adapters.clip_maker import ClipMaker
from services.recorder.adapters.evidence_sealer import CountingSource, EvidenceSealer
from services.recorder.adapters.fact_writer import FactWriter
from services.recorder.adapters.orphan_sweep import OrphanSweep
from services.recorder.adapters.pdf_report import report_printer
from services.recorder.adapters.pictures_desk import PicturesDesk
from services.recorder.adapters.postgres.clips import PostgresClips
from services.recorder.adapters.postgres.evidence import PostgresEvidence
from services.recorder.adapters.postgres.evidence_jobs import PostgresCoverage, PostgresEvidenceJobs
from services.recorder.adapters.postgres.index import PostgresIndex
from services.recorder.adapters.postgres.orphans import PostgresDays
from services.recorder.adapters.postgres.retention import PostgresRetention
from services.recorder.adapters.postgres.storage_reports import PostgresStorageReports
from services.recorder.adapters.recording_keeper import RecordingKeeper
from services.recorder.adapters.recording_watch import RecordingWatch
from services.recorder.adapters.retention_keeper import RetentionKeeper
from services.recorder.adapters.rfc3161_authority import Rfc3161Authority
from services.recorder.adapters.s3_case_source import S3CaseSource
from services.recorder.adapters.s3_gops import S3Gops
from services.recorder.adapters.s3_segments import S3Segments
from services.recorder.adapters.s3_sheets import S3Sheets
from services.recorder.adapters.s3_vault import S3Vault
from services.recorder.adapters.statement_round import StatementRound
from services.recorder.adapters.sub_leases import SubLeases
from services.recorder.backlog import Backlog
from services.recorder.clip_desk import ClipDesk
from services.recorder.coverage_desk import CoverageDesk
from services.recorder.evidence import case_verifier
from services.recorder.evidence.evidence_desk import EvidenceDesk
from services.recorder.evidence.evidence_jobs import EvidenceCounter
from services.recorder.evidence.signature import SigningKey
from services.recorder.handlers import Handlers
from services.recorder.holds import HoldDesk
from services.recorder.outage_ledger import OutageLedger
from services.recorder.playback import PlaybackDesk
from services.recorder.recording import Recording
from services.recorder.recording_plan import Wish
from services.recorder.segment import StreamRef
from services.recorder.settings import Settings
from services.recorder.storage_desk import StorageDesk
from services.recorder.tail import Tails
from shared import subjects
from shared.bus import Bus
from shared.bus.kv_watch import KvEntry
from shared.bus.requests import RequestHandler
from shared.bus.streams import EVENTS
from shared.database import Database
from shared.errors import PeerError
from shared.messages.alerting import AlertRaised
from shared.messages.cameras import CameraState, DesiredCamera
from shared.messages.clips import StillWanted
from shared.messages.ingest import CameraCameOnline
from shared.objects import ObjectStore
from shared.service import CannotStart, Context, Wired
from shared.shards import ShardLeases
from shared.subjects import CameraRef
from shared.supervise import RunOnce, Supervised

# = how far back facts are heard at start: as long as MEDIA may hold what they are about
HEARD_BACK_S = 2 * 3600
_DAY_US = 24 * 3600 * 1_000_000
_MIGRATIONS = Path(__file__).parent / "migrations"
# What only reads; a picture takes a core for a moment, the rest the database.
_READS = ("timeline", "playlist", "object", "gop", "still", "thumbnails", "clip", "clips", "evidence", "evidence_list")
_AT_ONCE = dict.fromkeys(_READS, 4)

Task = tuple[str, Supervised | RunOnce]
Answers = Mapping[str, RequestHandler]


class _Stores:
    """The buckets and the database, each by what it is used for."""

    def __init__(self, settings: Settings):
        self.objects = ObjectStore.from_settings(settings)
        self.evidence = ObjectStore.from_settings(settings, bucket=settings.chosen_evidence_bucket)
        endpoint = settings.s3_read_endpoint
        self._readable = ObjectStore.from_settings(settings, endpoint=endpoint)
        self._readable_evidence = ObjectStore.from_settings(
            settings, endpoint=endpoint, bucket=settings.chosen_evidence_bucket
        )
        self.database = Database.from_settings(settings, "recorder")
        self.index = PostgresIndex(self.database)
        self.retention = PostgresRetention(self.database)
        self.gops = S3Gops(self.objects)

    async def make(self) -> None:
        await self.objects.ensure_bucket()
        await self.evidence.ensure_bucket(can_lock=True)
        await self.database.migrate(_MIGRATIONS)

    def url_of(self, name: str, lasts_s: int) -> str:
        return self._readable.url(name, lasts_s=lasts_s)

    def evidence_url_of(self, name: str, lasts_s: int) -> str:
        return self._readable_evidence.url(name, lasts_s=lasts_s)

    async def close(self) -> None:
        await self.database.close()
        for bucket in (self.objects, self.evidence, self._readable, self._readable_evidence):
            bucket.close()


@dataclass(frozen=True, slots=True)
class _Part:
    """What one part of the recorder brings."""

    tasks: tuple[Task, ...]
    answers: Answers


async def wire(context: Context[Settings]) -> Wired:
    """Its tables and buckets are there, then the shards; ready while database and S3 answer."""
    settings, bus, clock = context.settings, context.bus, context.clock
    key = _evidence_key(settings)
    stores = _Stores(settings)
    try:
        await stores.make()
        await bus.ensure_stream(EVENTS)
    except PeerError:
        await stores.close()  # `wire` is called again
        raise
    media, ledger = BusMediaLog(bus), OutageLedger()
    handlers: Handlers

    def new_recording(of: StreamRef) -> Recording:
        return Recording(
            of,
            media,
            S3Segments(stores.objects),
            stores.index,
            clock.now_us,
            settings.segment_s,
            wish=lambda captured_us: handlers.wish(of.camera, captured_us, clock.now_us()),
            cause_of=lambda from_us, to_us: handlers.cause_of(of.camera, to_us),
        )

    keeper = RecordingKeeper(new_recording, ledger, clock)
    handlers = Handlers(settings.worker_id, keeper.keep)
    leases = ShardLeases(bus, "recorder", settings.worker_id, clock, handlers.shard_gained, handlers.shard_lost)
    writer = FactWriter(ledger, bus.publish_fact, clock)
    stop_hearing = await _listen(bus, handlers, clock.now_us())
    pictures = PicturesDesk(
        stores.index, Tails(media, clock.now_us), media, stores.gops, S3Sheets(stores.objects), clock.now_us
    )
    parts = (
        await _recording(context, keeper, handlers, ledger),
        _playback(context, stores, media, pictures),
        _retention(context, stores, handlers, ledger),
        _evidence(context, stores, handlers, ledger, key, pictures),
    )
    answers: dict[str, RequestHandler] = {"status": handlers.status}
    for part in parts:
        answers |= part.answers
    stop_answering = await bus.serve("recorder", answers, at_once=_AT_ONCE)
    return Wired(
        tasks=[("shards", leases), ("facts", writer), *(task for part in parts for task in part.tasks)],
        readiness={"database": stores.database.why_not_ready, "objects": stores.objects.why_not_ready},
        close=[stop_hearing, stop_answering, leases.release, writer.flush, stores.close],
    )


async def _recording(
    context: Context[Settings], keeper: RecordingKeeper, handlers: Handlers, ledger: OutageLedger
) -> _Part:
    settings, bus, clock = context.settings, context.bus, context.clock
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
    lanes: list[Task] = [(f"recording-{number}", keeper) for number in range(settings.recording_lanes)]
    return _Part((("watch", watch), ("sub-leases", subs), *lanes), {})


def _playback(context: Context[Settings], stores: _Stores, media: BusMediaLog, pictures: PicturesDesk) -> _Part:
    settings, clock = context.settings, context.clock
    desk = PlaybackDesk(stores.index, Tails(media, clock.now_us), stores.url_of, clock.now_us)
    clips = PostgresClips(stores.database)
    maker = ClipMaker(
        clips,
        stores.index,
        stores.gops,
        stores.objects,
        clock,
        settings.worker_id,
        Path(gettempdir()),
        settings.clip_max_mb * 10**6,
    )
    clip_desk = ClipDesk(clips, clock.now_us, maker.wake)
    answers: Answers = {
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
    }
    return _Part((("clips", maker),), answers)


def _retention(context: Context[Settings], stores: _Stores, handlers: Handlers, ledger: OutageLedger) -> _Part:
    clock = context.clock
    holds = HoldDesk(stores.retention, clock.now_us)
    keeper = RetentionKeeper(
        stores.retention,
        stores.objects,
        clock,
        is_ours=lambda camera: camera.shard in handlers.shards,
        desired=lambda camera: handlers.desired.get(camera),
        say=ledger.facts.append,
    )
    storage = StorageDesk(stores.retention, PostgresStorageReports(stores.database), keeper.days, clock.now_us)
    answers: Answers = {
        "hold": holds.place,
        "hold_lift": holds.lift,
        "holds": holds.holds,
        "storage": storage.storage,
        "retention_trial": storage.trial,
    }
    sweep = OrphanSweep(
        PostgresDays(stores.database), stores.objects, clock, lambda camera: camera.shard in handlers.shards
    )
    return _Part((("retention", keeper), ("orphans", sweep)), answers)


def _evidence(
    context: Context[Settings],
    stores: _Stores,
    handlers: Handlers,
    ledger: OutageLedger,
    key: SigningKey,
    pictures: PicturesDesk,
) -> _Part:
    settings, clock = context.settings, context.clock
    statements, jobs = PostgresEvidence(stores.database), PostgresEvidenceJobs(stores.database)
    coverage, vault = PostgresCoverage(stores.database), S3Vault(stores.evidence)
    kept_us = settings.statement_kept_days * _DAY_US
    source = CountingSource(S3CaseSource(stores.objects))
    authority = _authority(settings)
    verifier = Path(case_verifier.__file__).read_bytes()
    desk = EvidenceDesk(statements, vault, source, key, report_printer(), verifier, clock.now_us, kept_us, authority)

    async def still(of: StreamRef, at_us: int) -> bytes:
        stream = "sub" if of.stream == "sub" else "main"
        wanted = StillWanted(site=of.camera.site, camera=of.camera.camera, stream=stream, at_us=at_us)
        return base64.b64decode((await pictures.still(wanted.encode())).data_base64)

    sealer = EvidenceSealer(jobs, desk, source, stores.index, still, clock, settings.worker_id, ledger.facts.append)
    rounds = StatementRound(
        desk,
        statements,
        coverage,
        stores.index,
        Backlog(BusMediaLog(context.bus, LOOK_BYTES)),
        vault,
        key,
        clock,
        registered=lambda: list(handlers.desired.values()),
        is_site_ours=lambda site: CameraRef(site, "site").shard in handlers.shards,
        kept_us=kept_us,
    )
    counter = EvidenceCounter(
        jobs, statements, stores.retention.place, stores.evidence_url_of, clock.now_us, sealer.wake
    )
    covered = CoverageDesk(coverage, key.public_pem.decode())
    answers: Answers = {
        "evidence_seal": counter.seal,
        "evidence": counter.case,
        "evidence_list": counter.cases,
        "evidence_file": counter.file,
        "coverage": covered.statements,
    }
    return _Part((("evidence", sealer), ("statements", rounds)), answers)


def _evidence_key(settings: Settings) -> SigningKey:
    try:
        return SigningKey.from_base64(settings.evidence_key.get_secret_value())
    except ValueError as error:
        raise CannotStart(f"BK_EVIDENCE_KEY: {error}; make one with `head -c 32 /dev/urandom | base64`") from error


def _authority(settings: Settings) -> Rfc3161Authority | None:
    if not settings.time_stamp_url:
        return None
    if settings.time_stamp_roots is None:
        raise CannotStart("BK_TIME_STAMP_URL is set: set BK_TIME_STAMP_ROOTS to the PEM file of its root certificates")
    try:
        return Rfc3161Authority(settings.time_stamp_url, settings.time_stamp_roots.read_bytes())
    except (OSError, ValueError) as error:
        raise CannotStart(f"BK_TIME_STAMP_ROOTS {settings.time_stamp_roots} cannot be read: {error}") from error


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
