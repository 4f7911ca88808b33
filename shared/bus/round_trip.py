"""Waiting until the server has what was written, so that a server that hangs for a while costs no connection.

nats-py 2.16 stops reading when an answer comes that nobody waits for any more: it sets the result of a future that its
time-out has cancelled, and the connection is deaf until its pings fail. So we stop waiting, and the question stands.
"""

from __future__ import annotations

import asyncio

from nats.aio.client import Client

LIMIT_S = 2.0
# = longer than a connection lives whose server does not answer pings (3 of 5 s); a new one has no old questions
_STANDS_S = 60


async def confirmed(client: Client) -> None:
    """The server has handled all that was written before. Raises TimeoutError after 2 s, and nats.errors.Error."""
    asking = asyncio.create_task(client.flush(timeout=_STANDS_S), name="bus round trip")
    asking.add_done_callback(_take)
    async with asyncio.timeout(LIMIT_S):
        await asyncio.shield(asking)


def _take(asking: asyncio.Task[None]) -> None:
    """Nobody may wait for it any more, and then its failure is nobody's."""
    if not asking.cancelled():
        asking.exception()
