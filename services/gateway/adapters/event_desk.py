"""Follows the facts that people may hear of, and lets any number of listeners go on where they were."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from services.gateway.event_feed import FOR_ONE, RING, SOURCES, UNHEARD, Event, EventFeed, Listener
from services.gateway.handlers.people import People
from services.gateway.identity import Identity
from shared import subjects
from shared.bus import Bus
from shared.errors import RequestRefused
from shared.telemetry import gauge

_MISSED_LIMIT_S = 10.0
_listening = gauge("gateway_event_listeners", "clients that listen to events")


class TooLongAgo(Exception):
    """What was missed is more than may be sent again."""


class EventDesk:
    """Args: listeners_max: of this process."""

    def __init__(self, bus: Bus, people: People, listeners_max: int):
        self._bus = bus
        self._people = people
        self._max = listeners_max
        self._feed = EventFeed()
        self._ends: list[Callable[[], Awaitable[None]]] = []

    async def open(self) -> None:
        """From now on everything is heard. Raises BusUnreachable."""
        for source, (owner, name) in SOURCES.items():
            self._feed.begin(source, await self._bus.last_fact_seq())
            subject = subjects.facts(owner, name)
            self._ends.append(
                await self._bus.subscribe_facts(subject, self._hear(source), since_seq=self._feed.began[source] + 1)
            )

    async def close(self) -> None:
        for end in self._ends:
            await end()

    @asynccontextmanager
    async def listener(
        self, wants: Callable[[Event], bool], place: Mapping[str, int] | None, wake: Callable[[], None]
    ) -> AsyncIterator[tuple[Listener, list[Event]]]:
        """A listener, and what it missed that is not in memory any more. Raises TooLongAgo, RequestRefused."""
        if self._feed.listeners >= self._max:
            raise RequestRefused("too_many_listeners", "No more listeners fit here now: try again.", status=503)
        missed: list[Event] = []
        if place is not None:
            for source, (behind, upto) in self._feed.missing(place).items():
                missed += await self._missed(source, behind, upto)
        listener = Listener(wants, wake, dict(self._feed.newest) | dict(place or {}))
        for source, began in self._feed.began.items():
            listener.place[source] = max(listener.place[source], began)
        self._feed.join(listener)
        _listening.set(self._feed.listeners)
        try:
            yield listener, missed
        finally:
            self._feed.leave(listener)
            _listening.set(self._feed.listeners)

    def on_ending(self, identity: Identity, wake: Callable[[], None]) -> Callable[[], None]:
        """`wake` is called when the login that asked is ended here. Returns how to let go of it."""

        def hear(login: str) -> None:
            if login == identity.login:
                wake()

        return self._people.endings.listen(hear)

    async def as_it_is_now(self, identity: Identity) -> Identity | None:
        """Who asked, with the schools that are theirs by now; None where that login is none any more."""
        if identity.login is None:
            return None
        try:
            return await self._people.identity_of_login(identity.login)
        except RequestRefused:
            return None

    def _hear(self, source: str) -> Callable[[str, bytes, int], Awaitable[None]]:
        async def hear(subject: str, data: bytes, seq: int) -> None:
            event = _event(source, subject, data, seq)
            if event.name not in UNHEARD:
                self._feed.hear(event)

        return hear

    async def _missed(self, source: str, behind: int, upto: int) -> list[Event]:
        """Facts of a source behind a number and up to another, from the bus."""
        owner, name = SOURCES[source]
        found: list[Event] = []
        done = asyncio.Event()

        async def hear(subject: str, data: bytes, seq: int) -> None:
            if seq > upto or len(found) > RING:
                done.set()
            elif not done.is_set():
                event = _event(source, subject, data, seq)
                if event.name not in UNHEARD:
                    found.append(event)

        end = await self._bus.subscribe_facts(
            subjects.facts(owner, name), hear, since_seq=behind + 1, on_caught_up=done.set
        )
        try:
            async with asyncio.timeout(_MISSED_LIMIT_S):
                await done.wait()
        except TimeoutError:
            raise TooLongAgo from None
        finally:
            await end()
        if len(found) > RING:
            raise TooLongAgo
        return found


def _event(source: str, subject: str, data: bytes, seq: int) -> Event:
    *_, site, _, name = subject.split(".")
    person = None
    if site == "-":
        # About no camera, and perhaps about a school all the same: a case, an order; or for one person.
        said = json.loads(data)
        site = str(said.get("site") or "-")
        person = str(said.get("person") or "") if name in FOR_ONE else None
    return Event(source, seq, name, site, data, person)
