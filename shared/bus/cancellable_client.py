"""nats-py's client, whose requests can be given up at any moment."""

from __future__ import annotations

from typing import Any

from nats.aio.client import DEFAULT_FLUSH_TIMEOUT, Client
from nats.aio.msg import Msg

from shared.cancellation import kept_cancellation


class CancellableClient(Client):
    """What JetStream, buckets and services ask goes through here, too (nats-py 2.16 waits by `asyncio.wait_for`)."""

    async def request(self, *asked: Any, **options: Any) -> Msg:
        with kept_cancellation():
            return await super().request(*asked, **options)

    async def flush(self, timeout: int = DEFAULT_FLUSH_TIMEOUT) -> None:
        with kept_cancellation():
            await super().flush(timeout)
