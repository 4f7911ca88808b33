"""Facts: published once however often they are sent, heard at least once and in order."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy

from shared import subjects
from shared.bus.errors import BusUnreachable
from shared.bus.tracing import trace_headers
from shared.messages.base import Fact

FactHandler = Callable[[str, bytes, int], Awaitable[None]]
"""Given subject, bytes and sequence number in EVENTS."""

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def fact_name(kind: type[Fact]) -> str:
    """`CameraCameOnline` is published as `camera_came_online`."""
    return _CAPITAL.sub("_", kind.__name__).lower()


class Facts:
    """The part of a connection that speaks and hears facts."""

    def __init__(self, client: Client, js: JetStreamContext):
        self._client = client
        self._js = js

    async def publish(self, fact: Fact) -> None:
        subject = subjects.fact(fact.owner, fact_name(type(fact)), fact.about())
        data = fact.encode()
        # The same content under the same subject is the same fact: a retry after a lost answer is no second one.
        headers = trace_headers() | {"Nats-Msg-Id": sha256(subject.encode() + b"\n" + data).hexdigest()[:32]}
        try:
            await self._js.publish(subject, data, headers=headers)
        except (nats.errors.Error, TimeoutError) as error:
            raise BusUnreachable(f"fact not stored: {error or type(error).__name__}") from error

    async def subscribe(
        self, subject: str, handler: FactHandler, since_seq: int | None
    ) -> Callable[[], Awaitable[None]]:
        async def hear(msg: Msg) -> None:
            await handler(msg.subject, msg.data, msg.metadata.sequence.stream)

        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.NEW if since_seq is None else DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=since_seq,
        )
        try:
            subscription = await self._js.subscribe(
                subject, stream="EVENTS", cb=hear, ordered_consumer=True, config=config
            )
        except (nats.errors.Error, TimeoutError) as error:
            raise BusUnreachable(f"EVENTS does not answer: {error or type(error).__name__}") from error
        return subscription.unsubscribe
