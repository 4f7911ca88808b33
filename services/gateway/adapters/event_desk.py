"""Follows the facts that people may hear of, and lets any number of listeners go on where they were."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from services.gateway.event_feed import FOR_ONE, RING, SOURCES, UNHEARD, Event, EventFeed, Listener
from services.gateway.handlers.people import People
from services.gateway.identity import Identity
from services.gateway.refusals import TryLater
from shared import subjects
from shared.bus import Bus
from shared.clock import Clock
from shared.telemetry import gauge

# = how long somebody whose login was ended by another gateway hears on
LOGIN_CHECK_S = 5.0
_MISSED_LIMIT_S = 10.0
_listening = gauge("gateway_event_listeners", "clients that listen to events")


class TooLongAgo(Exception):
    """What was missed is more than may be sent again."""


class Hearer(Protocol):
    """One who listens, told what becomes of their login."""

    def end(self) -> None:
        """It has ended."""
        ...

    def renew(self, identity: Identity) -> None:
        """It stands; this is what they may see by now."""
        ...


class EventDesk:
    """Its `check_logins` is a supervised task. Args: listeners_max: of this process."""

    def __init__(self, bus: Bus, people: People, clock: Clock, listeners_max: int):
        self._bus = bus
        self._people = people
        self._clock = clock
        self._max = listeners_max
        self._feed = EventFeed()
        self._ends: list[Callable[[], Awaitable[None]]] = []
        self._hearers: dict[str, set[Hearer]] = {}
        self._reading = {source: asyncio.Lock() for source in SOURCES}
        people.endings.listen(self._end_login)

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

    def require_room(self) -> None:
        """Raises RequestRefused: before an answer begins, which cannot be a refusal any more then."""
        if self._feed.listeners >= self._max:
            raise TryLater("too_many_listeners", "No more listeners fit here now.", status=503, retry_after_s=5)

    @asynccontextmanager
    async def listener(
        self, wants: Callable[[Event], bool], place: Mapping[str, int] | None, wake: Callable[[], None]
    ) -> AsyncIterator[tuple[Listener, list[Event]]]:
        """A listener, and what it missed that no memory holds. Raises TooLongAgo, PeerError."""
        begins = dict(place or {})
        missed = await self._missed(begins)
        listener = Listener(wants, wake, self._feed.newest | begins)
        self._feed.join(listener)
        _listening.set(self._feed.listeners)
        try:
            yield listener, missed
        finally:
            self._feed.leave(listener)
            _listening.set(self._feed.listeners)

    def hearing(self, identity: Identity, hearer: Hearer) -> Callable[[], None]:
        """`hearer` is told what becomes of the login that asked, wherever that happens. Returns how to let go of it."""
        login = identity.login or ""
        self._hearers.setdefault(login, set()).add(hearer)

        def let_go() -> None:
            self._hearers[login].discard(hearer)
            if not self._hearers[login]:
                del self._hearers[login]

        return let_go

    async def check_logins(self) -> None:
        """One round: tell those whose login has ended elsewhere, and who sees other schools by now. Raises PeerError:
        nobody is told meanwhile."""
        await self._clock.sleep(LOGIN_CHECK_S)
        found = await self._people.logged_in_among(list(self._hearers))
        for login, hearers in list(self._hearers.items()):
            identity = found.get(login)
            if identity is None:
                self._end_login(login)
                continue
            for hearer in hearers:
                hearer.renew(identity)

    def _end_login(self, login: str) -> None:
        for hearer in list(self._hearers.get(login, ())):
            hearer.end()

    def _hear(self, source: str) -> Callable[[str, bytes, int], Awaitable[None]]:
        async def hear(subject: str, data: bytes, seq: int) -> None:
            event = _event(source, subject, data, seq)
            if event.name not in UNHEARD:
                self._feed.hear(event)

        return hear

    async def _missed(self, place: dict[str, int]) -> list[Event]:
        """What no memory holds behind a place, which is moved on to where a memory begins.

        Many come back at one moment, after this gateway's restart, and from much the same place. So the first one
        reads it from the bus, and it stays in memory for the others.
        """
        missed: list[Event] = []
        if any(seq > self._feed.newest.get(source, 0) for source, seq in place.items()):
            # Another gateway may be a little ahead; a bus that was made anew counts from one again.
            newest = await self._bus.last_fact_seq()
            if any(seq > newest for seq in place.values()):
                raise TooLongAgo
        # Memory moves on meanwhile: asked until nothing is missing at one moment.
        while missing := self._feed.missing(place):
            for source in missing:
                async with self._reading[source]:
                    behind, upto = self._feed.missing(place).get(source, (0, 0))
                    found = await self._read(source, behind, upto) if behind < upto else []
                    if behind < upto and not self._feed.reach_back(source, behind, found):
                        missed += found
                        place[source] = upto
        return missed

    async def _read(self, source: str, behind: int, upto: int) -> list[Event]:
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
