"""What a camera usually shows goes from one detector worker to the next over a real bus, and to nobody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from services.detector.adapters.baseline_store import BaselineStore
from shared.bus import Bus
from shared.bus.errors import BusUnreachable
from shared.clock import SystemClock
from shared.subjects import CameraRef

CAMERA = CameraRef("school", "wok")
Connect = Callable[[str], Awaitable[Bus]]


async def test_what_one_worker_learned_is_found_by_the_next(connect: Connect) -> None:
    first, second = [
        BaselineStore(await (await connect("detector")).kv("picture_baselines"), SystemClock()) for _ in range(2)
    ]
    kept = first.begin(CAMERA)
    await first.run_once()
    assert kept.found is None
    kept.news = b"learned"
    await first.run_once()
    assert kept.news is None
    taken_over = second.begin(CAMERA)
    await second.run_once()
    assert taken_over.found == b"learned"


async def test_a_camera_that_is_gone_is_not_written(connect: Connect) -> None:
    bucket = await (await connect("detector")).kv("picture_baselines")
    store = BaselineStore(bucket, SystemClock())
    kept = store.begin(CAMERA)
    store.gone(CAMERA)
    kept.news = b"late"
    await store.run_once()
    assert await bucket.get(CAMERA.key) is None


async def test_another_service_may_not_write_them(connect: Connect) -> None:
    await (await connect("detector")).kv("picture_baselines")
    with pytest.raises(BusUnreachable):
        await (await (await connect("recorder")).kv("picture_baselines")).put(CAMERA.key, b"x")
