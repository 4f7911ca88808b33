"""One connection to NATS: kept up for ever, with its parts (facts, requests, KV, media) hanging on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import nats
import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext

from shared.bus.cancellable_client import CancellableClient
from shared.bus.client_wire import ClientWire
from shared.bus.errors import BusUnreachable
from shared.bus.fact_subscription import FactHandler
from shared.bus.facts import Facts
from shared.bus.kv import KvBucket
from shared.bus.media_headers import decode_fragment
from shared.bus.media_publisher import Gap, MediaPublisher
from shared.bus.media_recent import StoredBatch, fragments_after, recent_fragments
from shared.bus.media_subscription import MediaSubscription
from shared.bus.requests import RequestHandler, Requests
from shared.bus.round_trip import confirmed
from shared.bus.straight import subscribe_straight
from shared.bus.streams import BUCKETS, MEDIA, Limits, StreamState, ensure_bucket, ensure_stream, stream_state
from shared.clock import Clock, SystemClock
from shared.media.fragment import Fragment
from shared.messages.base import Fact, Message
from shared.telemetry import counter, log

_shed = counter("bus_shed_total", "Messages dropped here because nobody took them in time")

CONNECT_LIMIT_S = 5.0
RECONNECT_WAIT_S = 0.2
CLOSE_LIMIT_S = 3.0

T = TypeVar("T")


class Bus:
    """What a service is given. Made by `connect`; every method raises BusUnreachable while NATS is away."""

    def __init__(self, client: Client, user: str, clock: Clock, replicas: int = 1):
        self._replicas = replicas
        self._client = client
        self._clock = clock
        self._wire = ClientWire(client)
        self._js: JetStreamContext = client.jetstream(timeout=CONNECT_LIMIT_S)
        self._on_lost: list[Callable[[], None]] = []
        self._on_back: list[Callable[[], None]] = []
        self._buckets: dict[str, KvBucket] = {}
        self._was_connected = False
        self._is_closing = False
        self.inbox = inbox_prefix(user)
        self.requests = Requests(client)
        self.facts = Facts(self._js)
        self.on_connection(lambda: None, self.facts.connection_back)

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        name: str,
        user: str = "",
        password: str = "",
        clock: Clock | None = None,
        replicas: int = 1,
    ) -> Bus:
        """Connect once, within 5 s; afterwards the connection is renewed for ever.

        `replicas`: on how many servers the streams and buckets that are created here are kept.

        Raises:
            BusUnreachable: nothing listens there, or the user or password is refused.
        """
        client = CancellableClient()
        bus = cls(client, user, clock or SystemClock(), replicas)
        options: dict[str, Any] = {"user": user, "password": password} if user else {}
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                await client.connect(
                    [part.strip() for part in url.split(",")],
                    name=name,
                    error_cb=bus._failed,
                    disconnected_cb=bus._lost,
                    reconnected_cb=bus._back,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=RECONNECT_WAIT_S,  # type: ignore[arg-type]  # seconds, a fraction is fine
                    connect_timeout=2,
                    ping_interval=5,
                    max_outstanding_pings=2,
                    inbox_prefix=bus.inbox,
                    # Nothing is buffered while NATS is away: what is said then fails at once, and its owner keeps it.
                    # (A heartbeat or a claim that nats-py sent a minute later would be a lie.)
                    pending_size=0,
                    **options,
                )
        except (nats.errors.Error, OSError, TimeoutError) as error:
            await client.close()
            raise BusUnreachable(f"no connection to NATS at {url}: {error or type(error).__name__}") from error
        bus._was_connected = True
        return bus

    @property
    def is_connected(self) -> bool:
        return bool(self._client.is_connected)

    def on_connection(self, lost: Callable[[], None], back: Callable[[], None]) -> None:
        """Be told when the connection breaks and when it stands again."""
        self._on_lost.append(lost)
        self._on_back.append(back)

    async def close(self) -> None:
        """Send what is written, then leave."""
        self._is_closing = True
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                if self._client.is_connected:
                    await self._client.flush()
                await self._client.close()
        except (nats.errors.Error, TimeoutError, OSError) as error:
            log().warning("bus not left in order", error=type(error).__name__)

    # Streams and buckets

    async def ensure_stream(self, name: str, limits: Limits | None = None) -> None:
        """Create the stream, or bring it to the one definition."""
        await ensure_stream(self._js, name, limits, self._replicas)

    async def kv(self, bucket: str) -> KvBucket:
        """A bucket, created where it is not there yet. Names: shared/bus/streams.py."""
        if bucket not in BUCKETS:
            raise ValueError(f"no bucket {bucket!r} is defined")
        if bucket not in self._buckets:
            opened = self._buckets[bucket] = await ensure_bucket(self._js, bucket, self._replicas, self._wire)
            self.on_connection(lambda: None, opened.connection_back)
        return self._buckets[bucket]

    # Facts and requests

    async def publish_fact(self, fact: Fact) -> None:
        """Put one fact into EVENTS; returns when it is stored. The same fact again is not a second one.

        Raises BusUnreachable, and then its owner keeps it and says it again: nothing is queued here, where it would
        be lost with the process (the gateway's are in its database, ingest's in its ledger).
        """
        await self.facts.publish(fact)

    async def subscribe_facts(
        self,
        subject: str,
        handler: FactHandler,
        *,
        since_seq: int | None = None,
        since_us: int | None = None,
        on_caught_up: Callable[[], None] | None = None,
    ) -> Callable[[], Awaitable[None]]:
        """Facts in order from now on, or from a number or time (UTC microseconds) on; returns what ends it.

        A lost connection leaves no hole: it goes on behind the last fact whose handler returned. `on_caught_up` is
        called whenever everything that was said has been handled.
        """
        return await self.facts.subscribe(subject, handler, since_seq, since_us, on_caught_up)

    async def last_fact_seq(self) -> int:
        """Number of the newest fact in EVENTS. Raises BusUnreachable."""
        return await self.facts.last_seq()

    async def request(
        self, owner: str, name: str, message: Message, *, timeout_s: float = 5.0, instance: str | None = None
    ) -> bytes:
        """Ask a service, or that worker of it. Raises RequestRefused as it refused, NobodyAnswers where none did."""
        return await self.requests.ask(owner, name, message.encode(), timeout_s, instance)

    async def serve(
        self,
        owner: str,
        handlers: Mapping[str, RequestHandler],
        *,
        version: str = "0.1.0",
        pinned: Mapping[str, RequestHandler] | None = None,
        instance: str = "",
        at_once: Mapping[str, int] | None = None,
    ) -> Callable[[], Awaitable[None]]:
        """Answer requests `bk.v1.cmd.<owner>.<name>` in a queue group with our like.

        `pinned` are asked of this worker alone: `bk.v1.cmd.<owner>.<name>.<instance>`. `at_once`: how many of a name
        are done side by side, begun in order; of one that is not in it, one after the other.
        """
        return await self.requests.serve(owner, handlers, version, pinned or {}, instance, at_once or {})

    # Media

    async def media_publisher(self, on_gap: Gap, keep_bytes: int) -> MediaPublisher:
        """The publisher of this connection; call its `tick` about once a second."""
        inbox = f"{self.inbox}.ack.{self._client.new_inbox().rsplit('.', 1)[-1]}"
        publisher = MediaPublisher(self._wire, inbox, self._clock, on_gap, keep_bytes)

        def on_ack(msg: Msg) -> None:
            publisher.on_ack(msg.subject.rsplit(".", 1)[-1], msg.headers, msg.data)

        acks: Subscription | None = None
        try:
            acks = await subscribe_straight(self._client, f"{inbox}.*", on_ack)
            # Fragments overtake what nats-py has pending, and the first answer must find the subscription.
            await confirmed(self._client)
        except (nats.errors.Error, TimeoutError) as error:
            if acks is not None:
                with suppress(nats.errors.Error):
                    await acks.unsubscribe()  # the next try has an inbox of its own
            raise BusUnreachable(f"no acknowledgements: {error or type(error).__name__}") from error
        self.on_connection(publisher.disconnected, publisher.connected)
        return publisher

    async def subscribe_media(self, subject: str, on_fragment: Callable[[Fragment], None]) -> MediaSubscription:
        """Live fragments of one subject, handed over in the loop; late ones are dropped and counted."""
        return await MediaSubscription.open(self._client, subject, on_fragment)

    async def recent_media(self, subject: str, since_us: int, *, limit: int = 200) -> list[Fragment]:
        """The fragments of one subject stored since then, oldest first, with a single request."""
        return await recent_fragments(self._client, subject, since_us, limit)

    async def media_after(
        self, subject: str, media_seq: int, *, max_bytes: int, since_us: int | None = None
    ) -> StoredBatch:
        """The fragments of one subject behind a number of the bus, in its order, with a single request.

        With `since_us` (UTC microseconds) those that were stored since then, whatever the number.
        """
        return await fragments_after(self._client, subject, media_seq, max_bytes, since_us)

    async def media_state(self) -> StreamState:
        """How full MEDIA is, and which numbers it holds."""
        return await stream_state(self._js, MEDIA, self._clock.now_us())

    async def last_media(self, subject: str) -> Fragment | None:
        """The newest fragment stored of one subject, None where there is none."""
        try:
            found = await self._js.get_last_msg("MEDIA", subject, direct=True)
        except nats.js.errors.NotFoundError:
            return None
        except (nats.errors.Error, TimeoutError) as error:
            raise BusUnreachable(f"MEDIA does not answer: {error or type(error).__name__}") from error
        return decode_fragment(found.headers, found.data or b"")

    async def _lost(self) -> None:
        if not self._is_closing:
            log().warning("bus lost")
        for told in self._on_lost:
            told()

    async def _back(self) -> None:
        log().info("bus back")
        for told in self._on_back:
            told()

    async def _failed(self, error: Exception) -> None:
        """Told every error of nats-py, which goes on by itself unless this raises."""
        if not self._was_connected and "authorization violation" in str(error).lower():
            # At the first connection a wrong password ends it; later a server that restarts may refuse for a moment.
            raise error
        if isinstance(error, nats.errors.SlowConsumerError):
            _shed.inc()
        if isinstance(error, (nats.errors.Error, OSError, TimeoutError)):
            log().warning("bus error", error=type(error).__name__, detail=str(error))
        else:
            # nats-py hands over whatever a callback of ours raised
            log().critical("our bug in a bus callback", exc_info=error)


def inbox_prefix(user: str) -> str:
    """Each user has inboxes of its own, so that none can read another's answers."""
    return f"_INBOX_{user or 'anonymous'}"
