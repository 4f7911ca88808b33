"""The gateway's ASGI application: routes, guard, problems, headers, console."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from services.gateway.adapters.http import (
    accounts,
    alert_proofs,
    alerts,
    analysis,
    announcements,
    audit,
    broadcasts,
    calendars,
    cameras,
    canteen_imports,
    clips,
    devices,
    draws,
    drills,
    emergency_rooms,
    events,
    evidence,
    exports,
    figures,
    ice_servers,
    inspections,
    live,
    me,
    media_tokens,
    notices,
    oidc,
    order_papers,
    orders,
    organisation,
    problems,
    public_screens,
    recordings,
    rules,
    sessions,
    silences,
    sites,
    status,
    storage,
    talk_records,
    talks,
    uniforms,
    views,
)
from services.gateway.adapters.http.access import guard, uncovered
from services.gateway.adapters.http.answers_again import OncePerKey, TaggedLists
from services.gateway.adapters.http.bounds import Bounds
from services.gateway.adapters.http.compression import Compressed
from services.gateway.adapters.http.console import console_route
from services.gateway.adapters.http.contract import API_VERSION, SUMMARY
from services.gateway.adapters.http.last_resort import LastResort
from services.gateway.adapters.http.rooms import Rooms
from services.gateway.adapters.http.security_headers import SecurityHeaders
from shared.errors import BrightKitchenError

ROUTERS = (
    sessions.router,
    oidc.router,
    me.router,
    accounts.router,
    organisation.router,
    canteen_imports.router,
    sites.router,
    cameras.router,
    live.router,
    recordings.router,
    clips.router,
    evidence.router,
    storage.router,
    analysis.router,
    uniforms.router,
    talks.trickle_router,
    talk_records.router,
    talks.router,
    alerts.router,
    alert_proofs.router,
    rules.router,
    calendars.router,
    silences.router,
    orders.router,
    order_papers.router,
    notices.router,
    devices.router,
    draws.router,
    inspections.router,
    figures.router,
    exports.router,
    announcements.router,
    broadcasts.router,
    events.router,
    views.router,
    ice_servers.router,
    drills.router,
    emergency_rooms.router,
    media_tokens.router,
    public_screens.router,
    public_screens.open_router,
    audit.router,
    status.router,
)


def create_app(rooms: Rooms | None) -> FastAPI:
    """`rooms` is None where only the contract is wanted."""
    app = FastAPI(
        title="Bright Kitchen",
        version=API_VERSION,
        description=SUMMARY,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        separate_input_output_schemas=False,
    )
    forgotten = uncovered(ROUTERS)
    if forgotten:
        raise BrightKitchenError(f"routes and access rules do not agree: {', '.join(forgotten)}")
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(guard)])
    app.state.rooms = rooms

    problems.install(app)
    # The last is the outermost.
    for middleware in (TaggedLists, OncePerKey, Bounds, Compressed, LastResort, SecurityHeaders):
        app.add_middleware(middleware)
    if rooms is not None:
        app.router.routes.append(console_route(rooms.console_folder))
    return app
