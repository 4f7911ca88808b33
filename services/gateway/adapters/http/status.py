"""Routes: everything at a glance, and the audit trail."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from services.gateway.adapters.http.access import identity_of
from services.gateway.adapters.http.camera_answers import camera_status
from services.gateway.adapters.http.paging import Paging
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import AuditRow, Page, ServiceStatus, Status
from services.gateway.audit import AuditEntry
from services.gateway.pages import page_of

router = APIRouter(prefix="/api/v1", tags=["operation"])


@router.get("/status", responses=refusals(401))
async def status(request: Request) -> Status:
    """The six services and all cameras, each with its state and since when."""
    rooms = rooms_of(request)
    services = [ServiceStatus(**asdict(seen)) for seen in await rooms.services.seen()]
    who = identity_of(request)
    cameras = [each for each in await rooms.registry.register.every_camera() if who.sees(each.site)]
    return Status(services=services, cameras=[camera_status(each, rooms.states.of(each.ref)) for each in cameras])


@router.get("/audit", responses=refusals(400, 401, 403))
async def audit(
    request: Request,
    page: Paging,
    camera: Annotated[str | None, Query(description="about this camera alone")] = None,
    who: Annotated[str | None, Query(description="by this account alone")] = None,
) -> Page[AuditRow]:
    """Who did what, newest first."""
    found = page_of(await rooms_of(request).trail.newest(page, camera, who), page, lambda entry: str(entry.number))
    return Page(items=[_row(entry) for entry in found.items], next_cursor=found.next_cursor)


@router.get("/openapi.json", include_in_schema=False)
async def contract(request: Request) -> JSONResponse:
    """This contract."""
    return JSONResponse(request.app.state.contract, headers={"Cache-Control": "no-cache"})


def _row(entry: AuditEntry) -> AuditRow:
    deed = entry.deed
    return AuditRow(
        number=entry.number,
        at=deed.at,
        who=deed.who,
        action=deed.action,
        camera=deed.camera,
        address=deed.address,
        outcome=deed.outcome,
        seconds=deed.seconds,
        detail=dict(deed.detail),
    )
