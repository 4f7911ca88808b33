"""Builds the intercom's objects and connects them."""

from __future__ import annotations

import asyncio

from services.intercom.adapters.camera_access import CameraAccess
from services.intercom.adapters.drill_desk import DrillDesk
from services.intercom.adapters.floor_store import FloorStore
from services.intercom.adapters.ice_addresses import bind_to
from services.intercom.adapters.libopus import Libopus
from services.intercom.adapters.paced_speaker import PacedSpeaker
from services.intercom.adapters.records import Records
from services.intercom.adapters.room_desk import RoomDesk
from services.intercom.adapters.talk import Talk
from services.intercom.adapters.talk_tasks import TalkTasks
from services.intercom.adapters.webrtc_caller import WebRtcCaller
from services.intercom.handlers.talks import Handlers
from services.intercom.legs import TalkLimits
from services.intercom.settings import Settings
from shared.bus.fact_outbox import FactOutbox
from shared.bus.kv_watch import KvEntry
from shared.bus.streams import EVENTS
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.messages.intercom import FloorHeld, TalkWanted
from shared.presence import Presence
from shared.rtsp.read_mill import ReadMill
from shared.sealing import Sealer
from shared.service import Context, Wired
from shared.subjects import CameraRef

# = how long somebody may go on speaking whose time as a guest is over
_GUESTS_ROUND_S = 1.0


async def wire(context: Context[Settings]) -> Wired:
    """Talks are held by this worker; floors and cameras are known to all."""
    settings, bus, clock = context.settings, context.bus, context.clock
    worker = settings.worker_id
    bind_to(settings.ice_addresses)
    await bus.ensure_stream(EVENTS)
    floors_bucket = await bus.kv("floors")
    outbox, floors, tasks = FactOutbox(bus.publish_fact), FloorStore(floors_bucket), TalkTasks()
    access = CameraAccess(settings, Sealer.from_settings(settings), ReadMill(), clock)
    records = Records(settings)
    limits = TalkLimits(press_s=settings.talk_max_s, idle_s=settings.talk_idle_s)

    def say(fact: Fact) -> None:
        outbox.say(fact)
        rooms.handlers.fact_said(fact)

    async def guests_round() -> None:
        await handlers.end_guests(rooms.handlers.is_out)
        await clock.sleep(_GUESTS_ROUND_S)

    def new_talk(id: str, wanted: TalkWanted, desired: DesiredCamera) -> Talk:
        leg = access.leg(desired)
        speaker = PacedSpeaker(leg.send, Libopus(), clock)
        caller = WebRtcCaller(speaker.hear, announce=settings.ice_announce.strip())
        return Talk(id, wanted, caller, leg, speaker, floors, say, clock, limits, tasks.start)

    rooms_bucket = await bus.kv("rooms")
    handlers = Handlers(worker, new_talk, settings.talks_max)
    rooms = RoomDesk(context, rooms_bucket, handlers.cameras, records, outbox.say)
    handlers.is_out = rooms.handlers.is_out
    drills = DrillDesk(context, handlers.cameras, access.leg, floors, records, outbox.say)
    presence = Presence(bus, "intercom", worker, clock)
    news: set[asyncio.Task[None]] = set()

    def desired_changed(entry: KvEntry) -> None:
        desired = None if entry.value is None else DesiredCamera.decode(entry.value)
        handlers.camera_desired(CameraRef.from_key(entry.key), desired)

    def floor_changed(entry: KvEntry) -> None:
        held = None if entry.value is None else FloorHeld.decode(entry.value)
        rooms.handlers.floor_changed(CameraRef.from_key(entry.key), held)
        task = asyncio.create_task(handlers.floor_changed(CameraRef.from_key(entry.key), held))
        news.add(task)
        task.add_done_callback(news.discard)

    await (await bus.kv("cameras")).watch(desired_changed)
    await (await bus.kv("camera_states")).watch(drills.camera_state_changed)
    await floors_bucket.watch(floor_changed)
    await rooms_bucket.watch(rooms.room_changed)
    pinned = {"talk": handlers.talk, "talk_change": handlers.talk_change, "talk_end": handlers.talk_end}
    shared = {"status": handlers.status, "talk_open": handlers.talk_open}
    stop_answering = await bus.serve(
        "intercom", shared | drills.answers | rooms.answers, pinned=pinned | drills.pinned, instance=worker
    )
    return Wired(
        tasks=[
            ("presence", presence),
            ("facts", outbox),
            ("records", records),
            ("drills", drills.clock),
            ("timelines", rooms.ledger),
            ("rooms", rooms.keeper),
            ("guests", guests_round),
        ],
        close=[
            handlers.drain,
            drills.runs.close,
            tasks.close,
            stop_answering,
            presence.leave,
            outbox.flush,
            rooms.ledger.flush,
            records.close,
        ],
    )
