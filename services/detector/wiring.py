"""Builds the detector's objects and connects them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import mkdtemp

from services.detector.adapters.baseline_store import BaselineStore
from services.detector.adapters.batcher import Batcher
from services.detector.adapters.blurred_pictures import BlurredPictures
from services.detector.adapters.camera_decoder import CameraDecoder
from services.detector.adapters.camera_feeds import CameraFeeds
from services.detector.adapters.decode_lanes import DecodeLanes
from services.detector.adapters.devices import Device, NoSuchDevice, devices
from services.detector.adapters.gpu_decoding import GpuDecoding, cameras_that_fit
from services.detector.adapters.pack_bucket import PackBucket
from services.detector.adapters.pack_folders import Origin, PackFolders
from services.detector.adapters.pack_shelf import PackShelf
from services.detector.adapters.sub_leases import SubLeases
from services.detector.adapters.uniform_photos import UniformPhotos
from services.detector.camera_feed import CameraFeed
from services.detector.device_share import DeviceShare
from services.detector.handlers import Handlers
from services.detector.kitchen_nights import KitchenNights
from services.detector.picture import Picture
from services.detector.picture_eye import new_eye
from services.detector.settings import Settings
from services.detector.uniform.wardrobe import Wardrobe
from shared.bus import Bus
from shared.bus.fact_outbox import FactOutbox
from shared.bus.kv_watch import KvEntry
from shared.bus.streams import EVENTS
from shared.messages.base import Fact
from shared.messages.calendars import KitchenHours
from shared.messages.cameras import CameraState, DesiredCamera
from shared.messages.detector import FrameAnalysed, PackChoice
from shared.messages.uniforms import UniformEnrolled
from shared.objects import ObjectStore
from shared.service import CannotStart, Context, Wired
from shared.shards import ShardLeases
from shared.subjects import CameraRef
from shared.supervise import RunOnce, Supervised
from shared.telemetry import log

# Pictures in one batch, and batches on their way at once.
_ON_CPU, _ON_GPU = (8, 1), (32, 2)
DEFAULT_PACKS = Path(__file__).parent / "packs"


async def wire(context: Context[Settings]) -> Wired:
    """Packs are loaded while cameras are followed already: what is not loaded yet is unavailable, and said so."""
    settings, bus, clock = context.settings, context.bus, context.clock
    worker = settings.worker_id
    there = await _devices(settings)
    await bus.ensure_stream(EVENTS)
    # What was seen in one picture minutes ago is worth less than a fault or a minute of coverage.
    outbox = FactOutbox(bus.publish_fact, lambda fact: isinstance(fact, FrameAnalysed))
    bucket = _bucket(context)
    batch_max, side_by_side = _ON_GPU if there[0].is_gpu else _ON_CPU
    batch_max = settings.batch_max or batch_max
    shelf = _shelf(context, bucket, outbox.say, there, batch_max)
    wardrobe = Wardrobe()
    gpus = [_decoding(device, settings.decode_gpu_cameras) for device in there]
    share = DeviceShare(len(there))
    lanes_count = settings.decode_threads or os.cpu_count() or 1
    batchers, lanes = _analysis(context, lanes_count, batch_max, side_by_side, shelf, wardrobe, outbox.say)
    baselines = BaselineStore(await bus.kv("picture_baselines"), clock)
    nights = KitchenNights()

    def new_feed(desired: DesiredCamera) -> CameraFeed:
        camera, device = CameraRef(desired.site, desired.camera), share.take()
        eye = new_eye(camera, desired.analysis, lambda: handlers.states.get(camera), baselines.begin(camera))
        decoder = CameraDecoder(gpus[device])

        def prepare(picture: Picture) -> None:
            shelf.models[device].prepare(picture)

        return CameraFeed(camera, desired.analysis, decoder, eye, prepare, device, nights.of(camera.site))

    def gone(feed: CameraFeed) -> None:
        lanes.gone(feed)
        feed.close()
        batchers[feed.device].forget(feed)
        baselines.gone(feed.camera)
        share.free(feed.device)

    feeds = CameraFeeds(bus, clock, new_feed, lanes.due, gone, outbox.say)
    on = ", ".join(device.title for device in there)
    handlers = Handlers(worker, on, feeds.keep, shelf.states, shelf.packs, feeds.nights)
    leases = ShardLeases(bus, "detector", worker, clock, handlers.shard_gained, handlers.shard_lost)
    subs = SubLeases(await bus.kv("watches"), worker, handlers.subs_wanted, clock)
    await _listen(bus, handlers, shelf, wardrobe, nights)
    public = BlurredPictures(feeds.find, batchers[0].look_at, clock)
    answers = {
        "status": handlers.status,
        "capabilities": handlers.capabilities,
        "uniform_photo": UniformPhotos(batchers[0].look_at).judge,
        "blurred_picture": public.newest,
    }
    # Each worker may be asked for itself: they have cameras, and may have devices and packs, of their own.
    pinned = {"capabilities": handlers.capabilities, "blurred_picture": public.newest}
    stop_answering = await bus.serve("detector", answers, pinned=pinned, instance=worker)
    tasks: list[tuple[str, Supervised | RunOnce]] = [
        ("facts", outbox),
        ("packs", shelf),
        *((f"models-{at}", one) for at, one in enumerate(one for one in batchers for _ in range(one.side_by_side))),
        *((f"decode-{number}", lanes) for number in range(lanes_count)),
        ("cameras", feeds),
        ("baselines", baselines),
        ("sub-leases", subs),
        ("shards", leases),
    ]

    async def end_threads() -> None:
        for close in (public.close, lanes.close, *(one.close for one in batchers), shelf.close):
            close()
        if bucket is not None:
            bucket.close()

    return Wired(tasks=tasks, close=[stop_answering, leases.release, feeds.close, outbox.flush, end_threads])


def _analysis(
    context: Context[Settings],
    lanes_count: int,
    batch_max: int,
    side_by_side: int,
    shelf: PackShelf,
    wardrobe: Wardrobe,
    say: Callable[[Fact], None],
) -> tuple[list[Batcher], DecodeLanes]:
    """A batcher for each device, and the lanes that decode for all of them."""
    lanes: DecodeLanes

    def batcher_of(number: int) -> Batcher:
        return Batcher(
            lambda: shelf.models[number],
            batch_max,
            context.settings.batch_wait_ms / 1000,
            context.clock,
            say,
            lambda: lanes.room_made(),
            shelf.compared,
            wardrobe.dressed,
            side_by_side,
            number,
        )

    batchers = [batcher_of(number) for number in range(len(shelf.models))]
    lanes = DecodeLanes(
        lanes_count,
        context.clock,
        lambda feed: batchers[feed.device].has_room(),
        lambda feed, seen: batchers[feed.device].put(feed, seen),
    )
    return batchers, lanes


def _shelf(
    context: Context[Settings],
    bucket: PackBucket | None,
    say: Callable[[Fact], None],
    there: Sequence[Device],
    batch_max: int,
) -> PackShelf:
    settings = context.settings
    places: dict[Origin, Path | None] = {"shipped": DEFAULT_PACKS, "folder": settings.packs_dir}
    places["bucket"] = None if bucket is None else bucket.folder
    origins = tuple(origin for origin, path in places.items() if path)
    roots = tuple(path for path in places.values() if path)
    fetch = bucket.fetch if bucket is not None else _nothing
    threads = settings.model_threads
    return PackShelf(
        PackFolders(roots, origins), fetch, say, context.clock, settings.worker_id, threads, batch_max, there
    )


async def _devices(settings: Settings) -> tuple[Device, ...]:
    try:
        return await asyncio.to_thread(devices, settings.devices)
    except NoSuchDevice as error:
        raise CannotStart(str(error)) from error


def _decoding(device: Device, cameras: int | None) -> GpuDecoding | None:
    """None: the CPU decodes what this device looks at."""
    if not device.is_gpu or cameras == 0:
        return None
    return GpuDecoding(cameras_that_fit(device.memory_bytes) if cameras is None else cameras, device.number)


def _bucket(context: Context[Settings]) -> PackBucket | None:
    settings = context.settings
    if not settings.packs_s3_endpoint:
        return None
    objects = ObjectStore(
        settings.packs_s3_endpoint,
        settings.packs_s3_access_key,
        settings.packs_s3_secret_key.get_secret_value(),
        settings.packs_s3_bucket,
        is_secure=settings.packs_s3_secure,
    )
    return PackBucket(objects, Path(mkdtemp(prefix="bk-packs-")), context.clock)


async def _nothing() -> None:
    """Packs are on disk already."""


async def _listen(bus: Bus, handlers: Handlers, shelf: PackShelf, wardrobe: Wardrobe, nights: KitchenNights) -> None:
    def desired_changed(entry: KvEntry) -> None:
        desired = None if entry.value is None else DesiredCamera.decode(entry.value)
        handlers.camera_desired(CameraRef.from_key(entry.key), desired)

    def state_changed(entry: KvEntry) -> None:
        state = None if entry.value is None else CameraState.decode(entry.value)
        handlers.camera_state(CameraRef.from_key(entry.key), state)

    def choice_changed(entry: KvEntry) -> None:
        shelf.wish(entry.key, None if entry.value is None else PackChoice.decode(entry.value))

    def uniform_changed(entry: KvEntry) -> None:
        try:
            wardrobe.hang(entry.key, None if entry.value is None else UniformEnrolled.decode(entry.value))
        except ValueError as error:
            log().error("this kitchen's uniform cannot be used", site=entry.key, detail=str(error))

    def hours_changed(entry: KvEntry) -> None:
        nights.changed(entry.key, None if entry.value is None else KitchenHours.decode(entry.value))

    await (await bus.kv("kitchen_hours")).watch(hours_changed)
    await (await bus.kv("uniforms")).watch(uniform_changed)
    await (await bus.kv("cameras")).watch(desired_changed)
    await (await bus.kv("camera_states")).watch(state_changed)
    await (await bus.kv("model_packs")).watch(choice_changed)
