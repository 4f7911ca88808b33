"""Route: what happens, as it happens (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
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
    asks = _Asks(identity_of(request), frozenset(name or ()), frozenset(site or ()))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = _stream(rooms_of(request).events, asks, last_event_id or since)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


@dataclass(slots=True)
class _Asks:
    """Who listens, as they were when last looked at, and to what: nothing named is everything they may hear."""

    identity: Identity
    named: frozenset[str]
    sites: frozenset[str]

    def wants(self, event: Event) -> bool:
        if self.named and event.name not in self.named:
            return False
        if event.person is not None:
            return event.person == self.identity.name and (not self.sites or event.site in self.sites)
        if event.site == "-":
            return self.identity.sites is None and not self.sites
        return self.identity.sees(event.site) and (not self.sites or event.site in self.sites)

    async def may_go_on(self, desk: EventDesk) -> bool:
        """Looked at again: a login may have ended elsewhere, a school may have moved."""
        found = await desk.as_it_is_now(self.identity)
        if found is not None:
            self.identity = found
        return found is not None


async def _stream(desk: EventDesk, asks: _Asks, asked: str | None) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    place = None if asked is None else place_of(asked)
    if asked is not None and place is None:
        yield b"event: reset\ndata: {}\n\n"
    news, ending = asyncio.Event(), asyncio.Event()

    def ended() -> None:
        ending.set()
        news.set()

    let_go = desk.on_ending(asks.identity, ended)
    try:
        async with desk.listener(asks.wants, place, news.set) as (listener, missed):
            went = dict(place or listener.place)
            yield _told("hello", place_id(went), b"{}")
            for event in missed:
                went[event.source] = event.seq
                if asks.wants(event):
                    yield _told(event.name, place_id(went), event.data)
            checked = loop.time()
            while not listener.is_lost:
                # Also while much happens: who is busy listening may be logged out meanwhile, by another gateway.
                is_due = loop.time() - checked >= _HEARTBEAT_S
                if ending.is_set() or (is_due and not await asks.may_go_on(desk)):
                    yield b"event: logged_out\ndata: {}\n\n"
                    return
                if is_due:
                    checked = loop.time()
                    yield b": still here\n\n"
                found = listener.take()
                if found is not None:
                    yield _told(found[0].name, found[1], found[0].data)
                    continue
                news.clear()
                if ending.is_set():
                    continue
                try:
                    async with asyncio.timeout_at(checked + _HEARTBEAT_S):
                        await news.wait()
                except TimeoutError:
                    continue
    except TooLongAgo:
        pass
    finally:
        let_go()
    yield b"event: reset\ndata: {}\n\n"


def _told(name: str, id: str, data: bytes) -> bytes:
    # A fact is one line of JSON.
    return f"id: {id}\nevent: {name}\ndata: ".encode() + data + b"\n\n"
