"""Routes: everything at a glance, and the contract."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from services.gateway.adapters.http.access import identity_of
from services.gateway.adapters.http.camera_answers import camera_status
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import ServiceStatus, Status

router = APIRouter(prefix="/api/v1", tags=["operation"])


@router.get("/status", responses=refusals(401))
async def status(request: Request) -> Status:
    """The six services and all cameras, each with its state and since when."""
    rooms = rooms_of(request)
    services = [ServiceStatus(**asdict(seen)) for seen in await rooms.services.seen()]
    who = identity_of(request)
    cameras = [each for each in await rooms.registry.register.every_camera() if who.sees(each.site)]
    return Status(services=services, cameras=[camera_status(each, rooms.states.of(each.ref)) for each in cameras])


@router.get("/openapi.json", include_in_schema=False)
async def contract(request: Request) -> JSONResponse:
    """This contract."""
    return JSONResponse(request.app.state.contract, headers={"Cache-Control": "no-cache"})
