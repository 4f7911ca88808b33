"""Routes: kitchens' calendars, as JSON and as iCalendar, and what applies at one kitchen on one day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.bodies import Answer, Day
from services.gateway.adapters.http.recordings import moment_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import Page
from services.gateway.faults import fault
from services.gateway.refusals import InvalidFields
from shared.errors import RequestRefused
from shared.messages.calendars import (
    ICAL_CHARACTERS_MAX,
    CalendarImport,
    CalendarVersion,
    DayReason,
    DayWindow,
    KitchenCalendar,
    KitchenDay,
)
from shared.messages.rules import KitchenTime

router = APIRouter(prefix="/api/v1", tags=["calendars"])

ICAL = "text/calendar"
_FILE: dict[str, Any] = {"content": {ICAL: {"schema": {"type": "string"}}}, "description": "iCalendar, RFC 5545"}
_AS_FILE: dict[int | str, dict[str, Any]] = {200: _FILE}
# Characters of UTF-8 have up to four bytes.
_BYTES_MAX = ICAL_CHARACTERS_MAX * 4


class CalendarAnswer(Answer):
    """One version of a calendar."""

    calendar: KitchenCalendar
    in_force_at: datetime
    changed_by: str
    changed_at: datetime


class CalendarFileAnswer(Answer):
    """What a file said."""

    calendar: KitchenCalendar
    days: int
    terms: int
    windows: int
    skipped: int
    notes: list[str]


class StretchAnswer(Answer):
    """From when until when which parts of the day it is; no part: the plan of each camera says it."""

    start: datetime
    end: datetime
    parts: list[KitchenTime]


class KitchenDayAnswer(Answer):
    """What applies at this kitchen on this date, and why."""

    site: str
    day: date
    time_zone: str
    is_open: bool
    reason: DayReason
    detail: str
    decided_by: str | None
    calendars: list[str]
    is_year_known: bool
    windows: list[DayWindow]
    stretches: list[StretchAnswer]


@router.get("/calendars", responses=refusals(401, 403))
async def list_calendars(request: Request) -> Page[CalendarAnswer]:
    """Those in force, or about to be."""
    return Page(items=[_answer(each) for each in await rooms_of(request).calendars.in_force()])


@router.get("/calendars/{id}/versions", responses=refusals(401, 403, 404))
async def list_calendar_versions(id: str, request: Request) -> Page[CalendarAnswer]:
    """Every version of one calendar, newest first."""
    return Page(items=[_answer(each) for each in await rooms_of(request).calendars.versions(id)])


@router.put("/calendars/{id}", responses=refusals(401, 403, 412, 422))
async def put_calendar(id: str, body: KitchenCalendar, request: Request) -> CalendarAnswer:
    """Change a calendar, or make one: in force within two minutes. `version` is the one you changed."""
    if body.calendar != id:
        raise InvalidFields([fault("calendar", "id_differs", id=id)])
    return _answer(await rooms_of(request).calendars.put(by_of(request), body))


@router.delete("/calendars/{id}", status_code=204, responses=refusals(401, 403, 404, 409))
async def remove_calendar(id: str, request: Request) -> None:
    """Its kitchens follow the default again. Its versions stay."""
    await rooms_of(request).calendars.remove(by_of(request), id)


@router.get("/calendars/{id}/calendar.ics", response_class=Response, responses=_AS_FILE | refusals(401, 403, 404))
async def calendar_as_ical(id: str, request: Request) -> Response:
    """Its own terms, hours and days as an iCalendar file; importing it gives the same."""
    return Response(await rooms_of(request).calendars.file(id), media_type=ICAL)


@router.put(
    "/calendars/{id}/calendar.ics",
    responses=refusals(401, 403, 404, 412, 413, 422),
    openapi_extra={"requestBody": {"required": True, **_FILE}},
)
async def put_calendar_as_ical(
    id: str,
    request: Request,
    mode: Annotated[
        Literal["merge", "replace"], Query(description="replace: days that the file does not name go")
    ] = "merge",
    unnamed: Annotated[
        Literal["closed", "open", "skip"], Query(description="what all-day events without a category mean")
    ] = "closed",
    trial: Annotated[bool, Query(description="only tell what would be")] = False,
) -> CalendarFileAnswer:
    """Read an iCalendar file into a calendar. Categories TERM, OPEN, CLOSED, PREPARING, SERVING, CLEANING say what is
    meant; events that come again are followed for two years."""
    wanted = CalendarImport(
        calendar=id,
        text=await _text(request),
        mode=mode,
        unnamed=unnamed,
        is_trial=trial,
        by=by_of(request).identity.name,
    )
    found = await rooms_of(request).calendars.read_file(by_of(request), wanted)
    return CalendarFileAnswer(
        calendar=found.calendar,
        days=found.days,
        terms=found.terms,
        windows=found.windows,
        skipped=found.skipped,
        notes=list(found.notes),
    )


@router.get("/sites/{id}/kitchen-day", responses=refusals(401, 403, 404, 422))
async def kitchen_day(
    id: str, request: Request, day: Annotated[Day, Query(description="on the kitchen's clock")]
) -> KitchenDayAnswer:
    """What applies at this kitchen on this date, hour by hour, and which calendar says so."""
    rooms = rooms_of(request)
    await rooms.registry.site(id)
    return _day_answer(await rooms.calendars.kitchen_day(id, day))


async def _text(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BYTES_MAX:
            raise _too_large()
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise RequestRefused("calendar_file_refused", "It is not in UTF-8, as iCalendar is.", status=422) from error
    if len(text) > ICAL_CHARACTERS_MAX:
        raise _too_large()
    return text


def _too_large() -> RequestRefused:
    return RequestRefused(
        "body_too_large", f"A calendar file has at most {ICAL_CHARACTERS_MAX} characters.", status=413
    )


def _answer(version: CalendarVersion) -> CalendarAnswer:
    return CalendarAnswer(
        calendar=version.calendar,
        in_force_at=moment_of(version.calendar.from_us),
        changed_by=version.changed_by,
        changed_at=moment_of(version.changed_us),
    )


def _day_answer(found: KitchenDay) -> KitchenDayAnswer:
    stretches = [
        StretchAnswer(start=moment_of(one.from_us), end=moment_of(one.to_us), parts=list(one.parts))
        for one in found.stretches
    ]
    return KitchenDayAnswer(
        site=found.site,
        day=found.day,
        time_zone=found.time_zone,
        is_open=found.is_open,
        reason=found.reason,
        detail=found.detail,
        decided_by=found.decided_by,
        calendars=list(found.calendars),
        is_year_known=found.is_year_known,
        windows=list(found.windows),
        stretches=stretches,
    )
