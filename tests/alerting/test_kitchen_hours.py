"""Hours of kitchens on a real bus: calendars in, what the detector goes by out, whichever worker lives."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable

import pytest

from services.detector.analysis_plan import AnalysisPlan
from services.detector.kitchen_nights import KitchenNights
from shared.bus import Bus
from shared.bus.errors import BusUnreachable
from shared.bus.kv_watch import KvEntry
from shared.messages.calendars import CalendarList, CalendarPut, CalendarRemove, KitchenCalendar, KitchenHours
from shared.subjects import CameraRef
from tests.alerting.calendars import WEEK, calendar
from tests.alerting.conftest import LIMIT_S, Plant
from tests.alerting.facts import camera

pytestmark = pytest.mark.asyncio(loop_scope="module")

SITES = tuple(f"school-{number}" for number in range(1, 9))


class Detector:
    """What a detector hears of it, and how the plan of a camera stands."""

    def __init__(self) -> None:
        self.nights = KitchenNights()
        self.told: dict[str, KitchenHours] = {}
        self.writes: dict[str, int] = {}
        self._news = asyncio.Event()

    async def follow(self, bus: Bus) -> None:
        await (await bus.kv("kitchen_hours")).watch(self._heard)

    def _heard(self, entry: KvEntry) -> None:
        self.writes[entry.key] = self.writes.get(entry.key, 0) + 1
        if entry.value is None:
            self.told.pop(entry.key, None)
        else:
            self.told[entry.key] = KitchenHours.decode(entry.value)
        self.nights.changed(entry.key, self.told.get(entry.key))
        self._news.set()

    def is_night(self, site: str) -> bool:
        plan = AnalysisPlan(camera(site=site).analysis, self.nights.of(site))
        return plan.pace(time.time_ns() // 1000).is_night_watch

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(LIMIT_S):
            while not is_so():
                self._news.clear()
                await self._news.wait()


async def put(bus: Bus, made: KitchenCalendar) -> KitchenCalendar:
    answer = await bus.request("alerting", "calendar_put", CalendarPut(calendar=made, by="li"))
    return CalendarList.decode(answer).items[0].calendar


async def test_what_calendars_say_reaches_the_plan_of_each_camera(plant: Plant) -> None:
    """Closed all day, open all day, a school of its own, a calendar that goes, a school that goes."""
    workers = [await plant.worker(f"alerting-{number}") for number in (1, 2)]
    async with plant.bus("gateway") as gateway, plant.bus("detector") as bus:
        detector = Detector()
        await detector.follow(bus)
        cameras = await gateway.kv("cameras")
        for site in SITES:
            await cameras.put(CameraRef(site, "cook-1").key, camera(site=site).encode())
        assert detector.told == {}
        closed = await put(gateway, calendar(is_default=True, windows=(), public_holidays="none"))
        await detector.until(lambda: all(detector.is_night(site) for site in SITES))
        assert all(detector.told[site].has_hours for site in SITES)
        always = [{"part": "serving", "days": list(range(1, 8)), "from_minute": 0, "to_minute": 1439}]
        always += [{"part": "cleaning", "days": list(range(1, 8)), "from_minute": 1439, "to_minute": 0}]
        own = await put(gateway, calendar("own", sites=("school-1",), windows=always, public_holidays="none"))
        await detector.until(lambda: not detector.is_night("school-1"))
        assert detector.told["school-1"].closed == ()
        assert detector.is_night("school-2")
        assert detector.writes == dict.fromkeys(SITES, 1) | {"school-1": 2}, "each is written once for a change"

        # One of the two dies: nothing is written again, and what changes then comes from the other.
        assert workers[0].pid is not None
        os.kill(workers[0].pid, signal.SIGKILL)
        await workers[0].wait()
        await put(gateway, closed.model_copy(update={"windows": WEEK}))
        await detector.until(lambda: all(len(detector.told[site].closed) > 5 for site in SITES[1:]))
        assert detector.writes == dict.fromkeys(SITES, 2)

        await gateway.request("alerting", "calendar_remove", CalendarRemove(calendar="own", by="li"))
        await detector.until(lambda: detector.told["school-1"].closed == detector.told["school-2"].closed)
        assert own.version == 1
        await cameras.delete(CameraRef("school-8", "cook-1").key)
        await detector.until(lambda: "school-8" not in detector.told)
        await gateway.request("alerting", "calendar_remove", CalendarRemove(calendar="district", by="li"))
        await detector.until(lambda: detector.told == {})
        assert not detector.is_night("school-1")
        with pytest.raises(BusUnreachable):
            await (await bus.kv("kitchen_hours")).put("school-1", b"{}")
    await workers[1].stop(LIMIT_S)
