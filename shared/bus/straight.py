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
    subscription = await client.subscribe(subject, pending_bytes_limit=0)  # 0: nothing is ever pending
    subscription._pending_queue = _Straight(told)
    return subscription
