"""The newest fragments of one subject with a single request: JetStream's batched direct get (ADR-31)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.bus.errors import BusUnreachable
from shared.bus.media_headers import decode_fragment
from shared.media.fragment import Fragment

LIMIT_S = 3.0
# = how much one viewer may ask NATS to send at once; a GOP of 4 s at 8 Mbit/s fits
MAX_BYTES = 32 * 1024 * 1024


async def recent_fragments(client: Client, subject: str, since_us: int, limit: int) -> list[Fragment]:
    """Oldest first, at most `limit`; empty where nothing is stored. Raises BusUnreachable."""
    start = datetime.fromtimestamp(since_us / 1e6, UTC).isoformat().replace("+00:00", "Z")
    request = json.dumps({"batch": limit, "max_bytes": MAX_BYTES, "next_by_subj": subject, "start_time": start})
    inbox = client.new_inbox()
    found: list[Fragment] = []
    is_done = asyncio.Event()

    async def on_message(msg: Msg) -> None:
        status = (msg.headers or {}).get("Status")
        # 204 ends a batch, 404 says that there is nothing (ADR-31).
        if status is not None:
            is_done.set()
        else:
            found.append(decode_fragment(msg.headers, msg.data))

    try:
        subscription = await client.subscribe(inbox, cb=on_message)
        try:
            await client.publish("$JS.API.DIRECT.GET.MEDIA", request.encode(), reply=inbox)
            async with asyncio.timeout(LIMIT_S):
                await is_done.wait()
        finally:
            await subscription.unsubscribe()
    except (nats.errors.Error, TimeoutError) as error:
        raise BusUnreachable(f"MEDIA does not answer: {error or type(error).__name__}") from error
    return found
