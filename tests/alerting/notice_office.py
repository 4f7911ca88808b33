"""Alerting's notifications without its process: plans, the queue, and a channel in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest_asyncio
from sqlalchemy import text

from services.alerting.adapters.notice_planner import NoticePlanner
from services.alerting.adapters.notice_secrets import NoticeSecrets
from services.alerting.adapters.notice_sender import NoticeSender
from services.alerting.adapters.postgres.notice_book import PostgresNoticeBook
from services.alerting.adapters.postgres.notice_plans import NoticePlans
from services.alerting.adapters.postgres.notice_queue import NoticeQueue
from services.alerting.adapters.postgres.outbox import write_facts
from services.alerting.adapters.sites_known import SitesKnown
from services.alerting.handlers.notices import KeptChannel
from services.alerting.notices.audience import may_hear
from services.alerting.notices.channel import Outgoing, RetryPolicy, Taken
from services.alerting.wiring import _MIGRATIONS
from shared.bus.kv_watch import KvEntry
from shared.clock import FakeClock
from shared.database import Database
from shared.embedded.credentials import Credentials
from shared.embedded.ports import Ports
from shared.embedded.postgres import EmbeddedPostgres
from shared.messages.base import Fact
from shared.messages.notices import (
    NoticeChannel,
    NoticeDeliveriesWanted,
    NoticeDelivery,
    NoticePerson,
    PersonKnown,
    SiteKnown,
    address_context,
)
from shared.sealing import Sealer
from shared.subjects import SERVICES
from tests.alerting.notice_values import HOUR_US, NOW_US

SEALER = Sealer([b"k" * 32])
LEASE_S = 40.0
TABLES = "notice_things, notice_channels, notice_people, notice_rotas, notice_chains, outbox"


@dataclass
class Hook:
    """A channel in memory: the queue does not know what is behind it. `answer` may raise, wait, or die."""

    sent: list[tuple[str, Outgoing]] = field(default_factory=list)
    answer: Callable[[str, Outgoing], Taken] = lambda channel, message: Taken("delivered", "200")
    hold: dict[str, asyncio.Event] = field(default_factory=dict)

    async def send(self, channel: str, address: str, secret: str, message: Outgoing) -> Taken:
        self.sent.append((channel, message))
        if channel in self.hold:
            await self.hold[channel].wait()
        return self.answer(channel, message)

    def titles(self, channel: str) -> list[str]:
        return [message.title for to, message in self.sent if to == channel]


@dataclass
class Office:
    """Alerting's notifications without its process."""

    database: Database
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW_US))
    known: dict[str, PersonKnown] = field(default_factory=dict)
    places: SitesKnown = field(default_factory=SitesKnown)
    hook: Hook = field(default_factory=Hook)

    def __post_init__(self) -> None:
        self.book = PostgresNoticeBook(self.database, lambda: None)
        self.plans = NoticePlans(self.database, self.known, self.places.units, 24 * HOUR_US)
        self.planner = NoticePlanner(self.plans, self.clock, 180 * 24 * HOUR_US, lambda: None)
        self.sender = self.worker("one")

    def worker(self, name: str) -> NoticeSender:
        return self._sender(self.queue(name))

    def queue(self, name: str) -> NoticeQueue:
        def hears(person: str, site: str) -> bool:
            return may_hear(self.known.get(person), site)

        return NoticeQueue(self.database, name, round(LEASE_S * 1e6), RetryPolicy(3, 5.0, 900.0), hears)

    def _sender(self, queue: NoticeQueue) -> NoticeSender:
        ways = {"webhook": self.hook, "mail": self.hook, "apprise": self.hook}
        secrets = NoticeSecrets(SEALER)
        return NoticeSender(queue, ways, secrets, self.known, self.clock, 16, "", lambda: None)  # type: ignore[arg-type]

    async def people(self, *people: PersonKnown, **wishes: object) -> None:
        """Each with a webhook named after them and no console, so that every message is seen."""
        for person in people:
            self.known[person.person] = person
            await self.channel(person.person)
            wish = NoticePerson(person=person.person, language="en", **wishes)  # type: ignore[arg-type]
            await self.book.put_person(wish)
            await self.console_off(person.person)

    async def channel(self, person: str, id: str = "", **more: object) -> None:
        id = id or f"hook-{person}"
        shown = NoticeChannel(channel=id, person=person, kind="webhook", **more)  # type: ignore[arg-type]
        sealed = SEALER.seal("http://10.0.0.1/", address_context(id))
        await self.book.put_channel(KeptChannel(shown, sealed), 10)

    async def console_off(self, person: str) -> None:
        from services.alerting.notices.thing import console_id

        shown = NoticeChannel(channel=console_id(person), person=person, kind="console", is_enabled=False)
        await self.book.put_channel(KeptChannel(shown), 10)

    def belongs(self, site: str, *units: str) -> None:
        """As the gateway tells it: ids from the top down."""
        self.places.changed(KvEntry(site, SiteKnown(units=units).encode(), 1))

    async def begun(self) -> set[tuple[str, str]]:
        """What is called for, and by which chain."""
        async with self.database.transaction() as session:
            rows = await session.execute(text("select thing, chain from notice_escalations"))
            return {(row.thing.split(":")[1], row.chain) for row in rows}

    async def happens(self, *facts: Fact) -> None:
        async with self.database.transaction() as session:
            await write_facts(session, facts)
        await self.planner.look()

    async def run(self, seconds: float = 0) -> None:
        """Everything that is due in that time, second by second."""
        for _ in range(round(seconds) + 1):
            await self.planner.look()
            while await self.sender.send_due():
                pass
            await self.clock.advance(1)

    async def deliveries(self, **wanted: object) -> list[NoticeDelivery]:
        return list(await self.book.deliveries(NoticeDeliveriesWanted(**wanted)))  # type: ignore[arg-type]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database() -> AsyncIterator[Database]:
    folder = Path(mkdtemp(prefix="bk-"))
    folder.chmod(0o755)
    credentials = Credentials.load_or_create(folder / "secrets.json", SERVICES)
    server = EmbeddedPostgres(folder, Ports(folder / "ports.json"), credentials.postgres, credentials.database)
    await server.start()
    database = Database(server.url("alerting"), "alerting", pool_size=10)
    await database.migrate(_MIGRATIONS)
    yield database
    await database.close()
    await server.stop()
    rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="module")
async def office(database: Database) -> Office:
    async with database.transaction() as session:
        await session.execute(text(f"truncate {TABLES} cascade"))
    return Office(database)
