"""Sends what waits: several channels at a time, so that a slow one delays nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Literal

from services.alerting.adapters.notice_secrets import NoticeSecrets
from services.alerting.adapters.postgres.notice_queue import NoticeQueue, Parcel
from services.alerting.notices.audience import side_of
from services.alerting.notices.channel import Channel, ChannelFailed, Outgoing, Taken, cleaned
from services.alerting.notices.note import note_of
from services.alerting.notices.words import Reader, words
from shared.clock import Clock
from shared.errors import RequestRefused
from shared.messages.notices import ChannelKind, NoticeTold, PersonKnown
from shared.telemetry import counter, gauge, log

LOOK_S = 1.0
_SUBJECTS_MAX = 20
_sent = counter("alerting_notices_total", "Attempts to tell somebody", ["kind", "outcome"])
_waiting = gauge("alerting_notices_waiting", "Deliveries that were not sent yet, of the whole installation")
_COUNT_EVERY = 15
# Of the process's few connections to PostgreSQL: however many channels end at once, rules are judged beside them.
_MARKING_AT_ONCE = 2


class NoticeSender:
    """Supervised. `wake` after something was planned."""

    def __init__(
        self,
        queue: NoticeQueue,
        channels: Mapping[ChannelKind, Channel],
        secrets: NoticeSecrets,
        known: Mapping[str, PersonKnown],
        clock: Clock,
        slots: int,
        link: str,
        told: Callable[[], None],
    ):
        self._queue = queue
        self._channels = channels
        self._secrets = secrets
        self._known = known
        self._clock = clock
        self._slots = slots
        self._link = link
        self._told = told
        self._news = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._rounds = 0
        self._marking = asyncio.Semaphore(_MARKING_AT_ONCE)

    def wake(self) -> None:
        self._news.set()

    async def run_once(self) -> None:
        """Until PostgreSQL is lost. Raises PeerError; what was on its way is sent again when its lease has run out."""
        try:
            while True:
                await self._round()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            self._running.clear()

    async def send_due(self) -> int:
        """Everything that is due now, to its end; how many messages that was."""
        parcels = await self._queue.take(self._clock.now_us(), self._slots)
        await asyncio.gather(*map(self._send, parcels))
        return len(parcels)

    async def _round(self) -> None:
        self._news.clear()
        if self._rounds % _COUNT_EVERY == 0:
            _waiting.set(await self._queue.waiting())
        self._rounds += 1
        parcels: list[Parcel] = []
        free = self._slots - len(self._running)
        if free > 0:
            parcels = await self._queue.take(self._clock.now_us(), free)
            self._running |= {asyncio.create_task(self._send(parcel)) for parcel in parcels}
        if parcels and len(parcels) == free:
            # All places are taken: the next is looked for when one is free.
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()
        done = {task for task in self._running if task.done()}
        self._running -= done
        for task in done:
            task.result()

    async def _send(self, parcel: Parcel) -> None:
        message = self._message(parcel)
        outcome: Literal["sent", "delivered", "retried", "failed"]
        address = secret = ""
        try:
            if parcel.kind == "console":
                told = self._for_console(parcel, message)
                async with self._marking:
                    await self._queue.taken(parcel, Taken("sent", "Told to the console."), self._clock.now_us(), [told])
                self._told()
                _sent.labels("console", "sent").inc()
                return
            address, secret = self._opened(parcel)
            taken = await self._channels[parcel.kind].send(parcel.channel, address, secret, message)
        except ChannelFailed as error:
            said = error.saying(cleaned(str(error), address, secret))
            async with self._marking:
                is_retried = await self._queue.failed(parcel, said, self._clock.now_us())
            outcome = "retried" if is_retried else "failed"
            log().warning("notice not taken", channel=parcel.channel, kind=parcel.kind, is_retried=is_retried)
        else:
            clean = Taken(taken.state, cleaned(taken.said, address, secret))
            async with self._marking:
                await self._queue.taken(parcel, clean, self._clock.now_us())
            outcome = taken.state
        _sent.labels(parcel.kind, outcome).inc()

    def _opened(self, parcel: Parcel) -> tuple[str, str]:
        try:
            address = self._secrets.address(parcel.channel, parcel.address)
            return address, self._secrets.secret(parcel.channel, parcel.secret)
        except RequestRefused as error:
            raise ChannelFailed(str(error), is_final=True) from error

    def _message(self, parcel: Parcel) -> Outgoing:
        known = self._known.get(parcel.wish.person)
        is_school = known is not None and side_of(known) == "school"
        reader = Reader(parcel.wish.language, parcel.wish.time_zone, is_school, self._link)
        title, text = words(parcel.told, reader)
        things = [
            {
                "thing": each.thing.thing,
                "kind": each.thing.kind,
                "subject": each.thing.subject,
                "site": each.thing.site,
                "risk": each.thing.risk,
                "at_us": each.thing.at_us,
            }
            for each in parcel.told
        ]
        body = {"id": parcel.message, "person": parcel.wish.person, "title": title, "text": text, "things": things}
        return Outgoing(parcel.message, title, text, body, note_of(parcel.told, reader, parcel.message))

    def _for_console(self, parcel: Parcel, message: Outgoing) -> NoticeTold:
        sites = {each.thing.site for each in parcel.told}
        return NoticeTold(
            person=parcel.wish.person,
            message=parcel.message,
            site=sites.pop() if len(sites) == 1 else "-",
            subjects=tuple(each.thing.subject for each in parcel.told[-_SUBJECTS_MAX:]),
            count=len(parcel.told),
            risk=min(each.thing.risk for each in parcel.told),
            title=message.title,
            text=message.text,
            at_us=self._clock.now_us(),
        )
