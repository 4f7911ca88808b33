"""Routes: lists to take along, as CSV and XLSX."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from services.gateway.adapters.http.access import by_of
from services.gateway.adapters.http.recordings import Start, us_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.handlers.exports import What
from shared.messages.figures import FigureGroup

router = APIRouter(prefix="/api/v1/exports", tags=["figures"])

_CSV = "text/csv; charset=utf-8"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_CSV_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": _BINARY}, "description": "UTF-8 with BOM"}}
_XLSX_FILE: dict[int | str, dict[str, Any]] = {200: {"content": {_XLSX: _BINARY}, "description": "One sheet"}}
By = Annotated[FigureGroup, Query(description="of `figures`: in which groups")]
Sites = Annotated[list[str] | None, Query(description="of these sites", max_length=200)]


@router.get("/{what}.csv", response_class=Response, responses=_CSV_FILE | refusals(400, 401, 403, 422))
async def export_csv(
    what: What, request: Request, start: Start, end: Start, by: By = "site", site: Sites = None
) -> Response:
    """All of a range, sent as it is read. What a spreadsheet would run as a formula has a ' before it."""
    rooms = rooms_of(request)
    pages = await rooms.exports.rows(by_of(request), what, "csv", us_of(start), us_of(end), by, tuple(site or ()))
    return StreamingResponse(rooms.spreadsheets.csv(pages), media_type=_CSV, headers=_named(f"{what}.csv"))


@router.get("/{what}.xlsx", response_class=Response, responses=_XLSX_FILE | refusals(400, 401, 403, 422))
async def export_xlsx(
    what: What, request: Request, start: Start, end: Start, by: By = "site", site: Sites = None
) -> Response:
    """The same as a spreadsheet; at most 200,000 rows. Nothing in it is a formula."""
    rooms = rooms_of(request)
    pages = await rooms.exports.rows(by_of(request), what, "xlsx", us_of(start), us_of(end), by, tuple(site or ()))
    file = await rooms.spreadsheets.xlsx(pages)
    return StreamingResponse(file, media_type=_XLSX, headers=_named(f"{what}.xlsx"))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
