"""Emergency rooms of one worker, put together: who answers, what waits to be written, what is looked after."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

from services.intercom.adapters.records import Records
from services.intercom.adapters.room_store import RoomStore
from services.intercom.handlers.rooms import RoomHandlers
from services.intercom.handlers.talks import Handlers
from services.intercom.room_rules import NewEntry, open_room
from services.intercom.settings import Settings
from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.bus.requests import RequestHandler
from shared.clock import Clock
from shared.messages.base import Fact
from shared.messages.cameras import DesiredCamera
from shared.messages.rooms import OpenRoom
from shared.service import Context
from shared.subjects import CameraRef
from shared.supervise import Supervised
from shared.telemetry import counter, gauge, log

_ROUND_S = 5.0
# = how long somebody may go on speaking whose time as a guest is over
_GUESTS_ROUND_S = 1.0
# = what a database that is away may cost in memory; some days of a busy room
ENTRIES_MAX = 10_000
_ATTEMPTS = 5

_open = gauge("intercom_rooms_open", "emergency rooms that are open")
_waiting = gauge("intercom_room_entries_waiting", "entries of timelines that wait for the database")
_dropped = counter("intercom_room_entries_dropped_total", "entries of timelines that did not fit while it was away")


class KvPasses:
    """Implements `RoomPasses`."""

    def __init__(self, bucket: KvBucket):
        self._bucket = bucket

    async def put(self, room: OpenRoom) -> None:
        for _ in range(_ATTEMPTS):
            entry = await self._bucket.get(room.room)
            there = None if entry is None or entry.value is None else OpenRoom.decode(entry.value)
            if there is not None and (there.revision > room.revision or there == room):
                return
            try:
                if entry is None or there is None:
                    await self._bucket.create(room.room, room.encode())
                else:
                    await self._bucket.update(room.room, room.encode(), entry.revision)
                return
            except RevisionConflict:
                continue

    async def remove(self, room: str) -> None:
        await self._bucket.delete(room)


class RoomLedger:
    """Supervised: what happened in rooms is written as soon as the database takes it, in order."""

    def __init__(self, store: RoomStore, made: asyncio.Event, clock: Clock):
        self._store = store
        self._made = made
        self._clock = clock
        self._entries: deque[tuple[CameraRef, NewEntry]] = deque()
        self._news = asyncio.Event()

    def tell(self, camera: CameraRef, entry: NewEntry) -> None:
        if len(self._entries) >= ENTRIES_MAX:
            _dropped.inc()
            return
        self._entries.append((camera, entry))
        self._news.set()

    async def run_once(self) -> None:
        await self._made.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_ROUND_S):
                await self._news.wait()
        self._news.clear()
        await self.flush()

    async def flush(self) -> None:
        """Raises PeerError; what was not taken stays."""
        try:
            while self._entries and self._made.is_set():
                camera, entry = self._entries[0]
                for room in await self._store.with_camera(camera, self._clock.now_us()):
                    await self._store.add(room, entry)
                self._entries.popleft()
        finally:
            _waiting.set(len(self._entries))


class RoomKeeper:
    """Supervised: who fell silent has left, whose time ended is out, and gateways know what the database knows.

    Args: known: what gateways know.
    """

    def __init__(
        self, store: RoomStore, passes: KvPasses, known: Mapping[str, OpenRoom], made: asyncio.Event, clock: Clock
    ):
        self._store = store
        self._passes = passes
        self._known = known
        self._made = made
        self._clock = clock

    async def run_once(self) -> None:
        await self._made.wait()
        now_us = self._clock.now_us()
        found = {status.room: status for status in await self._store.sweep(now_us)}
        for status in found.values():
            await self._passes.put(open_room(status, now_us))
        for room in set(self._known) - found.keys():
            there = await self._store.room(room, 0, 0)
            if there is None or there.closed_us is not None:
                await self._passes.remove(room)
                log().info("a closed room's passes were left behind", room=room)
        _open.set(len(found))
        await self._clock.sleep(_ROUND_S)


class RoomGuests:
    """Supervised: whose time as a guest is over speaks no more."""

    def __init__(self, talks: Handlers, is_out: Callable[[str], bool], clock: Clock):
        self._talks = talks
        self._is_out = is_out
        self._clock = clock
        talks.is_out = is_out

    async def run_once(self) -> None:
        await self._talks.end_guests(self._is_out)
        await self._clock.sleep(_GUESTS_ROUND_S)


class RoomDesk:
    """Attributes: answers: of any worker; ledger, keeper: supervised."""

    def __init__(
        self,
        context: Context[Settings],
        bucket: KvBucket,
        cameras: Mapping[CameraRef, DesiredCamera],
        records: Records,
        say: Callable[[Fact], None],
    ):
        clock = self._clock = context.clock
        store, passes = RoomStore(records), KvPasses(bucket)
        self.ledger = RoomLedger(store, records.made, clock)
        self.handlers = RoomHandlers(
            clock, store, passes, cameras, say, self.ledger.tell, context.settings.room_guest_max_h
        )
        handlers = self.handlers
        self.keeper = RoomKeeper(store, passes, handlers.open_rooms, records.made, clock)
        self.answers: dict[str, RequestHandler] = {
            "room_open": handlers.room_open,
            "room": handlers.room,
            "rooms": handlers.rooms,
            "room_join": handlers.room_join,
            "room_leave": handlers.room_leave,
            "room_note": handlers.room_note,
            "room_invite": handlers.room_invite,
            "room_revoke": handlers.room_revoke,
            "room_close": handlers.room_close,
            "room_told": handlers.room_told,
        }

    def supervised(self, talks: Handlers) -> list[tuple[str, Supervised]]:
        """Args: talks: of this worker, in which guests may speak."""
        guests = RoomGuests(talks, self.handlers.is_out, self._clock)
        return [("timelines", self.ledger), ("rooms", self.keeper), ("guests", guests)]

    def room_changed(self, entry: KvEntry) -> None:
        """KV `rooms`."""
        self.handlers.room_changed(entry.key, None if entry.value is None else OpenRoom.decode(entry.value))
