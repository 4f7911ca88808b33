"""The bucket of cameras follows the register: what changes while it is told, on time however much changes, and cheaply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
from sqlalchemy import event

from services.gateway.adapters.postgres.register import PostgresRegister
from services.gateway.adapters.postgres.units import PostgresUnits
from services.gateway.adapters.registry_mirror import COMPARE_ALL_S, RegistryMirror
from services.gateway.audit import Action, Deed
from services.gateway.cameras import Camera, StreamSource
from services.gateway.sites import Site
from services.gateway.units import Unit
from services.gateway.wiring import _MIGRATIONS
from shared.bus import Bus
from shared.bus.kv import KvBucket
from shared.bus.streams import EVENTS
from shared.clock import FakeClock
from shared.database import Database
from shared.messages.cameras import DesiredCamera
from shared.subjects import CameraRef
from tests.gateway.running_gateway import Peers

pytestmark = pytest.mark.asyncio(loop_scope="session")

SITE = Site("mirrored", "一小", "primary", unit="mirror-district")
CAMERAS = 100


class MeanwhileUnits(PostgresUnits):
    """Something happens right behind what one round reads last of the register."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def path(self, id: str | None) -> tuple[str, ...]:
        found = await super().path(id)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return found


class Plant:
    """A mirror of its own on the real register and bucket."""

    def __init__(self, database: Database, bus: Bus, bucket: KvBucket):
        self.database, self.bus, self.bucket, self.clock = database, bus, bucket, FakeClock()
        self.register, self.units = PostgresRegister(database), MeanwhileUnits(database)
        self.mirror = self.new_mirror()

    def new_mirror(self) -> RegistryMirror:
        return RegistryMirror(self.register, self.units, self.bucket, self.bus, self.clock)

    def deed(self, action: Action) -> Deed:
        return Deed(action, "test", None, self.clock.now())

    async def add(self, number: int) -> Camera:
        camera = Camera(f"mirrored-{number}", SITE.id, "n", "hygiene", StreamSource("rtsp://10.0.0.7/1"))
        await self.register.add_camera(camera, self.deed("camera_added"))
        return camera

    async def switch(self, camera: str, *, is_enabled: bool) -> None:
        found = await self.register.camera(camera)
        assert found is not None
        assert await self.register.replace_camera(replace(found, is_enabled=is_enabled), self.deed("camera_changed"))

    async def told(self, camera: CameraRef) -> DesiredCamera | None:
        entry = await self.bucket.get(camera.key)
        return None if entry is None or entry.value is None else DesiredCamera.decode(entry.value)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Rounds follow one another, as they do under the supervisor."""

        async def rounds() -> None:
            while True:
                await self.mirror.run_once()

        task = asyncio.create_task(rounds())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled(), task.exception()

    async def until(self, is_true: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(10):
            while not await is_true():
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture(loop_scope="session")
async def plant(peers: Peers) -> AsyncIterator[Plant]:
    database, bus = Database(peers.postgres.url("gateway"), "gateway"), await peers.bus("gateway")
    await database.migrate(_MIGRATIONS)
    await bus.ensure_stream(EVENTS)
    made = Plant(database, bus, await bus.kv("cameras"))
    await made.units.add(Unit("mirror-district", "区", "district"), made.deed("unit_added"))
    await made.register.add_site(SITE, made.deed("site_added"))
    await made.mirror.open()
    yield made
    for camera in await made.register.every_camera():
        if camera.site == SITE.id:
            await made.register.remove_camera(camera.id, made.deed("camera_removed"))
            await made.bucket.delete(camera.ref.key)
    await bus.close()
    await database.close()


async def test_what_is_changed_while_it_is_told_is_told_again(plant: Plant) -> None:
    camera = await plant.add(0)

    async def switched_off() -> None:
        await plant.switch(camera.id, is_enabled=False)
        plant.mirror.changed(camera.ref)

    async with plant.running():
        await plant.until(lambda: _is(plant, camera.ref, is_enabled=True))
        await plant.switch(camera.id, is_enabled=True)  # another revision of the same
        plant.units.meanwhile = switched_off
        plant.mirror.changed(camera.ref)
        await plant.until(lambda: _is(plant, camera.ref, is_enabled=False))


async def test_everything_is_compared_each_minute_however_much_changes(plant: Plant) -> None:
    busy, forgotten = await plant.add(0), await plant.add(1)
    async with plant.running():
        await plant.until(lambda: _is(plant, forgotten.ref, is_enabled=True))
    await plant.switch(forgotten.id, is_enabled=False)  # by a gateway that died before it told
    await plant.clock.advance(COMPARE_ALL_S + 1)
    plant.mirror.changed(busy.ref)  # an import: there is always something
    async with plant.running():
        await plant.until(lambda: _is(plant, forgotten.ref, is_enabled=False))


async def test_what_is_taken_out_of_the_bucket_is_put_back(plant: Plant) -> None:
    camera = await plant.add(0)
    async with plant.running():
        await plant.until(lambda: _is(plant, camera.ref, is_enabled=True))
        await plant.bucket.delete(camera.ref.key)
        await plant.until(lambda: _is(plant, camera.ref, is_enabled=True))


async def test_a_comparison_that_finds_nothing_reads_the_register_once(plant: Plant) -> None:
    cameras = [await plant.add(number) for number in range(CAMERAS)]
    async with plant.running():
        await plant.until(lambda: _is(plant, cameras[-1].ref, is_enabled=True))
        await plant.until(lambda: _are_all_told(plant))
    statements: list[str] = []
    restarted = plant.new_mirror()  # compares at once
    await restarted.open()

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    engine = plant.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):  # a round that found nothing waits for the next
                await restarted.run_once()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    print(f"\n{CAMERAS} cameras compared with {len(statements)} statements")
    assert len(statements) <= 4, statements  # cameras, sites, units; and the facts that are to be told


async def _is(plant: Plant, camera: CameraRef, *, is_enabled: bool) -> bool:
    told = await plant.told(camera)
    return told is not None and told.is_enabled is is_enabled


async def _are_all_told(plant: Plant) -> bool:
    return await plant.register.pending_facts(1) == [] and len(await plant.bucket.keys()) >= CAMERAS
