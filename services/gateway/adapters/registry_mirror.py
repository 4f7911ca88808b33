"""Keeps the bucket `cameras` equal to the register, and tells the bus what changed.

Theory of operation: the database is right. A change is told at once, everything is compared at start, whenever the bus
comes back and every minute, however much changes meanwhile. All is compared with what the bucket was last heard to
hold; what differs is then looked at key by key. Each key is written only over the revision that was read *before* the
register was asked: when two gateways write at once, the one with the older answer is refused and asks again, so an old
camera can never overwrite a new one. Facts wait in the outbox, written in the transaction of the change, until EVENTS
has stored them.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from services.gateway.adapters.postgres.register import PendingFact, PostgresRegister
from services.gateway.cameras import Camera
from services.gateway.units import Units, path_of
from shared.bus import Bus
from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.bus.kv_watch import KvEntry
from shared.clock import Clock
from shared.messages.gateway import CameraChanged, CameraRegistered, CameraRemoved, RegistryFact
from shared.subjects import CameraRef
from shared.telemetry import counter, log

COMPARE_ALL_S = 60.0
_FACTS_AT_ONCE = 100
# = how many cameras are put into words until others get a turn
_CAMERAS_A_TURN = 100
_FACTS: dict[str, type[RegistryFact]] = {
    "camera_registered": CameraRegistered,
    "camera_changed": CameraChanged,
    "camera_removed": CameraRemoved,
}

_corrected = counter("registry_keys_written_total", "Keys of the bucket cameras that differed from the register")


class RegistryMirror:
    """Implements `DesiredCameras`; a supervised task. Call `open` first."""

    def __init__(self, register: PostgresRegister, units: Units, bucket: KvBucket, bus: Bus, clock: Clock):
        self._register = register
        self._units = units
        self._bucket = bucket
        self._bus = bus
        self._clock = clock
        self._told: dict[str, bytes] = {}
        self._changed: set[CameraRef] = set()
        self._wakeup = asyncio.Event()
        self._compare_at_s = clock.monotonic()
        bus.on_connection(lambda: None, self._bus_is_back)

    async def open(self) -> None:
        """Follow what the bucket holds. Raises BusUnreachable."""
        await self._bucket.watch(self._heard)

    def changed(self, camera: CameraRef) -> None:
        self._changed.add(camera)
        self._wakeup.set()

    async def run_once(self) -> None:
        """One round: tell what is to be told, then wait for a change or for the next comparison."""
        self._wakeup.clear()
        if self._is_comparison_due():
            await self._compare_all()
        while self._changed and not self._is_comparison_due():
            await self._mirror_next()
        has_more = await self._tell_facts()
        if has_more or self._changed:
            return  # the next round follows at once: neither facts nor cameras wait for all of the others
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._compare_at_s - self._clock.monotonic())):
                await self._wakeup.wait()

    def _bus_is_back(self) -> None:
        self._compare_at_s = self._clock.monotonic()
        self._wakeup.set()

    def _heard(self, entry: KvEntry) -> None:
        if entry.value is not None:
            self._told[entry.key] = entry.value
        elif self._told.pop(entry.key, None) is not None:
            # By another gateway that knows why, or with a store of NATS that was lost: looked at without waiting.
            self.changed(CameraRef.from_key(entry.key))

    def _is_comparison_due(self) -> bool:
        return self._clock.monotonic() >= self._compare_at_s

    async def _compare_all(self) -> None:
        """What differs is among what changed from then on."""
        due_s, self._compare_at_s = self._compare_at_s, self._clock.monotonic() + COMPARE_ALL_S
        try:
            desired = await self._desired()
        except BaseException:
            self._compare_at_s = due_s
            raise
        keys = desired.keys() | self._told.keys()
        self._changed |= {CameraRef.from_key(key) for key in keys if desired.get(key) != self._told.get(key)}

    async def _desired(self) -> dict[str, bytes]:
        """Every key with its value, as the register has it now: three statements, however many there are."""
        cameras = await self._register.every_camera()
        sites = {site.id: site for site in await self._register.every_site()}
        parents = {unit.id: unit.parent for unit in await self._units.all()}
        found: dict[str, bytes] = {}
        for number, camera in enumerate(cameras):
            site = sites.get(camera.site)
            units = path_of(parents, None if site is None else site.unit)
            found[camera.ref.key] = camera.desired(site, units).encode()
            if number % _CAMERAS_A_TURN == 0:
                await asyncio.sleep(0)
        return found

    async def _mirror_next(self) -> None:
        # Taken out first: what is changed while it is told is told again.
        camera = self._changed.pop()
        try:
            await self._mirror(camera)
        except BaseException:
            self._changed.add(camera)
            raise

    async def _mirror(self, ref: CameraRef) -> None:
        while True:
            there = await self._bucket.get(ref.key)
            camera = await self._register.camera(ref.camera)
            desired = None
            if camera is not None and camera.site == ref.site:
                site = await self._register.site(camera.site)
                units = await self._units.path(None if site is None else site.unit)
                desired = camera.desired(site, units).encode()
            if desired == (there.value if there is not None else None):
                return
            try:
                if desired is None:
                    await self._bucket.delete(ref.key, there.revision if there is not None else None)
                elif there is None or there.value is None:
                    await self._bucket.create(ref.key, desired)
                else:
                    await self._bucket.update(ref.key, desired, there.revision)
            except RevisionConflict:
                log().info("another gateway wrote this camera", camera=str(ref))
                continue
            _corrected.inc()
            return

    async def _tell_facts(self) -> bool:
        """Some of them; whether there may be more."""
        pending = await self._register.pending_facts(_FACTS_AT_ONCE)
        for each in pending:
            await self._bus.publish_fact(await self._fact(each))
            await self._register.fact_told(each.number)
        return len(pending) == _FACTS_AT_ONCE

    async def _fact(self, pending: PendingFact) -> RegistryFact:
        camera: Camera | None = await self._register.camera(pending.camera.camera)
        return _FACTS[pending.fact](
            site=pending.camera.site,
            camera=pending.camera.camera,
            at_us=int(pending.at.timestamp() * 1e6),
            name=camera.name if camera is not None else None,
        )
