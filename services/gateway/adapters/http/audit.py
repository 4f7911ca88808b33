"""Routes: the audit trail, its export, and who watched a school."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from services.gateway.adapters.http.access import address_of, identity_of
from services.gateway.adapters.http.bodies import Answer, Moment
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import Rooms, rooms_of
from services.gateway.adapters.http.schemas import Page
from services.gateway.audit import AuditFilter, Deed
from services.gateway.pages import page_of
from shared.audit_chain import ChainedRow, as_csv, as_json, csv_header

router = APIRouter(prefix="/api/v1", tags=["audit"])

_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Every row, oldest first",
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}


class AuditRow(Answer):
    """One line of the trail that nobody can change."""

    number: int
    at: datetime
    who: str | None
    action: str = Field(examples=["live_view"])
    camera: str | None
    site: str | None = Field(None, description="the school it was about then, where it is about a camera")
    address: str | None = Field(description="where the request came from")
    outcome: str = Field(examples=["ok"])
    seconds: float | None = Field(None, description="how long a view or a playback lasted; null while it goes on")
    detail: dict[str, str] = Field(default_factory=dict, description="`purpose`: why somebody looked")
    hash: str = Field(description="SHA-256 over this row and the hash before it")


class WatchingAnswer(Answer):
    """Somebody looked into this school."""

    at: datetime
    who: str | None
    camera: str
    action: str = Field(examples=["live_view"])
    seconds: float | None = Field(None, description="how long; null for a picture, or while it goes on")
    purpose: str | None = Field(None, description="why, as far as they said: patrol, draw, case, drill")


def _filter(
    camera: Annotated[str | None, Query(description="about this camera alone")] = None,
    who: Annotated[str | None, Query(description="by this account alone")] = None,
    site: Annotated[str | None, Query(description="about cameras of this school alone")] = None,
    action: Annotated[str | None, Query(description="of this kind alone, such as live_view")] = None,
    outcome: Annotated[str | None, Query(description="`ok`, or what it was refused for")] = None,
    purpose: Annotated[str | None, Query(description="looked at for this alone")] = None,
    since: Annotated[Moment | None, Query(description="from then on")] = None,
    until: Annotated[Moment | None, Query(description="before then")] = None,
) -> AuditFilter:
    return AuditFilter(camera, who, site, action, outcome, purpose, since, until)


@router.get("/audit", responses=refusals(400, 401, 403, 422))
async def audit(
    request: Request,
    page: Paging,
    wanted: Annotated[AuditFilter, Depends(_filter)],
) -> Page[AuditRow]:
    """Who did what, newest first."""
    found = page_of(await rooms_of(request).trail.newest(page, wanted), page, lambda row: str(row.number))
    return Page(items=[_row(row) for row in found.items], next_cursor=found.next_cursor)


@router.get("/audit/export", response_class=Response, responses=_FILES | refusals(401, 403, 422))
async def export_audit(
    request: Request,
    format: Annotated[Literal["jsonl", "csv"], Query(description="csv: no cell is taken for a formula")] = "jsonl",
    after: Annotated[int, Query(ge=0, le=10**15, description="rows behind this number alone")] = 0,
) -> Response:
    """The whole trail, or what came since the last export, each row with its hash: `bk audit verify` checks it.

    Its last row is this export itself.
    """
    rooms, who = rooms_of(request), identity_of(request)
    detail = {"format": format, "after": str(after)}
    await rooms.trail.add(
        Deed("audit_exported", who.name, address_of(request), rooms.people.clock.now(), detail=detail)
    )
    kind = "text/csv; charset=utf-8" if format == "csv" else "application/x-ndjson"
    headers = {"Content-Disposition": f'attachment; filename="audit.{format}"', "Cache-Control": "no-store"}
    return StreamingResponse(_lines(rooms, format == "csv", after), media_type=kind, headers=headers)


@router.get("/sites/{id}/watching", responses=refusals(400, 401, 403, 404))
async def watching(
    id: str,
    request: Request,
    page: Paging,
    camera: Annotated[str | None, Query(description="into this camera alone")] = None,
) -> Page[WatchingAnswer]:
    """Who looked into this school, when, for how long and why: its own people may know."""
    rooms = rooms_of(request)
    await rooms.registry.site(id)
    found = page_of(await rooms.trail.watchings(page, id, camera), page, lambda each: str(each.number))
    items = [
        WatchingAnswer(
            at=each.at, who=each.who, camera=each.camera, action=each.action, seconds=each.seconds, purpose=each.purpose
        )
        for each in found.items
    ]
    return Page(items=items, next_cursor=found.next_cursor)


async def _lines(rooms: Rooms, is_csv: bool, after: int) -> AsyncIterator[str]:
    if is_csv:
        yield csv_header()
    async for rows in rooms.trail.chain(after):
        yield "".join(as_csv(row) if is_csv else as_json(row) + "\n" for row in rows)


def _row(row: ChainedRow) -> AuditRow:
    return AuditRow(
        number=row.number,
        at=row.at,
        who=row.who,
        action=row.action,
        camera=row.camera,
        site=row.site,
        address=row.address,
        outcome=row.outcome,
        seconds=row.seconds,
        detail=dict(row.detail),
        hash=row.hash.hex(),
    )
