"""Keeps the bucket `cameras` equal to the register, and tells the bus what changed.

Theory of operation: the database is right. A change is told at once, everything is compared at start, whenever the bus
comes back and every minute. Each key is written only over the revision that was read *before* the register was asked:
when two gateways write at once, the one with the older answer is refused and asks again, so an old camera can never
overwrite a new one. Facts wait in the outbox, written in the transaction of the change, until EVENTS has stored them.
"""

from __future__ import annotations

import asyncio

from services.gateway.adapters.postgres.register import PendingFact, PostgresRegister
from services.gateway.cameras import Camera
from services.gateway.units import Units
from shared.bus import Bus
from shared.bus.errors import RevisionConflict
from shared.bus.kv import KvBucket
from shared.messages.gateway import CameraChanged, CameraRegistered, CameraRemoved, RegistryFact
from shared.subjects import CameraRef
from shared.telemetry import counter, log

COMPARE_ALL_S = 60.0
_FACTS_AT_ONCE = 100
_FACTS: dict[str, type[RegistryFact]] = {
    "camera_registered": CameraRegistered,
    "camera_changed": CameraChanged,
    "camera_removed": CameraRemoved,
}

_corrected = counter("registry_keys_written_total", "Keys of the bucket cameras that differed from the register")


class RegistryMirror:
    """Implements `DesiredCameras`; a supervised task."""

    def __init__(self, register: PostgresRegister, units: Units, bucket: KvBucket, bus: Bus):
        self._register = register
        self._units = units
        self._bucket = bucket
        self._bus = bus
        self._changed: set[CameraRef] = set()
        self._wakeup = asyncio.Event()
        self._must_compare_all = True
        bus.on_connection(lambda: None, self._bus_is_back)

    def changed(self, camera: CameraRef) -> None:
        self._changed.add(camera)
        self._wakeup.set()

    async def run_once(self) -> None:
        """One round: tell what is to be told, then wait for a change or a minute."""
        self._wakeup.clear()
        if self._must_compare_all:
            await self._compare_all()
            self._must_compare_all = False
        while self._changed:
            camera = next(iter(self._changed))
            await self._mirror(camera)
            self._changed.discard(camera)
        await self._tell_facts()
        try:
            async with asyncio.timeout(COMPARE_ALL_S):
                await self._wakeup.wait()
        except TimeoutError:
            self._must_compare_all = True

    def _bus_is_back(self) -> None:
        self._must_compare_all = True
        self._wakeup.set()

    async def _compare_all(self) -> None:
        registered = {camera.ref for camera in await self._register.every_camera()}
        told = {CameraRef.from_key(key) for key in await self._bucket.keys()}
        for camera in sorted(registered | told):
            await self._mirror(camera)

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

    async def _tell_facts(self) -> None:
        while pending := await self._register.pending_facts(_FACTS_AT_ONCE):
            for each in pending:
                await self._bus.publish_fact(await self._fact(each))
                await self._register.fact_told(each.number)

    async def _fact(self, pending: PendingFact) -> RegistryFact:
        camera: Camera | None = await self._register.camera(pending.camera.camera)
        return _FACTS[pending.fact](
            site=pending.camera.site,
            camera=pending.camera.camera,
            at_us=int(pending.at.timestamp() * 1e6),
            name=camera.name if camera is not None else None,
        )
