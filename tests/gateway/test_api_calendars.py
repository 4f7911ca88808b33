"""Calendars through the API: changed, imported, exported and asked; each change on record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from shared.messages.calendars import (
    CalendarFile,
    CalendarImport,
    CalendarImported,
    CalendarList,
    CalendarPut,
    CalendarRemove,
    CalendarVersion,
    KitchenCalendar,
    KitchenDay,
    KitchenDayWanted,
)
from tests.gateway.running_gateway import PASSWORD, Gateway

pytestmark = pytest.mark.asyncio(loop_scope="session")

MESSAGES = Path(__file__).parents[1] / "data" / "messages"
CALENDAR = KitchenCalendar.decode((MESSAGES / "KitchenCalendar.v1.json").read_bytes())
DAY = KitchenDay.decode((MESSAGES / "KitchenDay.v1.json").read_bytes())
FILE = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


class Alerting:
    """Alerting at the bus, with one calendar."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    async def calendars(self, request: bytes) -> CalendarList:
        return self._list(CALENDAR, "li")

    async def put(self, request: bytes) -> CalendarList:
        wanted = CalendarPut.decode(request)
        self.asked.append(wanted)
        return self._list(wanted.calendar, wanted.by)

    async def remove(self, request: bytes) -> CalendarList:
        self.asked.append(CalendarRemove.decode(request))
        return self._list(CALENDAR, "li")

    async def import_(self, request: bytes) -> CalendarImported:
        self.asked.append(CalendarImport.decode(request))
        return CalendarImported(calendar=CALENDAR, days=1, terms=0, windows=0, skipped=1, notes=("x: cancelled",))

    async def export(self, request: bytes) -> CalendarFile:
        return CalendarFile(text=FILE)

    async def kitchen_day(self, request: bytes) -> KitchenDay:
        wanted = KitchenDayWanted.decode(request)
        return DAY.model_copy(update={"site": wanted.site, "day": wanted.day})

    def _list(self, calendar: KitchenCalendar, by: str) -> CalendarList:
        return CalendarList(items=(CalendarVersion(calendar=calendar, changed_by=by, changed_us=CALENDAR.from_us),))


@pytest_asyncio.fixture(loop_scope="session")
async def alerting(gateway: Gateway) -> AsyncIterator[Alerting]:
    answering, bus = Alerting(), await gateway.peers.bus("alerting")
    stop = await bus.serve(
        "alerting",
        {
            "calendars": answering.calendars,
            "calendar_put": answering.put,
            "calendar_remove": answering.remove,
            "calendar_import": answering.import_,
            "calendar_export": answering.export,
            "kitchen_day": answering.kitchen_day,
        },
    )
    yield answering
    await stop()
    await bus.close()


async def test_a_calendar_is_changed_and_removed_on_record(admin: httpx.AsyncClient, alerting: Alerting) -> None:
    (shown,) = (await admin.get("/calendars")).json()["items"]
    assert shown["calendar"]["days"][0]["from_day"] == "2026-11-06"
    put = await admin.put("/calendars/school-1", json=shown["calendar"])
    assert (put.status_code, put.json()["changed_by"]) == (200, "admin")
    assert (await admin.put("/calendars/other", json=shown["calendar"])).json()["code"] == "invalid_fields"
    assert (await admin.delete("/calendars/school-1")).status_code == 204
    deeds = (await admin.get("/audit", params={"limit": 2})).json()["items"]
    assert [one["action"] for one in deeds] == ["calendar_removed", "calendar_changed"]
    assert len((await admin.get("/calendars/school-1/versions")).json()["items"]) == 1


async def test_files_go_both_ways(admin: httpx.AsyncClient, alerting: Alerting) -> None:
    got = await admin.get("/calendars/school-1/calendar.ics")
    assert (got.text, got.headers["content-type"].partition(";")[0]) == (FILE, "text/calendar")
    put = await admin.put("/calendars/school-1/calendar.ics", params={"mode": "replace", "trial": True}, content=FILE)
    assert (put.json()["days"], put.json()["notes"]) == (1, ["x: cancelled"])
    asked = alerting.asked[-1]
    assert isinstance(asked, CalendarImport)
    assert (asked.text, asked.mode, asked.is_trial, asked.by) == (FILE, "replace", True, "admin")
    refused = await admin.put("/calendars/school-1/calendar.ics", content=b"\xff\xfe")
    assert (refused.status_code, refused.json()["code"]) == (422, "calendar_file_refused")
    assert (await admin.put("/calendars/school-1/calendar.ics", content=b"a" * 600_000)).status_code == 413


async def test_what_applies_on_a_day_is_told_to_those_who_see_the_kitchen(
    gateway: Gateway, admin: httpx.AsyncClient, alerting: Alerting
) -> None:
    for id in ("day-1", "day-2"):
        await admin.post("/sites", json={"id": id, "name": id, "kind": "primary"})
    shown = (await admin.get("/sites/day-1/kitchen-day", params={"day": "2026-10-01"})).json()
    assert (shown["site"], shown["day"], shown["reason"]) == ("day-1", "2026-10-01", "exceptional_day")
    assert (await admin.get("/sites/nowhere/kitchen-day", params={"day": "2026-10-01"})).status_code == 404
    told = {"name": "day-cook", "password": PASSWORD, "roles": ["school"], "sites": ["day-1"]}
    assert (await admin.post("/accounts", json=told)).status_code == 201
    async with gateway.client(await gateway.token("day-cook", PASSWORD)) as cook:
        assert (await cook.get("/sites/day-1/kitchen-day", params={"day": "2026-10-01"})).status_code == 200
        assert (await cook.get("/sites/day-2/kitchen-day", params={"day": "2026-10-01"})).status_code == 404
        assert (await cook.put("/calendars/school-1", json={})).status_code == 403
    for id in ("day-1", "day-2"):
        await admin.delete(f"/sites/{id}")
