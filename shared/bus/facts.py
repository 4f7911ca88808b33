"""Facts: published once however often they are sent, heard at least once and in order."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256

import nats.errors
from nats.js import JetStreamContext

from shared import subjects
from shared.bus.errors import BusUnreachable
from shared.bus.fact_subscription import FactHandler, FactSubscription
from shared.bus.tracing import trace_headers
from shared.messages.base import Fact

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def fact_name(kind: type[Fact]) -> str:
    """`CameraCameOnline` is published as `camera_came_online`."""
    return _CAPITAL.sub("_", kind.__name__).lower()


class Facts:
    """The part of a connection that speaks and hears facts."""

    def __init__(self, js: JetStreamContext):
        self._js = js
        self._subscriptions: list[FactSubscription] = []

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
        self,
        subject: str,
        handler: FactHandler,
        since_seq: int | None,
        since_us: int | None = None,
        on_caught_up: Callable[[], None] | None = None,
    ) -> Callable[[], Awaitable[None]]:
        subscription = FactSubscription(self._js, subject, handler, on_caught_up)
        await subscription.open(since_seq, since_us)
        self._subscriptions.append(subscription)

        async def end() -> None:
            self._subscriptions.remove(subscription)
            await subscription.close()

        return end

    async def last_seq(self) -> int:
        try:
            return int((await self._js.stream_info("EVENTS")).state.last_seq)
        except (nats.errors.Error, TimeoutError) as error:
            raise BusUnreachable(f"EVENTS does not answer: {error or type(error).__name__}") from error

    def connection_back(self) -> None:
        """The bus stands again: whoever follows facts goes on where it was."""
        for subscription in self._subscriptions:
            subscription.resume()
