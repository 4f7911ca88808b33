"""Builds the intercom's objects and connects them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from services.intercom.adapters.broadcast_office import BroadcastOffice
from services.intercom.adapters.camera_access import CameraAccess
from services.intercom.adapters.camera_feeds import CameraFeeds
from services.intercom.adapters.draining import Draining
from services.intercom.adapters.drill_desk import DrillDesk
from services.intercom.adapters.floor_store import talk_of
from services.intercom.adapters.ice_addresses import addresses, bind_to
from services.intercom.adapters.ice_port import IcePort, PortTaken
from services.intercom.adapters.records import Records
from services.intercom.adapters.room_desk import RoomDesk
from services.intercom.adapters.rtp_outlet import know_h264_profiles
from services.intercom.adapters.sent_media import SentMedia
from services.intercom.adapters.speaker_prober import SpeakerDesk
from services.intercom.adapters.talk_office import TalkOffice
from services.intercom.adapters.talk_recording import TalkRecording
from services.intercom.adapters.view import View
from services.intercom.adapters.webrtc_peer import Ice
from services.intercom.handlers.views import ViewHandlers
from services.intercom.settings import Settings
from shared.bus import Bus
from shared.bus.fact_outbox import FactOutbox
from shared.bus.kv_watch import KvEntry
from shared.bus.streams import EVENTS
from shared.errors import PeerError
from shared.ice_servers import IceServer, IceServers
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera, StreamName
from shared.messages.intercom import FloorHeld, FloorWanted
from shared.messages.views import ViewWanted
from shared.presence import Presence
from shared.rtsp.read_mill import ReadMill
from shared.sealing import Sealer
from shared.service import CannotStart, Context, Wired
from shared.subjects import CameraRef

# = for telling browsers and cameras, after the last one has finished speaking
_DRAIN_RESERVE_S = 5.0
# Whoever presses the button does not wait for a camera that does not answer somebody else.
_AT_ONCE = {
    **dict.fromkeys(("talk_open", "talk", "talk_change", "talk_end", "talk_trickle"), 32),
    **dict.fromkeys(("view_open", "view", "view_end", "view_trickle", "views_keep"), 32),
    **dict.fromkeys(("broadcast_open", "broadcast", "broadcast_change", "broadcast_end", "announcement_play"), 8),
    **dict.fromkeys(("speaker_probe", "talk_sound", "announcement_sound"), 4),
}


async def wire(context: Context[Settings]) -> Wired:
    """Talks are held by this worker; floors and cameras are known to all."""
    settings = context.settings
    bind_to(settings.ice_addresses)
    know_h264_profiles()
    port = IcePort(settings.ice_port or None, addresses)
    try:
        await port.open()
        return await _wire(context, port)
    except PortTaken as error:
        raise CannotStart(str(error)) from error
    except PeerError:
        await port.close()  # `wire` is called again
        raise


async def _wire(context: Context[Settings], port: IcePort) -> Wired:
    settings, bus, clock, worker = context.settings, context.bus, context.clock, context.settings.worker_id
    servers = IceServers(settings)

    def ice_servers() -> Sequence[IceServer]:
        return servers.of(f"intercom.{worker}", clock.now_us() / 1e6)[0] if settings.ice_relay else ()

    ice = Ice(settings.ice_announce.strip(), ice_servers)
    await bus.ensure_stream(EVENTS)
    outbox = FactOutbox(bus.publish_fact)
    speakers = await SpeakerDesk.open(bus, clock)
    access = CameraAccess(settings, Sealer.from_settings(settings), ReadMill(), clock, speakers.way_of)
    records = Records(settings)

    def say(fact: Fact) -> None:
        outbox.say(fact)
        rooms.handlers.fact_said(fact)

    recording = TalkRecording(settings, records, bus, say, clock)
    feeds = CameraFeeds(bus, await bus.kv("watches"), worker, clock)

    async def open_media(camera: CameraRef, stream: StreamName) -> SentMedia:
        return SentMedia(await feeds.open(camera, stream), feeds, clock)

    def new_view(id: str, wanted: ViewWanted) -> View:
        return View(id, wanted, open_media, ice, clock)

    talks = TalkOffice(context, await bus.kv("floors"), await bus.kv("floor_waits"), access, recording, ice, open_media)
    handlers, floors = talks.handlers, talks.floors
    rooms = RoomDesk(context, await bus.kv("rooms"), handlers.cameras, records, outbox.say)
    views = ViewHandlers(worker, new_view, settings.views_max, handlers.cameras)
    drills = DrillDesk(context, handlers.cameras, access.leg, floors, records, outbox.say)
    office = await BroadcastOffice.open(context, handlers.cameras, access.leg, floors, ice, records, outbox.say)
    presence = Presence(bus, "intercom", worker, clock)
    await _follow(bus, talks, views, drills, office, rooms)
    looking = {name: getattr(views, name) for name in ("view", "view_end", "view_trickle", "views_keep")}
    pinned = talks.pinned | looking | drills.pinned | office.pinned
    # Apart from each other: a worker that ends leaves the queue group first, and goes on answering for what it holds.
    opening = {"status": handlers.status, "talk_open": handlers.talk_open, "view_open": views.view_open}
    answers = (
        speakers.answers(access, handlers.cameras) | recording.answers | drills.answers | office.answers | rooms.answers
    )
    stop_opening = await bus.serve("intercom", opening | answers, at_once=_AT_ONCE)
    stop_answering = await bus.serve("intercom", {}, pinned=pinned, instance=worker, at_once=_AT_ONCE)
    draining = Draining([handlers, office.desk], views, [stop_opening], clock, settings.drain_s)
    return Wired(
        tasks=[
            ("presence", presence),
            ("facts", outbox),
            ("records", records),
            ("feeds", feeds),
            ("drills", drills.clock),
            ("speakers", speakers),
            ("left-behind", talks.left_behind),
            *rooms.supervised(handlers),
            *recording.tasks,
            *office.supervised,
        ],
        drain=draining,
        drain_limit_s=settings.drain_s + _DRAIN_RESERVE_S,
        close=[
            handlers.drain,
            office.desk.drain,
            views.drain,
            drills.runs.close,
            talks.tasks.close,
            office.tasks.close,
            stop_answering,
            presence.leave,
            *recording.close,
            outbox.flush,
            office.writer.close,
            rooms.ledger.flush,
            records.close,
            port.close,
        ],
    )


async def _follow(
    bus: Bus, talks: TalkOffice, views: ViewHandlers, drills: DrillDesk, office: BroadcastOffice, rooms: RoomDesk
) -> None:
    """Cameras as they are registered, who has which floor, and who waits for it."""
    news: set[asyncio.Task[None]] = set()
    handlers = talks.handlers

    def soon(work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        news.add(task)
        task.add_done_callback(news.discard)

    def desired_changed(entry: KvEntry) -> None:
        desired = None if entry.value is None else DesiredCamera.decode(entry.value)
        handlers.camera_desired(CameraRef.from_key(entry.key), desired)
        if desired is None:
            soon(views.camera_removed(CameraRef.from_key(entry.key)))

    def floor_changed(entry: KvEntry) -> None:
        held = None if entry.value is None else FloorHeld.decode(entry.value)
        rooms.handlers.floor_changed(CameraRef.from_key(entry.key), held)
        office.desk.floor_changed(CameraRef.from_key(entry.key), held)
        soon(talks.floor_changed(CameraRef.from_key(entry.key), held))

    def wait_changed(entry: KvEntry) -> None:
        wanted = None if entry.value is None else FloorWanted.decode(entry.value)
        handlers.wait_changed(CameraRef.from_key(entry.key), talk_of(entry.key), wanted)

    await (await bus.kv("cameras")).watch(desired_changed)
    await (await bus.kv("camera_states")).watch(drills.camera_state_changed)
    await (await bus.kv("floor_waits")).watch(wait_changed)
    await (await bus.kv("rooms")).watch(rooms.room_changed)
    await (await bus.kv("floors")).watch(floor_changed)
