"""Routes: everything at a glance, and the contract."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.gateway.adapters.http.access import identity_of
from services.gateway.adapters.http.camera_answers import camera_status
from services.gateway.adapters.http.contract import WRITTEN
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.adapters.http.schemas import InstanceStatus, MissingAnswer, ServiceStatus, Status
from services.gateway.status import InstanceSeen, ServiceSeen

router = APIRouter(prefix="/api/v1", tags=["operation"])


@router.get("/status", responses=refusals(401))
async def status(request: Request) -> Status:
    """The six services with their processes, and all cameras, each with its state and since when."""
    rooms = rooms_of(request)
    who = identity_of(request)
    # Reasons name machines and addresses: they are for whoever can do something about them.
    services = [_service(seen, who.may("change_registry")) for seen in await rooms.services.seen()]
    cameras = [each for each in await rooms.registry.register.every_camera() if who.sees(each.site)]
    return Status(
        services=services,
        cameras=[camera_status(each, rooms.states.of(each.ref)) for each in cameras],
        bus="up" if rooms.services.is_bus_up() else "down",
    )


@router.get("/openapi.json", include_in_schema=False)
def contract() -> Response:
    """This contract."""
    return Response(WRITTEN.read_bytes(), media_type="application/json", headers={"Cache-Control": "no-cache"})


def _service(seen: ServiceSeen, tells_reasons: bool) -> ServiceStatus:
    return ServiceStatus(
        name=seen.name,
        state=seen.state,
        workers=seen.workers,
        since=seen.since,
        version=seen.version,
        detail=seen.detail,
        capabilities=list(seen.capabilities),
        instances=[_instance(each, tells_reasons) for each in seen.instances],
    )


def _instance(seen: InstanceSeen, tells_reasons: bool) -> InstanceStatus:
    missing = [MissingAnswer(what=what, reason=why if tells_reasons else "") for what, why in seen.missing]
    return InstanceStatus(
        worker=seen.worker, state=seen.state, version=seen.version, started=seen.started, missing=missing
    )
