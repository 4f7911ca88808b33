"""Which sessions are ended for workers that died, and which are not."""

from __future__ import annotations

import pytest

from services.intercom.adapters.left_behind import LeftBehind
from services.intercom.floor import LIFE_S
from shared.bus.errors import BusUnreachable
from shared.bus.kv_watch import KvEntry
from shared.clock import FakeClock
from shared.errors import CameraRefused
from shared.messages.intercom import FloorHeld
from shared.subjects import CameraRef

KITCHEN = CameraRef("school", "cook")


def held(talk: str = "other.1", session: str = "s1") -> FloorHeld:
    return FloorHeld(talk=talk, talker="li", priority="routine", since_us=0, session=session)


class Bench:
    """`bucket`: what KV `floors` holds of the kitchen."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.bucket: FloorHeld | None = None
        self.is_away = False
        self.refuses = False
        self.ended: list[str] = []
        self.left = LeftBehind("mine", self, self._end, self.clock, 0.001)

    async def get(self, key: str) -> KvEntry | None:
        if self.is_away:
            raise BusUnreachable("away")
        return None if self.bucket is None else KvEntry(key, self.bucket.encode(), 1)

    async def _end(self, camera: CameraRef, session: str) -> None:
        assert camera == KITCHEN
        self.ended.append(session)
        if self.refuses:
            raise CameraRefused("Session Not Found", status=454)

    async def after(self, seconds: float) -> list[str]:
        await self.clock.advance(seconds)
        await self.left.run_once()
        return self.ended


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("refuses", [False, True])
async def test_a_session_whose_floor_aged_out_is_ended_once(bench: Bench, refuses: bool) -> None:
    bench.refuses = refuses
    bench.left.floor_changed(KITCHEN, held())
    assert await bench.after(1.0) == []
    assert await bench.after(LIFE_S) == ["s1"]
    assert await bench.after(LIFE_S) == ["s1"]


async def test_who_took_the_floor_of_a_dead_one_does_not_hide_its_session(bench: Bench) -> None:
    bench.left.floor_changed(KITCHEN, held())
    await bench.clock.advance(LIFE_S)
    bench.bucket = held("mine.2", "")
    bench.left.floor_changed(KITCHEN, bench.bucket)
    assert await bench.after(0.0) == ["s1"]


async def test_sessions_of_the_living_are_left_alone(bench: Bench) -> None:
    bench.left.floor_changed(KITCHEN, held("mine.1"))
    assert await bench.after(2 * LIFE_S) == [], "our own"
    bench.left.floor_changed(KITCHEN, held())
    bench.left.floor_changed(KITCHEN, held("third.1", "s2"))
    assert await bench.after(0.0) == [], "pre-empted: its own worker ends it"
    bench.left.floor_changed(KITCHEN, None)
    assert await bench.after(2 * LIFE_S) == [], "released"
    bench.bucket = held()
    bench.left.floor_changed(KITCHEN, bench.bucket)
    assert await bench.after(2 * LIFE_S) == [], "renewed, and the news is late"
    bench.is_away = True
    assert await bench.after(2 * LIFE_S) == [], "the bus cannot be asked"
