"""Following facts: in order, each once, from a place in the stream EVENTS on, across lost connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import nats.errors
import nats.js.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy

from shared.bus.errors import BusUnreachable
from shared.bus.tracing import within_trace
from shared.telemetry import log

RETRY_S = 0.5

FactHandler = Callable[[str, bytes, int], Awaitable[None]]
"""Given subject, bytes and sequence number in EVENTS."""


class FactSubscription:
    """Ends with `close`. After a lost connection it goes on behind the last fact that was handled."""

    def __init__(
        self,
        js: JetStreamContext,
        subject: str,
        handler: FactHandler,
        on_caught_up: Callable[[], None] | None = None,
    ):
        self._js = js
        self._subject = subject
        self._handler = handler
        self._on_caught_up = on_caught_up
        self._subscription: JetStreamContext.PushSubscription | None = None
        self._handled_seq = 0
        self._since: datetime | None = None
        self._resuming: asyncio.Task[None] | None = None

    async def open(self, since_seq: int | None, since_us: int | None = None) -> None:
        """From that sequence number or time (UTC microseconds) on, or from now on. Raises BusUnreachable."""
        is_open = False
        try:
            if since_us is not None:
                self._since = datetime.fromtimestamp(since_us / 1e6, UTC)
            elif since_seq is None:
                # By number even so: what is said while the connection is away must not be missed.
                self._handled_seq = (await self._js.stream_info("EVENTS")).state.last_seq
            else:
                self._handled_seq = since_seq - 1
            await self._subscribe()
            is_open = True
        except (nats.errors.Error, TimeoutError) as error:
            raise BusUnreachable(f"EVENTS does not answer: {error or type(error).__name__}") from error
        finally:
            if not is_open:
                await self._unsubscribe()  # nobody knows of it, and it would be heard beside the next try

    def resume(self) -> None:
        """The bus stands again; the consumer may be gone with the server that had it."""
        if self._resuming is None or self._resuming.done():
            self._resuming = asyncio.create_task(self._subscribe_again(), name=f"facts {self._subject}")

    async def close(self) -> None:
        if self._resuming is not None:
            self._resuming.cancel()
            await asyncio.wait({self._resuming})
        await self._unsubscribe()

    async def _subscribe_again(self) -> None:
        while True:
            try:
                await self._unsubscribe()
                await self._subscribe()
                return
            except (nats.errors.Error, TimeoutError) as error:
                log().warning("facts not followed, will try again", subject=self._subject, detail=str(error))
                await asyncio.sleep(RETRY_S)

    async def _subscribe(self) -> None:
        if self._since is not None and not self._handled_seq:
            config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=self._since)
        else:
            config = ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=max(1, self._handled_seq + 1)
            )
        self._subscription = await self._js.subscribe(
            self._subject, stream="EVENTS", cb=self._on_message, ordered_consumer=True, config=config
        )
        if self._on_caught_up is not None:
            info = await self._subscription.consumer_info()
            sent = 0 if info.delivered is None else info.delivered.consumer_seq
            # Nothing was there to read. What was sent already says by itself, when it is handled, that it is the last.
            if not info.num_pending and not sent:
                self._on_caught_up()

    async def _unsubscribe(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is None:
            return
        try:
            await subscription.unsubscribe()
        except (nats.errors.Error, TimeoutError):
            log().debug("consumer not removed; the server forgets it", subject=self._subject)

    async def _on_message(self, msg: Msg) -> None:
        metadata = msg.metadata
        seq = metadata.sequence.stream
        if seq <= self._handled_seq:
            return  # an older subscription's leftover, after resuming
        with within_trace(msg.headers):
            await self._handler(msg.subject, msg.data, seq)
        self._handled_seq = seq
        if self._on_caught_up is not None and not metadata.num_pending:
            self._on_caught_up()
