"""The other private seam of nats-py 2.16: a subscription whose messages are handed over where they are read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription


class _Straight(asyncio.Queue[Msg]):
    """Stands where nats-py queues what a task of the subscription's own is to take: always empty."""

    def __init__(self, told: Callable[[Msg], None]):
        super().__init__()
        self._told = told
        self._running = asyncio.get_running_loop()

    def put_nowait(self, item: Msg) -> None:
        try:
            self._told(item)
        except Exception as error:  # noqa: BLE001 - it would end the reading of this connection
            self._running.call_exception_handler({"message": f"{self._told!r} failed", "exception": error})


async def subscribe_straight(client: Client, subject: str, told: Callable[[Msg], None]) -> Subscription:
    """For short messages whose handler neither waits nor takes long: no queue, no task, no turn of the loop of its own.

    What the handler raises goes to the loop's exception handler. Raises nats.errors.Error.
    """
    subscription = await client.subscribe(subject)
    hand_over_straight(subscription, told)
    return subscription


def hand_over_straight(subscription: Subscription, told: Callable[[Msg], None]) -> bool:
    """The same for a subscription that stands; False and nothing done where messages of it are still under way."""
    if subscription._pending_queue._unfinished_tasks:  # type: ignore[attr-defined]
        return False
    subscription._pending_bytes_limit = 0  # what is never pending is not counted down either
    subscription._pending_queue = _Straight(told)
    return True
