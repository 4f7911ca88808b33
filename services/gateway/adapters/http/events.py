"""Route: what happens, as it happens (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from services.gateway.adapters.event_desk import EventDesk, TooLongAgo
from services.gateway.adapters.http.access import identity_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.event_feed import Event, place_id, place_of
from services.gateway.identity import Identity

router = APIRouter(prefix="/api/v1", tags=["events"])

# = how long somebody whose login has ended hears on, at most
_HEARTBEAT_S = 5.0
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "description": "One event a fact: `event` is its name, `data` the fact, `id` the place to go on from",
    }
}


@router.get("/events", response_class=Response, responses=_STREAM | refusals(401, 403))
async def events(
    request: Request,
    name: Annotated[list[str] | None, Query(description="only facts of these names, such as alert_raised")] = None,
    site: Annotated[list[str] | None, Query(description="only facts about these sites")] = None,
    last_event_id: Annotated[str | None, Header(description="sent by browsers when they come back")] = None,
    since: Annotated[str | None, Query(description="the same, for a first connection", max_length=300)] = None,
) -> Response:
    """What happens, as it happens. A browser that comes back hears what it missed, each once.

    The first event is `hello`; its id is the place to go on from. `reset` says that too much was missed to be sent
    again: read the lists anew.
    """
    identity = identity_of(request)
    named, sites = frozenset(name or ()), frozenset(site or ())

    def wants(event: Event) -> bool:
        if named and event.name not in named:
            return False
        if event.person is not None:
            return event.person == identity.name and (not sites or event.site in sites)
        if event.site == "-":
            return identity.sites is None and not sites
        return identity.sees(event.site) and (not sites or event.site in sites)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = _stream(rooms_of(request).events, identity, wants, last_event_id or since)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _stream(
    desk: EventDesk, identity: Identity, wants: Callable[[Event], bool], asked: str | None
) -> AsyncIterator[bytes]:
    place = None if asked is None else place_of(asked)
    if asked is not None and place is None:
        yield b"event: reset\ndata: {}\n\n"
    news = asyncio.Event()
    try:
        async with desk.listener(wants, place, news.set) as (listener, missed):
            went = dict(place or listener.place)
            loop = asyncio.get_running_loop()
            check_at = loop.time() + _HEARTBEAT_S
            yield _told("hello", place_id(went), b"{}")
            for event in missed:
                went[event.source] = event.seq
                if wants(event):
                    yield _told(event.name, place_id(went), event.data)
            while not listener.is_lost:
                if loop.time() >= check_at:
                    # However much there is to tell: who may not listen any more does not.
                    if not await desk.is_still_in(identity):
                        yield b"event: logged_out\ndata: {}\n\n"
                        return
                    check_at = loop.time() + _HEARTBEAT_S
                    yield b": still here\n\n"
                found = listener.take()
                if found is not None:
                    yield _told(found[0].name, found[1], found[0].data)
                    continue
                news.clear()
                try:
                    async with asyncio.timeout_at(check_at):
                        await news.wait()
                except TimeoutError:
                    continue
    except TooLongAgo:
        pass
    yield b"event: reset\ndata: {}\n\n"


def _told(name: str, id: str, data: bytes) -> bytes:
    # A fact is one line of JSON.
    return f"id: {id}\nevent: {name}\ndata: ".encode() + data + b"\n\n"
