"""Route: what happens, as it happens (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from services.gateway.adapters.event_desk import EventDesk, TooLongAgo
from services.gateway.adapters.http.access import identity_of
from services.gateway.adapters.http.refusal_docs import refusals
from services.gateway.adapters.http.rooms import rooms_of
from services.gateway.event_feed import Event, Listener, place_id, place_of
from services.gateway.identity import Identity
from services.gateway.roles import Verb
from shared.errors import PeerError
from shared.telemetry import log

router = APIRouter(prefix="/api/v1", tags=["events"])

# Proxies that end quiet connections do so after 15 s or more.
_HEARTBEAT_S = 10.0
# As in the table of who may come here.
VERB: Verb = "view"
# = events sent in one piece: fewer writes for who comes back, and a login that ended is noticed between two
_AT_ONCE = 50
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
    desk = rooms_of(request).events
    desk.require_room()
    stream = _stream(desk, asks, last_event_id or since)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


class _Asks:
    """Who listens, and to what: nothing named is everything they may hear. What wakes the stream: news, the end of the
    login, and its own heart; one timer a beat, not one an event."""

    def __init__(self, identity: Identity, named: frozenset[str], sites: frozenset[str]) -> None:
        self._identity = identity
        self._named = named
        self._sites = sites
        self.news = asyncio.Event()
        self.is_ended = False
        self.is_refused = False
        self.is_due = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def identity(self) -> Identity:
        """As they were when last looked at."""
        return self._identity

    def wants(self, event: Event) -> bool:
        if self._named and event.name not in self._named:
            return False
        if event.person is not None:
            return event.person == self._identity.name and (not self._sites or event.site in self._sites)
        if event.site == "-":
            return self._identity.sites is None and not self._sites
        return self._identity.sees(event.site) and (not self._sites or event.site in self._sites)

    def renew(self, identity: Identity) -> None:
        """A school may have moved, or they may not hear of anything any more."""
        self._identity = identity
        if not identity.may(VERB):
            self.is_refused = True
            self.news.set()

    def end(self) -> None:
        self.is_ended = True
        self.news.set()

    def beat(self) -> None:
        self.is_due = False
        self._timer = asyncio.get_running_loop().call_later(_HEARTBEAT_S, self._fall_due)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _fall_due(self) -> None:
        self.is_due = True
        self.news.set()


async def _stream(desk: EventDesk, asks: _Asks, asked: str | None) -> AsyncIterator[bytes]:
    place = None if asked is None else place_of(asked)
    if asked is not None and place is None:
        yield b"event: reset\ndata: {}\n\n"
    asks.beat()
    let_go = desk.hearing(asks.identity, asks)
    try:
        async with desk.listener(asks.wants, place, asks.news.set) as (listener, missed):
            went = listener.place | (place or {})
            yield _told("hello", place_id(went), b"{}")
            for event in missed:
                went[event.source] = event.seq
                if asks.wants(event):
                    yield _told(event.name, place_id(went), event.data)
            while not listener.is_lost:
                if asks.is_ended:
                    yield b"event: logged_out\ndata: {}\n\n"
                    return
                if asks.is_refused:
                    return  # who comes back is told why: 403
                if told := _taken(listener):
                    yield told
                    continue
                if asks.is_due:
                    # With the place: who wants little, and hears nothing for hours, need not go far back then.
                    yield f": still here\nid: {place_id(listener.place)}\n\n".encode()
                    asks.beat()
                await asks.news.wait()
                asks.news.clear()
    except TooLongAgo:
        pass
    except PeerError as error:
        # The bus is away: the stream ends where it is, and its client comes back to the same place.
        log().warning("what a listener missed is not to be had", detail=str(error))
        return
    finally:
        asks.stop()
        let_go()
    yield b"event: reset\ndata: {}\n\n"


def _taken(listener: Listener) -> bytes:
    """What waits for it, some of it at a time."""
    told: list[bytes] = []
    while len(told) < _AT_ONCE and (found := listener.take()) is not None:
        event, id = found
        told.append(_told(event.name, id, event.data))
    return b"".join(told)


def _told(name: str, id: str, data: bytes) -> bytes:
    # A fact is one line of JSON.
    return f"id: {id}\nevent: {name}\ndata: ".encode() + data + b"\n\n"
